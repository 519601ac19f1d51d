from __future__ import annotations

import numpy as np

from pascaline.data.connected import END, FRAMES
from pascaline.data.sets import Part, data_set
from tests.data.test_sets import make_digits

WHOLE = data_set("connected")


def cut(features: np.ndarray, labels: np.ndarray, recordings: Part) -> list[int]:  # type: ignore[type-arg]
    """Which recordings a sequence is made of, with their digits checked."""
    found: list[int] = []
    *digits, end = labels.tolist()
    assert end == END
    for digit in digits:
        at = next(
            index
            for index, one in enumerate(recordings.sequences)
            if recordings.labels[index] == digit
            and np.array_equal(one[:FRAMES], features[: len(one[:FRAMES])])
        )
        found.append(at)
        features = features[len(recordings.sequences[at][:FRAMES]) :]
    assert not len(features)
    return found


def test_recordings_in_a_row() -> None:
    single, parts = data_set("digits").read(make_digits()), WHOLE.read(make_digits())
    assert (len(parts.train), len(parts.held_out)) == (12_000, 1000)
    for part, recordings in ((parts.train, single.train), (parts.held_out, single.held_out)):
        used, digits = set(), []
        for features, labels in list(zip(part.sequences, part.labels, strict=True))[:500]:
            used |= set(cut(features, labels, recordings))
            digits.append(len(labels) - 1)
        assert set(digits) == {3, 4, 5, 6, 7}
        assert len(used) == len(recordings)


def test_validation_has_recordings_of_its_own() -> None:
    single, parts = data_set("digits").read(make_digits()).train, WHOLE.read(make_digits())
    for number in range(240):
        rows = cut(parts.train.sequences[number], parts.train.labels[number], single)
        assert {row % 6 == 0 for row in rows} == {number % 6 == 0}
    found = parts.validation()
    assert (len(found.train), len(found.held_out)) == (10_000, 2000)
    np.testing.assert_array_equal(found.held_out.labels[1], parts.train.labels[6])


def test_is_always_the_same() -> None:
    one, other = (WHOLE.read(make_digits()).held_out for _ in range(2))
    assert all(map(np.array_equal, one.sequences, other.sequences))
    assert [labels.tolist() for labels in one.labels[:2]] == [
        [8, 4, 8, 7, 10],
        [3, 0, 9, 7, 8, 10],
    ]
