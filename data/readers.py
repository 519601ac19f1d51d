"""Readers: parts of a data set out of the contents of its files."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from numpy.typing import NDArray

from pascaline.data.parts import IGNORED, Part, Parts, fifth

__all__ = [
    "fresh_copies",
    "make_copies",
    "make_long_copies",
    "read_digits",
    "read_permuted",
    "read_pixels",
    "read_rows",
]

SYMBOLS, BLANK, GO = 8, 8, 9
"""Of the copy task: symbols to remember, and the numbers of two more."""

REMEMBERED, DELAY, LONG_DELAY = 10, 20, 1000
"""Steps of what is to be copied, and of the pause behind it."""


def read_digits(content: bytes) -> Parts:
    """Spoken digits; those of `data.parts.fifth` are held out."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        features, labels, lengths = file["X"], file["y"].astype(np.int64), file["lengths"]
    everything = Part(np.split(features, np.cumsum(lengths)[:-1]), labels)
    contents = [sequence.tobytes() for sequence in everything.sequences]
    held_out = fifth(contents, labels.tolist())
    return Parts(
        everything.take(np.flatnonzero(~held_out)), everything.take(np.flatnonzero(held_out))
    )


def read_rows(
    train_images: bytes, train_labels: bytes, test_images: bytes, test_labels: bytes
) -> Parts:
    """Images of handwritten digits, row by row."""
    return Parts(_images(train_images, train_labels), _images(test_images, test_labels))


def read_pixels(*files: bytes) -> Parts:
    """The same images, pixel by pixel."""
    parts = read_rows(*files)
    return Parts(*(_flattened(part) for part in (parts.train, parts.held_out)))


def _flattened(part: Part) -> Part:
    return Part([image.reshape(-1, 1) for image in part.sequences], part.labels)


def read_permuted(*files: bytes) -> Parts:
    """The same pixels, all images in one order that has nothing to do with where they are.

    Pixels are ordered by numbers of 64 bits from SHAKE-256 of ``pixel-permuted``, the smallest
    first.
    """
    parts = read_pixels(*files)
    count = len(parts.train.sequences[0])
    drawn = hashlib.shake_256(b"pixel-permuted").digest(8 * count)
    order = np.argsort(np.frombuffer(drawn, dtype=">u8"), kind="stable")
    return Parts(
        *(
            Part([image[order] for image in part.sequences], part.labels)
            for part in (parts.train, parts.held_out)
        )
    )


def _images(images: bytes, labels: bytes) -> Part:
    return Part(list(_idx(images).astype(np.float32)), _idx(labels).astype(np.int64))


def _idx(content: bytes) -> NDArray[np.uint8]:
    """An array in the format of the MNIST files: rank in byte 3, big-endian sizes, then bytes."""
    rank = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=rank, offset=4)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * rank).reshape(tuple(shape))


def make_copies() -> Parts:
    """Symbols, a delay, a go sign: then the symbols are to be repeated, one a step.

    They come from SHAKE-256, as good as a random generator, and always the same.
    """
    return Parts(_copies("train", 20_000), _copies("held-out", 1000))


def make_long_copies() -> Parts:
    """The same with a long delay, in which blanks are to be told, as in the literature.

    In the held-out part these do not count: nearly all of the steps are blanks.
    """
    train = _copies("train", 20_000, LONG_DELAY)
    for labels in train.labels:
        labels[:-REMEMBERED] = BLANK
    return Parts(train, _copies("held-out", 1000, LONG_DELAY))


def fresh_copies(count: int) -> Part:
    """So many sequences with the long delay that are in neither part of `make_long_copies`."""
    return _copies("fresh", count, LONG_DELAY)


def _copies(seed: str, count: int, delay: int = DELAY) -> Part:
    drawn = hashlib.shake_256(f"copy {seed}".encode()).digest(count * REMEMBERED)
    symbols = np.frombuffer(drawn, dtype=np.uint8).reshape(count, REMEMBERED) % SYMBOLS
    steps = 2 * REMEMBERED + delay
    features = np.full((count, steps, 1), BLANK, dtype=np.float32)
    features[:, :REMEMBERED, 0] = symbols
    features[:, -REMEMBERED - 1, 0] = GO
    labels = np.full((count, steps), IGNORED, dtype=np.int64)
    labels[:, -REMEMBERED:] = symbols
    return Part(list(features), list(labels), "abcdefgh_!")
