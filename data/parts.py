"""Parts of a data set: labelled sequences to learn from, and others to measure on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import Alphabet

__all__ = [
    "IGNORED",
    "PARTS",
    "VALIDATED",
    "Features",
    "Labels",
    "Part",
    "Parts",
    "fifth",
    "predict_next",
    "text_parts",
]

Features = NDArray[np.floating[Any]]
"""Raw features of one sequence, shape (steps, inputs), with the digits that their file has; of
symbols their numbers, (steps, 1)."""

Labels = NDArray[np.int64] | list[NDArray[np.int64]]
"""A class for each sequence; or several, one for each of its steps or those of its output."""

IGNORED = -1
"""The label of a step whose result does not count."""

PARTS = ("train", "held-out")
"""Names of the parts of a data set."""

HELD_OUT = 0.05
"""The last part of a text, which is held out."""

VALIDATED = 6
"""Of so many sequences of a training part one is for validation."""

STREAMS = 64
"""Sequences that a held-out text is cut into: they run side by side, each from the zero state."""


@dataclass(frozen=True, eq=False)
class Part:
    """Labelled sequences.

    Attributes
    ----------
    sequences : list of Features
        Raw features, each sequence with its own number of steps.
    labels : Labels
        Class of each sequence, or of each of its steps, or classes that it is to become.
    alphabet : Alphabet
        The symbols whose numbers the features are; empty where they are none.
    """

    sequences: list[Features]
    labels: Labels
    alphabet: Alphabet = ""

    def __len__(self) -> int:
        return len(self.sequences)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Part:
        """Some of the sequences, in the order of ``indices``."""
        labels = (
            self.labels[indices]
            if isinstance(self.labels, np.ndarray)
            else [self.labels[int(index)] for index in indices]
        )
        return Part([self.sequences[int(index)] for index in indices], labels, self.alphabet)


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
        """A part of the training sequences in the place of the held-out part.

        Every sixth of them; of a text its end. For choosing options: what is chosen by this has
        not seen the held-out part.
        """
        if len(self.train) == 1:
            return _split(self.train.sequences[0][:, 0], self.train.alphabet)
        index = np.arange(len(self.train))
        measured = index % VALIDATED == 0
        return Parts(self.train.take(index[~measured]), self.train.take(index[measured]))


def text_parts(text: str) -> Parts:
    """Parts of a text: at every step the next character is to be predicted.

    The training part is one sequence, the held-out part the end of the text, in `STREAMS` pieces.

    Raises
    ------
    InputError
        If the text is too short for that, or has one character alone.
    """
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    known, codes = np.unique(points, return_inverse=True)
    parts = predict_next(codes, "".join(map(chr, known)))
    if len(known) < 2:
        raise InputError("text", "must have at least two different characters", text[0])
    return parts


def fifth(contents: Sequence[bytes], labels: Sequence[int]) -> NDArray[np.bool_]:
    """Which to hold out: of each class the fifth whose SHA-256 comes first.

    That is as good as a random choice, and no version of any random generator can change it.
    """
    order = sorted(range(len(contents)), key=lambda index: hashlib.sha256(contents[index]).digest())
    chosen = np.zeros(len(contents), dtype=bool)
    for label in set(labels):
        members = [index for index in order if labels[index] == label]
        chosen[members[: len(members) // 5]] = True
    return chosen


def predict_next(codes: NDArray[np.int64], alphabet: str, *, thing: str = "text") -> Parts:
    """Parts of a text that is given as numbers of symbols; as `text_parts` has them."""
    least = int(2 * STREAMS / HELD_OUT)
    if len(codes) < least:
        raise InputError(thing, f"must have at least {least} characters", len(codes))
    return _split(codes, alphabet)


def _split(codes: NDArray[np.generic], alphabet: Alphabet) -> Parts:
    held_out = int(len(codes) * HELD_OUT)
    length = held_out // STREAMS
    first = len(codes) - STREAMS * length
    starts = [first + number * length for number in range(STREAMS)]
    pieces = [codes[start : start + length] for start in starts]
    return Parts(_predict([codes[:first]], alphabet), _predict(pieces, alphabet))


def _predict(pieces: list[NDArray[np.generic]], alphabet: Alphabet) -> Part:
    """Sequences whose labels are what comes next."""
    return Part(
        [piece[:-1, None].astype(np.float32) for piece in pieces],
        [piece[1:].astype(np.int64) for piece in pieces],
        alphabet,
    )
