"""Text files: the characters of a file, and their numbers in an alphabet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.errors import InputError

__all__ = ["encode", "read_characters"]


def read_characters(path: Path) -> str:
    """The text of a file, as it stands there.

    Raises
    ------
    InputError
        If the file cannot be read, is empty, or is no UTF-8; then the line is named.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from None
    if not content:
        raise InputError(str(path), "must not be empty")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}: line {line}", "must be text in UTF-8") from None


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
