"""The register file, from the table of `spec.registers`; and the bus on which it is reached."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.bus.fields import LOGIC, Write
from pascaline.spec.register import ADDRESS_BITS, WORD, Register

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
    bus : In(RegisterBus)
        Reads and writes.
    clear : In(1)
        Sets all counters to 0.
    <register>_<field> : In(...) or Out(...)
        Ports of a field, see its kind in `hdl.bus.fields`.
    """

    def __init__(self, table: tuple[Register, ...]):
        self._table = table
        self._fields = {
            register.name: [
                LOGIC[type(field)](f"{register.name}_{field.name}", field)
                for field in register.fields
            ]
            for register in table
        }
        members = {"bus": In(RegisterBus), "clear": In(1)}
        for fields in self._fields.values():
            for field in fields:
                members |= field.members()
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        bus = self.bus
        mask = Cat(strobe.replicate(8) for strobe in bus.w_strobe)
        whole = bus.w_strobe.all()
        m.d.comb += [bus.r_error.eq(1), bus.w_error.eq(1)]
        for register in self._table:
            here = Signal(name=f"write_{register.name}")
            m.d.comb += here.eq(bus.w_en & (bus.w_addr[2:] == register.offset // 4))
            values, ready = [], []
            for logic in self._fields[register.name]:
                place = slice(logic.field.place, logic.field.place + logic.field.width)
                write = Write(here, bus.w_data[place], mask[place], whole)
                values.append((place, logic.build(m, self, write)))
                ready += logic.ready(self)
            with m.If(bus.r_addr[2:] == register.offset // 4):
                m.d.comb += bus.r_error.eq(0)
                for place, value in values:
                    m.d.comb += bus.r_data[place].eq(value)
            if register.writable:
                with m.If(bus.w_addr[2:] == register.offset // 4):
                    m.d.comb += bus.w_error.eq(~(Cat(ready).all() & whole) if ready else 0)
        return m
