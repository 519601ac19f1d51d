"""What must hold of the fields of registers: an entry for each kind of `spec.fields`."""

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Mux, Value

from pascaline.spec.fields import Constant, Control, Counter, Pulse, Status, Sticky, Word
from prove.harness import Harness

__all__ = ["RULES", "Field", "Rule"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a register file in a harness.

    Attributes
    ----------
    harness : Harness
        The harness.
    dut : RegisterFile
        The register file.
    name : str
        Of its port: ``<register>_<field>``.
    here : Value, 1 bit
        A write of its register in this cycle.
    written, data : Value, as wide as the field
        Its bits that this write has, and what it writes to them.
    kept : Value, as wide as the field
        What the rule keeps from cycle to cycle.
    """

    harness: Harness
    dut: Any
    name: str
    here: Value
    written: Value
    data: Value
    kept: Value

    @property
    def ones(self):
        """Bits to which 1 is written."""
        return self.data & self.written

    def port(self, suffix=""):
        """One of its ports."""
        return getattr(self.dut, f"{self.name}{suffix}")

    def event(self):
        """Any value on its port in every cycle."""
        return self._drive(self.port(), self.name)

    def ready(self):
        """Any value of ``ready`` of its port in every cycle."""
        return self._drive(self.port().ready, f"{self.name}_ready")

    def _drive(self, port, name):
        value = self.harness.free(len(port), f"{name}_in")
        self.harness.m.d.comb += port.eq(value)
        return value


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a field reads, what is kept for it in the next cycle, whether it takes a write."""

    read: Value | int = 0
    kept: Value | int = 0
    taken: Value | int = 1


def constant(field: Field) -> Rule:
    """It stays as it was after reset."""
    return Rule(read=field.kept, kept=field.kept)


def status(field: Field) -> Rule:
    """It is what comes in."""
    return Rule(read=field.event())


def control(field: Field) -> Rule:
    """It is what was written, and so is what goes out."""
    field.harness.always(field.port() == field.kept)
    return Rule(read=field.kept, kept=field.kept & ~field.written | field.ones)


def pulse(field: Field) -> Rule:
    """What goes out is what is being written."""
    field.harness.always(field.port() == field.ones)
    return Rule()


def sticky(field: Field) -> Rule:
    """Set by an event, cleared by writing 1; what goes out says which."""
    field.harness.always(field.port("_set") == field.kept)
    return Rule(read=field.kept, kept=field.kept & ~field.ones | field.event())


def counter(field: Field) -> Rule:
    """It counts until it is cleared."""
    return Rule(read=field.kept, kept=Mux(field.dut.clear, 0, field.kept + field.event()))


def word(field: Field) -> Rule:
    """A whole write goes out, and is taken by who wants it."""
    whole = field.dut.bus.w_strobe.all()
    port = field.port()
    field.harness.always(port.valid == (field.here & whole))
    field.harness.always(~port.valid | (port.payload == field.data))
    return Rule(taken=field.ready() & whole)


RULES = {
    Constant: constant,
    Status: status,
    Control: control,
    Pulse: pulse,
    Sticky: sticky,
    Counter: counter,
    Word: word,
}
"""What must hold of each kind of field."""
