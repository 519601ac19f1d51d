"""The register file, from the table of `spec.registers`; and the bus on which it is reached."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.spec.bus import ADDRESS_BITS, WORD
from pascaline.spec.register import Register

__all__ = ["RegisterBus", "RegisterFile"]

RegisterBus = wiring.Signature(
    {
        "r_addr": Out(ADDRESS_BITS),
        "r_data": In(WORD),
        "r_error": In(1),
        "w_addr": Out(ADDRESS_BITS),
        "w_en": Out(1),
        "w_data": Out(WORD),
        "w_strobe": Out(WORD // 8),
        "w_error": In(1),
    }
)
"""A bus that answers in the same cycle, seen from who asks.

Reading has no side effects, so it has no strobe. The two lowest bits of an address do not count.
``w_strobe`` has a bit a byte; the bytes that it leaves out stay as they are.
"""


class RegisterFile(wiring.Component):
    """Registers, and signals for their fields.

    Parameters
    ----------
    table : tuple of Register
        The registers.

    Members
    -------
    bus : In
        See `RegisterBus`.
    clear : In
        Sets all counters to 0.
    <register>_<field> : In, Out
        What a ``status`` field reads; what a ``control`` or ``pulse`` field was written; the
        strobe that sets a ``sticky`` field or advances a ``counter``; the stream of what is written
        to a ``word``. Of a sticky field also ``<register>_<field>_set``: that it is set.
    """

    def __init__(self, table: tuple[Register, ...]):
        self._table = table
        members = {"bus": In(RegisterBus), "clear": In(1)}
        for register in table:
            for field in register.fields:
                name = f"{register.name}_{field.name}"
                if field.kind in ("status", "sticky", "counter"):
                    members[name] = In(field.width if field.kind == "status" else 1)
                elif field.kind in ("control", "pulse"):
                    members[name] = Out(field.width)
                elif field.kind == "word":
                    members[name] = Out(stream.Signature(field.width))
                if field.kind == "sticky":
                    members[f"{name}_set"] = Out(field.width)
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        bus = self.bus
        mask = Cat(strobe.replicate(8) for strobe in bus.w_strobe)
        m.d.comb += [bus.r_error.eq(1), bus.w_error.eq(1)]
        for register in self._table:
            here = Signal(name=f"write_{register.name}")
            m.d.comb += here.eq(bus.w_en & (bus.w_addr[2:] == register.offset // 4))
            values = [
                (field, self._field(m, register, field, here, mask)) for field in register.fields
            ]
            with m.If(bus.r_addr[2:] == register.offset // 4):
                m.d.comb += bus.r_error.eq(0)
                for field, value in values:
                    m.d.comb += bus.r_data[field.place : field.place + field.width].eq(value)
            if register.writable:
                with m.If(bus.w_addr[2:] == register.offset // 4):
                    m.d.comb += bus.w_error.eq(self._refuses(register))
        return m

    def _refuses(self, register):
        """Whether a write to a register is an error."""
        words = [field for field in register.fields if field.kind == "word"]
        ready = [getattr(self, f"{register.name}_{field.name}").ready for field in words]
        return ~(Cat(ready).all() & self.bus.w_strobe.all()) if words else 0

    def _field(self, m, register, field, here, mask):
        """What a field reads."""
        name = f"{register.name}_{field.name}"
        port = getattr(self, name, None)
        if field.kind == "constant":
            return Const(field.value, field.width)
        if field.kind == "status":
            return port
        data = self.bus.w_data[field.place : field.place + field.width]
        taken = mask[field.place : field.place + field.width]
        if field.kind == "pulse":
            m.d.comb += port.eq(Mux(here, data & taken, 0))
            return Const(0, field.width)
        if field.kind == "word":
            m.d.comb += [port.payload.eq(data), port.valid.eq(here & self.bus.w_strobe.all())]
            return Const(0, field.width)
        value = Signal(field.width, name=f"{name}_value", init=field.value)
        if field.kind == "counter":
            m.d.sync += value.eq(Mux(self.clear, 0, value + port))
        if field.kind == "control":
            m.d.comb += port.eq(value)
            with m.If(here):
                m.d.sync += value.eq((data & taken) | (value & ~taken))
        if field.kind == "sticky":
            m.d.comb += getattr(self, f"{name}_set").eq(value)
            m.d.sync += value.eq(port | (value & ~Mux(here, data & taken, 0)))
        return value
