"""A register: what it is called, where it is, and its fields."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.fields import RegisterField

__all__ = ["ADDRESS_BITS", "WORD", "Register"]

ADDRESS_BITS = 12
"""Bytes of registers, as bits of their address: a page of 4 KiB."""

WORD = 32
"""Bits of a register."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """A register.

    Attributes
    ----------
    name : str
        Unique in the table.
    offset : int
        Its address in bytes.
    fields : tuple of RegisterField
        From bit 0 on; bits between them read 0.
    doc : str
        What it is for.
    """

    name: str
    offset: int
    fields: tuple[RegisterField, ...]
    doc: str

    @property
    def writable(self) -> bool:
        """Whether writing any of its fields does anything."""
        return any(field.writable for field in self.fields)

    @property
    def fixed(self) -> bool:
        """Whether the values of all fields are known when the machine is built."""
        return all(field.fixed for field in self.fields)

    @property
    def value(self) -> int:
        """Its 32 bits after reset."""
        return sum(field.value << field.place for field in self.fields)
