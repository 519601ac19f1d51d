"""Bit layouts: how numbers are packed into payloads and memory words.

Fields are packed without gaps, the first at the least significant end; so are the elements of a
vector, element 0 first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Field", "Layout"]


@dataclass(frozen=True)
class Field:
    """A field of a layout: one number, or a vector of ``count`` numbers."""

    name: str
    width: int
    signed: bool = False
    count: int | None = None

    @property
    def bits(self) -> int:
        """Bits of the whole field."""
        return self.width * (1 if self.count is None else self.count)


@dataclass(frozen=True)
class Layout:
    """Fields side by side.

    Examples
    --------
    >>> layout = Layout((Field("data", 4, signed=True, count=2), Field("last", 1)))
    >>> layout.pack({"data": [1, -1], "last": 1}) == 0b1_1111_0001
    True
    >>> layout.unpack(0b1_1111_0001)
    {'data': [1, -1], 'last': 1}
    """

    fields: tuple[Field, ...]

    @property
    def bits(self) -> int:
        """Width of the whole."""
        return sum(field.bits for field in self.fields)

    def pack(self, values: dict[str, int | Sequence[int]]) -> int:
        """One integer from the values of all fields; numbers are cut to their widths."""
        word, place = 0, 0
        for field in self.fields:
            value = values[field.name]
            mask = (1 << field.width) - 1
            for element in [value] if isinstance(value, int) else value:
                word |= (int(element) & mask) << place
                place += field.width
        return word

    def unpack(self, word: int) -> dict[str, int | list[int]]:
        """The values of all fields."""
        values: dict[str, int | list[int]] = {}
        for field in self.fields:
            elements = []
            for _ in range(1 if field.count is None else field.count):
                element = word & ((1 << field.width) - 1)
                word >>= field.width
                if field.signed and element >> (field.width - 1):
                    element -= 1 << field.width
                elements.append(element)
            values[field.name] = elements[0] if field.count is None else elements
        return values
