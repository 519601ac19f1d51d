"""Tables, whose numbers are never broken.

A column is as wide as what is in it, if there is room, and always if the output is no terminal. On
a narrow terminal, columns of text fold between words. Where not even that is enough, the table is
turned, a column for each row, if that fits; else it becomes several below each other, each with
the first column. What does not even fit beside that one is left out, and named in a line below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pascaline.console import streams
from pascaline.spec.errors import printable

__all__ = ["table"]

NUMBER = re.compile(r"\W*[0-9][0-9,._]*\W*[a-z]?\W*", re.IGNORECASE)
"""A word that is a number, perhaps in brackets, or with a sign or a unit."""

FIGURE = re.compile(r"(-?[0-9][0-9,]*(\.[0-9]+)?(e[-+]?[0-9]+)?( [%x])?|-|nan|-?inf)?")
"""A cell of a column of numbers, which may lack some."""

WORD = 24
"""Characters of a word, other than a number, that may have to be broken: a path, say."""

GAP, EDGE = 3, 2
"""Characters between two columns, and left and right of all."""


@dataclass(frozen=True)
class _Column:
    """A column: its head, its cells, and whether they are numbers, which stand to the right."""

    head: str
    cells: tuple[str, ...]
    numbers: bool

    @property
    def most(self) -> int:
        """Characters that it takes where nothing is folded."""
        return max(map(_width, (self.head, *self.cells)))

    @property
    def least(self) -> int:
        """Characters that it takes where text is folded between words."""
        words = [word for text in (self.head, *self.cells) for word in text.split()]
        longest = max((_width(word) if _whole(word) else WORD for word in words), default=0)
        return max(longest, *map(_width, self.cells)) if self.numbers and self.cells else longest


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Print a table; numbers have their thousands apart and are never broken."""
    texts = [
        [printable(f"{cell:,}" if isinstance(cell, int) else str(cell)) for cell in row]
        for row in rows
    ]
    made = [
        _Column(
            head,
            tuple(row[index] for row in texts),
            all(FIGURE.fullmatch(row[index]) for row in texts),
        )
        for index, head in enumerate(columns)
    ]
    console = streams.out()
    room = console.width if console.is_terminal else None
    parts: list[list[_Column]] = [made]
    left_out: list[str] = []
    if room is not None and not _fits(made, room):
        if _fits(turned := _turned(made), room):
            parts = [turned]
        else:
            parts, left_out = _parts(made, room)
    _line(printable(title), room, style="bold")
    for part in parts:
        _print(part, room)
    if left_out:
        _line(f"Not shown, for want of room: {', '.join(left_out)}.", room)


def _parts(columns: list[_Column], room: int) -> tuple[list[list[_Column]], list[str]]:
    """The first column with as many others as fit, again and again; and heads that never fit."""
    first, *others = columns
    parts: list[list[_Column]] = [[first]]
    left_out: list[str] = []
    for column in others:
        if not _fits([first, column], room):
            left_out.append(column.head)
        elif _fits([*parts[-1], column], room):
            parts[-1].append(column)
        else:
            parts.append([first, column])
    return parts, left_out


def _turned(columns: list[_Column]) -> list[_Column]:
    """A column for each row, headed by what is in its first column."""
    names, *others = columns
    heads = _Column(names.head, tuple(one.head for one in others), numbers=False)
    numbers = all(one.numbers for one in others)
    return [
        heads,
        *(
            _Column(name, tuple(one.cells[index] for one in others), numbers)
            for index, name in enumerate(names.cells)
        ),
    ]


def _fits(columns: list[_Column], room: int) -> bool:
    return _total([column.least for column in columns]) <= room


def _total(widths: list[int]) -> int:
    """Characters of a line of the table."""
    return sum(widths) + GAP * (len(widths) - 1) + 2 * EDGE


def _widths(columns: list[_Column], room: int | None) -> list[int]:
    """Of each column; what room there is goes to the narrowest that are still folded."""
    if room is None:
        return [column.most for column in columns]
    widths = [column.least for column in columns]
    for _ in range(room - _total(widths)):
        folded = [i for i, column in enumerate(columns) if widths[i] < column.most]
        if not folded:
            break
        widths[min(folded, key=lambda i: widths[i])] += 1
    return widths


def _print(columns: list[_Column], room: int | None) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    widths = _widths(columns, room)
    drawn = Table(box=box.SIMPLE_HEAD, width=_total(widths))
    for column, width in zip(columns, widths, strict=True):
        justify = "right" if column.numbers else "left"
        drawn.add_column(Text(column.head), justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in zip(*(column.cells for column in columns), strict=True):
        drawn.add_row(*map(Text, row))  # Not as markup.
    streams.out().print(drawn, crop=False)


def _line(text: str, room: int | None, style: str = "") -> None:
    from rich.text import Text

    streams.out().print(Text(text, style=style), soft_wrap=room is None)


def _whole(word: str) -> bool:
    """Whether a word must not be broken."""
    return NUMBER.fullmatch(word) is not None or _width(word) <= WORD


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
