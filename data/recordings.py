"""Files of recordings: what a user has a machine tried on.

An ``.npz`` file of plain arrays: ``features`` (all steps of all sequences, inputs), real numbers;
``lengths`` (sequences,), the steps of each; and, if the classes are known, ``labels``
(sequences,).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pascaline.data.arrays import Arrays, read_npz
from pascaline.data.sets import Features, Part
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic

__all__ = ["Recordings", "read_recordings", "recordings_of", "write_recordings"]


@dataclass(frozen=True, eq=False)
class Recordings:
    """Sequences, and perhaps their classes.

    Attributes
    ----------
    sequences : sequence of Features
        Raw features (steps, inputs) of each; `spec.preprocess.quantize` makes them integers.
    labels : NDArray[np.int64] or None
        The class of each.
    """

    sequences: Sequence[Features]
    labels: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.sequences)

    @classmethod
    def of(cls, part: Part) -> Recordings:
        """A part of a data set; classes of single steps are left out."""
        labels = part.labels if isinstance(part.labels, np.ndarray) else None
        return cls(part.sequences, labels)

    def first(self, count: int) -> Recordings:
        """The first ones."""
        labels = None if self.labels is None else self.labels[:count]
        return Recordings(self.sequences[:count], labels)


def write_recordings(path: Path, recordings: Recordings) -> None:
    """Write a file that `read_recordings` reads; the same recordings, the same bytes."""
    arrays: Arrays = {
        "features": np.concatenate(recordings.sequences),
        "lengths": np.array([len(sequence) for sequence in recordings.sequences]),
    }
    if recordings.labels is not None:
        arrays["labels"] = recordings.labels
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_atomic(path, content.getvalue())


def read_recordings(path: Path) -> Recordings:
    """Read a file of recordings.

    Raises
    ------
    InputError
        If the file cannot be read, if an array is missing or surplus or misshapen, or if lengths
        are not positive or do not add up.
    """
    return recordings_of(path, read_npz(path))


def recordings_of(path: Path, arrays: Arrays) -> Recordings:
    """Recordings in the arrays of a file, which is named by the `InputError` if there are none."""
    for name in arrays.keys() - {"features", "lengths", "labels"}:
        raise InputError(f"{path}: {name}", "array is not part of recordings")
    features = _array(path, arrays, "features", "fiu", 2)
    lengths = _array(path, arrays, "lengths", "iu", 1)
    if not len(lengths) or lengths.min() < 1:
        rule = "must be one positive number of steps a sequence"
        raise InputError(f"{path}: lengths", rule, lengths.tolist())
    if lengths.sum() != len(features):
        rule = f"must add up to the steps of features, {len(features)}"
        raise InputError(f"{path}: lengths", rule, int(lengths.sum()))
    labels = None
    if "labels" in arrays:
        labels = _array(path, arrays, "labels", "iu", 1).astype(np.int64)
        if len(labels) != len(lengths):
            raise InputError(f"{path}: labels", f"must be {len(lengths)} classes", len(labels))
    exact = features.astype(np.float32 if features.dtype == np.float32 else np.float64)
    sequences = np.split(exact, np.cumsum(lengths)[:-1])
    return Recordings(sequences, labels)


def _array(
    path: Path, arrays: Arrays, name: str, kinds: str, dimensions: int
) -> NDArray[np.generic]:
    if name not in arrays:
        raise InputError(f"{path}: {name}", "array is missing")
    array = arrays[name]
    if array.dtype.kind not in kinds or array.ndim != dimensions:
        numbers = "real numbers" if "f" in kinds else "integers"
        rule = f"must be {numbers} in {dimensions} dimension{'s' if dimensions > 1 else ''}"
        raise InputError(f"{path}: {name}", rule, f"{array.dtype.name}{list(array.shape)}")
    return array
