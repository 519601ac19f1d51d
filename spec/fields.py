"""Fields of registers, a class for each kind: what software reads there, and what writing does.

Each package that has something to say of a kind has a table with an entry for each of `FIELDS`:
`hdl.bus.fields` builds them, `sim.fields` models them, `prove.fields` states what must hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "FIELDS",
    "Constant",
    "Control",
    "Counter",
    "Pulse",
    "RegisterField",
    "Status",
    "Sticky",
    "Word",
]


@dataclass(frozen=True, kw_only=True)
class RegisterField:
    """Bits of a register that belong together.

    Parameters
    ----------
    name : str
        Unique in the register.
    place, width : int
        Its lowest bit, and how many it has.
    value : int
        What it reads after reset; of a `Constant`, always.
    doc : str
        What it means.

    Attributes
    ----------
    access : str
        What software may do, in the words of the documentation.
    readable, writable : bool
        Whether reading tells anything, and whether writing does anything.
    fixed : bool
        Whether ``value`` is known when the machine is built, and part of what is generated.
    kept : bool
        Whether it is a register of its own, which ``value`` is in after reset.
    """

    access: ClassVar[str]
    readable: ClassVar[bool] = True
    writable: ClassVar[bool] = False
    fixed: ClassVar[bool] = False
    kept: ClassVar[bool] = True

    name: str
    place: int = 0
    width: int = 1
    value: int = 0
    doc: str

    @property
    def mask(self) -> int:
        """Its bits in the register."""
        return ((1 << self.width) - 1) << self.place


class Constant(RegisterField):
    """Reads a number that was fixed when the machine was built."""

    access = "read"
    fixed = True


class Status(RegisterField):
    """Reads a signal of the machine."""

    access = "read"
    kept = False


class Control(RegisterField):
    """Reads what was written."""

    access = "read, write"
    writable = True


class Pulse(RegisterField):
    """Reads 0; writing 1 does something once."""

    access = "write 1"
    readable = False
    writable = True


class Sticky(RegisterField):
    """Set by the machine, cleared by writing 1. Where both happen at once it stays set."""

    access = "read, write 1 to clear"
    writable = True


class Counter(RegisterField):
    """Counts events, modulo 2**32; cleared by ``control.clear``."""

    access = "read"


class Word(RegisterField):
    """Reads 0; what is written goes to the machine.

    While the machine takes nothing, or if not all bytes are written, the write is answered with an
    error, and does nothing.
    """

    access = "write"
    readable = False
    writable = True
    kept = False


FIELDS: tuple[type[RegisterField], ...] = (
    Constant,
    Status,
    Control,
    Pulse,
    Sticky,
    Counter,
    Word,
)
"""All kinds of fields."""
