"""What the fields of registers may read: an entry for each kind of `spec.fields`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pascaline.sim.seen import Seen
from pascaline.spec.fields import (
    Constant,
    Control,
    Counter,
    Pulse,
    RegisterField,
    Status,
    Sticky,
    Word,
)
from pascaline.spec.register import Register

__all__ = ["MODELS", "FieldModel", "Past"]

STEADY = {"loaded": 1, "loading": 0, "load_ready": 1, "fault": 0}
"""What some status bits are while there are good weights and no fault."""

CLEARS = ("control", "clear")
"""Register and bit by which all counters are cleared."""


@dataclass(frozen=True)
class Past:
    """What is known when a field is read.

    Attributes
    ----------
    value : int
        The register's 32 bits, as they were written last.
    events : tuple of int
        Events of the field since the last clear: surely, and at most.
    window : tuple of Seen
        What had been seen before the read was requested, and after it was answered.
    """

    value: int
    events: tuple[int, int]
    window: tuple[Seen, Seen]


class FieldModel:
    """A field as software sees it; this one reads 0 and takes no writes.

    Parameters
    ----------
    register : Register
        Where it is.
    field : RegisterField
        The field.

    Attributes
    ----------
    takes : bool
        Whether a write of some of the register's bytes is taken for its sake.
    """

    takes = False

    def __init__(self, register: Register, field: RegisterField) -> None:
        self.register, self.field = register, field

    @property
    def event(self) -> str | None:
        """Name in `Seen` of what it is about, if that is counted there."""
        return None

    def clears(self, target: Register, value: int) -> bool:
        """Whether a write of this value to a register clears it."""
        return False

    def reads(self, past: Past) -> Sequence[int]:
        """All that it may read."""
        return [0]


class ConstantModel(FieldModel):
    """Its value."""

    def reads(self, past: Past) -> Sequence[int]:
        return [self.field.value]


class StatusModel(FieldModel):
    """Anything, but for what the bench knows."""

    def reads(self, past: Past) -> Sequence[int]:
        if self.field.name == "busy":
            # A cycle more: what is read at once is of the cycle before.
            before, after = (seen.least for seen in past.window)
            cycles = after["cycles"] - before["cycles"]
            busy = after["busy_cycles"] - before["busy_cycles"]
            return range(int(busy == cycles > 0), int(busy > 0) + 1)
        steady = STEADY.get(self.field.name)
        return range(1 << self.field.width) if steady is None else [steady]


class ControlModel(FieldModel):
    """What was written last."""

    takes = True

    def reads(self, past: Past) -> Sequence[int]:
        return [(past.value & self.field.mask) >> self.field.place]


class PulseModel(FieldModel):
    """0."""

    takes = True


class StickyModel(FieldModel):
    """Whether there was an event since 1 was written to it."""

    takes = True

    @property
    def event(self) -> str | None:
        return self.field.name

    def clears(self, target: Register, value: int) -> bool:
        return target is self.register and bool(value & self.field.mask)

    def reads(self, past: Past) -> Sequence[int]:
        least, most = past.events
        return range(int(least > 0), int(most > 0) + 1)


class CounterModel(FieldModel):
    """Events since all counters were cleared."""

    @property
    def event(self) -> str | None:
        return self.register.name

    def clears(self, target: Register, value: int) -> bool:
        places = [one.mask for one in target.fields if (target.name, one.name) == CLEARS]
        return any(value & mask for mask in places)

    def reads(self, past: Past) -> Sequence[int]:
        least, most = past.events
        return [count % (1 << self.field.width) for count in range(least, most + 1)]


class WordModel(FieldModel):
    """0. Words of images are written whole, but never by `sim.accesses`."""


MODELS: dict[type[RegisterField], type[FieldModel]] = {
    Constant: ConstantModel,
    Status: StatusModel,
    Control: ControlModel,
    Pulse: PulseModel,
    Sticky: StickyModel,
    Counter: CounterModel,
    Word: WordModel,
}
"""The model of each kind of field."""
