from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.data.recordings import Recordings, read_recordings, write_recordings
from pascaline.spec.errors import InputError

GOOD = {"features": np.ones((5, 3)), "lengths": [2, 3], "labels": [7, 8]}


def test_round_trip(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(steps, 3)).astype(np.float32) for steps in (4, 1, 2)]
    write_recordings(tmp_path / "r.npz", Recordings(sequences, np.array([3, 0, 1])))
    found = read_recordings(tmp_path / "r.npz")
    assert found.labels is not None
    assert found.labels.tolist() == [3, 0, 1]
    assert [sequence.tolist() for sequence in found.sequences] == [s.tolist() for s in sequences]
    first = found.first(2)
    assert first.labels is not None
    assert (len(first), first.labels.tolist()) == (2, [3, 0])


def test_labels_may_be_left_out(tmp_path: Path) -> None:
    np.savez(tmp_path / "r.npz", features=np.ones((5, 3)), lengths=[2, 3])
    assert read_recordings(tmp_path / "r.npz").first(1).labels is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"features": None}, "features: array is missing"),
        ({"lengths": None}, "lengths: array is missing"),
        ({"words": [1]}, "words: array is not part of recordings"),
        (
            {"features": np.ones(5)},
            "features: must be real numbers in 2 dimensions, not 'float64[5]'",
        ),
        ({"lengths": [2.0, 3.0]}, "lengths: must be integers in 1 dimension, not 'float64[2]'"),
        (
            {"lengths": [5, 0]},
            "lengths: must be one positive number of steps a sequence, not [5, 0]",
        ),
        ({"lengths": [2, 4]}, "lengths: must add up to the steps of features, 5, not 6"),
        ({"labels": [1]}, "labels: must be 2 classes, not 1"),
    ],
)
def test_bad_files(change: dict[str, Any], text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.npz"
    arrays = {name: value for name, value in (GOOD | change).items() if value is not None}
    np.savez(path, allow_pickle=False, **arrays)
    with pytest.raises(InputError) as caught:
        read_recordings(path)
    assert str(caught.value) == f"{path}: {text}"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.npz: no such file"):
        read_recordings(tmp_path / "none.npz")
