"""A register and its fields: what they are called, where they are, and what they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Bits", "Kind", "Register"]

Kind = Literal["constant", "status", "control", "pulse", "sticky", "counter", "word"]
"""What a field does.

``constant``, ``status``
    Read only: a number that was fixed when the machine was built; a signal of the machine.
``control``
    Read and written.
``pulse``
    Reads 0; writing 1 does something once.
``sticky``
    Set by the machine, cleared by writing 1. Where both happen at once it stays set.
``counter``
    Counts events, modulo 2**32; cleared by ``control.clear``.
``word``
    Reads 0; what is written goes to the machine. While that takes nothing, or if not all bytes are
    written, the write is answered with an error, and does nothing.
"""


@dataclass(frozen=True, kw_only=True)
class Bits:
    """A field of a register.

    Attributes
    ----------
    name : str
        Unique in the register.
    kind : Kind
        What it does.
    place, width : int
        Its lowest bit, and how many it has.
    value : int
        What it reads after reset; for constants, always.
    doc : str
        What it means.
    """

    name: str
    kind: Kind
    place: int = 0
    width: int = 1
    value: int = 0
    doc: str

    @property
    def mask(self) -> int:
        """Its bits in the register."""
        return ((1 << self.width) - 1) << self.place

    @property
    def writable(self) -> bool:
        """Whether writing does anything."""
        return self.kind in ("control", "pulse", "sticky", "word")


@dataclass(frozen=True, kw_only=True)
class Register:
    """A register.

    Attributes
    ----------
    name : str
        Unique in the table.
    offset : int
        Its address in bytes.
    fields : tuple of Bits
        From bit 0 on; bits between them read 0.
    doc : str
        What it is for.
    """

    name: str
    offset: int
    fields: tuple[Bits, ...]
    doc: str

    @property
    def writable(self) -> bool:
        """Whether any field is."""
        return any(field.writable for field in self.fields)
