"""Text files: the characters of a file, and their numbers in an alphabet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.errors import InputError
from pascaline.spec.outside import text_of

__all__ = ["encode", "read_characters"]

LARGEST = 256 << 20
"""Bytes of a text."""


def read_characters(path: Path) -> str:
    """The text of a file, as it stands there.

    Raises
    ------
    InputError
        If the file cannot be read, is empty, or is no UTF-8; then the line is named.
    """
    text = text_of(path, LARGEST)
    if not text:
        raise InputError(str(path), "must not be empty")
    return text


def encode(characters: str, alphabet: str, *, thing: str) -> NDArray[np.int64]:
    """The number of each character in an alphabet that is in the order of code points.

    Raises
    ------
    InputError
        If one is not in it; it is named, with its line.
    """
    points, known = _code_points(characters), _code_points(alphabet)
    codes = np.minimum(np.searchsorted(known, points), len(known) - 1)
    good = known[codes] == points
    if not good.all():
        place = int(np.argmin(good))
        line = characters.count("\n", 0, place) + 1
        rule = "must have only characters of the training text"
        raise InputError(f"{thing}: line {line}", rule, characters[place])
    return codes.astype(np.int64)


def _code_points(characters: str) -> NDArray[np.uint32]:
    return np.frombuffer(characters.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
