"""Pipelined Wishbone to the register bus."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.bus.registers import RegisterBus
from pascaline.spec.register import ADDRESS_BITS, WORD

__all__ = ["Wishbone"]


class Wishbone(wiring.Component):
    """A slave of pipelined Wishbone (B4, 3.1.3): a transfer a cycle, each answered in the next one.

    It never stalls, so masters of standard (not pipelined) cycles can be served by holding ``stb``
    down after the first cycle. Addresses are those of bytes. An error of the register bus is
    ``err_o`` in the place of ``ack_o``. Where a master gives up (``cyc_i`` falls), nothing is
    answered any more.

    Members
    -------
    cyc_i, stb_i, ..., stall_o : In(pin.width) or Out(pin.width)
        The pins of `spec.portstyles.WISHBONE`.
    bus : Out(RegisterBus)
        Reads and writes of the register file.
    """

    cyc_i: In(1)
    stb_i: In(1)
    we_i: In(1)
    adr_i: In(ADDRESS_BITS)
    sel_i: In(WORD // 8)
    dat_i: In(WORD)
    dat_o: Out(WORD)
    ack_o: Out(1)
    err_o: Out(1)
    stall_o: Out(1)
    bus: Out(RegisterBus)

    def elaborate(self, platform):
        m = Module()
        bus = self.bus
        done = Signal()
        failed = Signal()
        asked = self.cyc_i & self.stb_i
        m.d.comb += [
            bus.r_addr.eq(self.adr_i),
            bus.w_addr.eq(self.adr_i),
            bus.w_en.eq(asked & self.we_i),
            bus.w_data.eq(self.dat_i),
            bus.w_strobe.eq(self.sel_i),
            self.ack_o.eq(done & ~failed & self.cyc_i),
            self.err_o.eq(done & failed & self.cyc_i),
        ]
        m.d.sync += done.eq(asked)
        with m.If(asked & self.we_i):
            m.d.sync += failed.eq(bus.w_error)
        with m.Elif(asked):
            m.d.sync += [failed.eq(bus.r_error), self.dat_o.eq(bus.r_data)]
        return m
