"""How the fields of registers are built: an entry for each kind of `spec.fields`."""

from dataclasses import dataclass

from amaranth.hdl import Const, Mux, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

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

__all__ = ["LOGIC", "FieldLogic", "Write"]


@dataclass(frozen=True)
class Write:
    """A write in this cycle, as a field sees it.

    Attributes
    ----------
    here : Value, 1 bit
        There is one, to the field's register.
    data, mask : Value, as wide as the field
        The field's bits of what is written, and which of them are.
    whole : Value, 1 bit
        All bytes of the register are written.
    """

    here: Value
    data: Value
    mask: Value
    whole: Value

    @property
    def ones(self):
        """Bits to which 1 is written."""
        return Mux(self.here, self.data & self.mask, 0)


class FieldLogic:
    """A field of a register file.

    Parameters
    ----------
    name : str
        Of its port: ``<register>_<field>``.
    field : RegisterField
        The field.
    """

    def __init__(self, name, field: RegisterField):
        self.name, self.field = name, field

    def members(self):
        """Ports that the register file has for it, by name."""
        return {}

    def build(self, m, file, write: Write):
        """Build it into a register file's module; returns what it reads, a value of its width."""
        raise NotImplementedError

    def ready(self, file):
        """Signals that must be 1 for a write to be taken; if there are any, it must be whole."""
        return []

    def _port(self, file):
        return getattr(file, self.name)

    def _kept(self):
        """A register for it, with its value after reset."""
        return Signal(self.field.width, name=f"{self.name}_value", init=self.field.value)


class ConstantLogic(FieldLogic):
    """No hardware."""

    def build(self, m, file, write):
        return Const(self.field.value, self.field.width)


class StatusLogic(FieldLogic):
    """Its port is what it reads."""

    def members(self):
        return {self.name: In(self.field.width)}

    def build(self, m, file, write):
        return self._port(file)


class ControlLogic(FieldLogic):
    """Its port is what was written."""

    def members(self):
        return {self.name: Out(self.field.width)}

    def build(self, m, file, write):
        value = self._kept()
        m.d.comb += self._port(file).eq(value)
        with m.If(write.here):
            m.d.sync += value.eq((write.data & write.mask) | (value & ~write.mask))
        return value


class PulseLogic(FieldLogic):
    """Its port is 1, in the cycle of the write, where 1 is written."""

    def members(self):
        return {self.name: Out(self.field.width)}

    def build(self, m, file, write):
        m.d.comb += self._port(file).eq(write.ones)
        return Const(0, self.field.width)


class StickyLogic(FieldLogic):
    """Its port sets it; a second one, ``<register>_<field>_set``, says that it is set."""

    def members(self):
        return {self.name: In(1), f"{self.name}_set": Out(self.field.width)}

    def build(self, m, file, write):
        value = self._kept()
        m.d.comb += getattr(file, f"{self.name}_set").eq(value)
        m.d.sync += value.eq(self._port(file) | (value & ~write.ones))
        return value


class CounterLogic(FieldLogic):
    """Counts the cycles in which its port is 1, since ``clear`` of the register file."""

    def members(self):
        return {self.name: In(1)}

    def build(self, m, file, write):
        value = self._kept()
        m.d.sync += value.eq(Mux(file.clear, 0, value + self._port(file)))
        return value


class WordLogic(FieldLogic):
    """Its port is a stream of what is written."""

    def members(self):
        return {self.name: Out(stream.Signature(self.field.width))}

    def build(self, m, file, write):
        port = self._port(file)
        m.d.comb += [port.payload.eq(write.data), port.valid.eq(write.here & write.whole)]
        return Const(0, self.field.width)

    def ready(self, file):
        return [self._port(file).ready]


LOGIC = {
    Constant: ConstantLogic,
    Status: StatusLogic,
    Control: ControlLogic,
    Pulse: PulseLogic,
    Sticky: StickyLogic,
    Counter: CounterLogic,
    Word: WordLogic,
}
"""The logic of each kind of field."""
