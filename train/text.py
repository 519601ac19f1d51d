"""Text as numbers: the characters of a file, for networks that predict the next one.

The last tenth of a text is held out: what stands there the network has never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spec.errors import InputError

__all__ = ["OTHER", "Text", "Texts", "encode", "read_characters", "read_text", "split"]

OTHER = "\N{REPLACEMENT CHARACTER}"
"""The last symbol of every text: it stands for each character that is no symbol."""

SYMBOLS = 256
"""Symbols of a text at most, `OTHER` among them: of more, those that occur most often."""

PARTS = 10
"""Of so many equal parts of a text the last is held out."""


@dataclass(frozen=True, eq=False)
class Text:
    """A text, character by character.

    Attributes
    ----------
    symbols : tuple of str
        Characters that have a number of their own, by code point; `OTHER` is the last.
    codes : NDArray[np.int64]
        The number of each character.
    """

    symbols: tuple[str, ...]
    codes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    def __str__(self) -> str:
        return "".join(self.symbols[code] for code in self.codes)


@dataclass(frozen=True, eq=False)
class Texts:
    """What a network learns from, and what only its final accuracy may be measured on."""

    train: Text
    held_out: Text

    def validation(self) -> Texts:
        """The end of the training part in the place of the held-out one, for choosing options."""
        symbols, end = self.train.symbols, _begin_of_tail(len(self.train))
        codes = self.train.codes
        return Texts(Text(symbols, codes[:end]), Text(symbols, codes[end:]))


def read_text(path: Path) -> Texts:
    """Both parts of a text file.

    Raises
    ------
    InputError
        If the file cannot be read or `split` refuses its text.
    """
    return split(read_characters(path), thing=str(path))


def read_characters(path: Path) -> str:
    """The text of a file, as it stands there; raises `InputError` if it is no UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}: line {line}", "must be text in UTF-8") from None


def split(characters: str, *, thing: str) -> Texts:
    """Both parts of a text; its symbols are the characters of the training part.

    Parameters
    ----------
    characters : str
        The text.
    thing : str
        What it is, for messages.

    Raises
    ------
    InputError
        If a part has fewer than two characters (there is no next one), or if the training part
        repeats a single one.
    """
    begin = _begin_of_tail(len(characters))
    if len(characters) - begin < 2:
        raise InputError(thing, f"must have at least {2 * PARTS} characters", len(characters))
    symbols = _symbols(characters[:begin])
    if len(symbols) < 3:
        raise InputError(thing, "must have more than one character to tell apart", symbols[0])
    return Texts(encode(characters[:begin], symbols), encode(characters[begin:], symbols))


def encode(characters: str, symbols: Sequence[str]) -> Text:
    """A text in given symbols, as a `Text` has them; what is none of them becomes `OTHER`."""
    points, known = _code_points(characters), _code_points("".join(symbols[:-1]))
    codes = np.minimum(np.searchsorted(known, points), len(known) - 1)
    found = np.where(known[codes] == points, codes, len(known))
    return Text(tuple(symbols), found.astype(np.int64))


def _begin_of_tail(length: int) -> int:
    return length - length // PARTS


def _symbols(characters: str) -> tuple[str, ...]:
    points, counts = np.unique(_code_points(characters), return_counts=True)
    # Stable: of characters that occur as often, those with the smaller code points stay.
    often = np.argsort(-counts, kind="stable")[: SYMBOLS - 1]
    kept = [chr(point) for point in np.sort(points[often])]
    return (*(symbol for symbol in kept if symbol != OTHER), OTHER)


def _code_points(characters: str) -> NDArray[np.uint32]:
    return np.frombuffer(characters.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
