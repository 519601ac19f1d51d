"""AXI4-Lite to the register bus."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.bus.registers import RegisterBus
from pascaline.spec.register import ADDRESS_BITS, WORD

__all__ = ["AxiLite"]

OKAY, SLVERR = 0b00, 0b10


class AxiLite(wiring.Component):
    """A slave of AXI4-Lite (ARM IHI 0022, B1).

    Address and data of a write come in any order. Each channel has one register, so a transfer is
    answered in the cycle after it was complete, and reads and writes do not wait for each other.
    An error of the register bus is SLVERR.

    Members
    -------
    awaddr, awprot, ..., rready : In(pin.width) or Out(pin.width)
        The pins of `spec.portstyles.AXI_LITE`. ``awprot`` and ``arprot`` are ignored.
    bus : Out(RegisterBus)
        Reads and writes of the register file.
    """

    awaddr: In(ADDRESS_BITS)
    awprot: In(3)
    awvalid: In(1)
    awready: Out(1)
    wdata: In(WORD)
    wstrb: In(WORD // 8)
    wvalid: In(1)
    wready: Out(1)
    bresp: Out(2)
    bvalid: Out(1)
    bready: In(1)
    araddr: In(ADDRESS_BITS)
    arprot: In(3)
    arvalid: In(1)
    arready: Out(1)
    rdata: Out(WORD)
    rresp: Out(2)
    rvalid: Out(1)
    rready: In(1)
    bus: Out(RegisterBus)

    def elaborate(self, platform):
        m = Module()
        bus = self.bus
        # Ready is a register, so no path leads from one side of the bus to the other.
        has_address, address = self._hold(m, "aw", self.awaddr)
        has_data, data = self._hold(m, "w", self.wdata)
        strobe = Signal.like(self.wstrb)
        with m.If(self.wvalid & self.wready):
            m.d.sync += strobe.eq(self.wstrb)
        m.d.comb += [
            bus.w_addr.eq(address),
            bus.w_data.eq(data),
            bus.w_strobe.eq(strobe),
            bus.w_en.eq(has_address & has_data & (~self.bvalid | self.bready)),
        ]
        with m.If(bus.w_en):
            m.d.sync += [
                has_address.eq(0),
                has_data.eq(0),
                self.bvalid.eq(1),
                self.bresp.eq(SLVERR * bus.w_error),
            ]
        with m.Elif(self.bready):
            m.d.sync += self.bvalid.eq(0)

        has_request, request = self._hold(m, "ar", self.araddr)
        read = Signal()
        m.d.comb += [
            bus.r_addr.eq(request),
            read.eq(has_request & (~self.rvalid | self.rready)),
        ]
        with m.If(read):
            m.d.sync += [
                has_request.eq(0),
                self.rvalid.eq(1),
                self.rdata.eq(bus.r_data),
                self.rresp.eq(SLVERR * bus.r_error),
            ]
        with m.Elif(self.rready):
            m.d.sync += self.rvalid.eq(0)
        return m

    def _hold(self, m, channel, payload):
        """A register of a channel: whether it is full, and what it holds."""
        full, held = Signal(name=f"has_{channel}"), Signal.like(payload, name=f"held_{channel}")
        ready, valid = getattr(self, f"{channel}ready"), getattr(self, f"{channel}valid")
        m.d.comb += ready.eq(~full)
        with m.If(valid & ready):
            m.d.sync += [full.eq(1), held.eq(payload)]
        return full, held
