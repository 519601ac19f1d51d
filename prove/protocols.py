"""The buses of whole machines, by what a master sees: rules of AXI4-Lite, AXI4-Stream, Wishbone."""

from amaranth.hdl import Cat, ClockSignal, ResetSignal, Signal

from pascaline.hdl.bus.machine import BusMachine
from pascaline.spec.bus import pins
from prove.claim import Claim
from prove.designs import small_design
from prove.harness import Harness

__all__ = ["claims"]

OKAY, SLVERR = 0b00, 0b10

UNDER_WAY = 6
"""Bits of a number of packets: no more than these count come in the cycles that are looked at."""

TWO_OUT = 48
"""Cycles after which results of two packets can have left the machine."""


class Machine:
    """A whole machine of which all inputs are anything, with rules for those that are asked about.

    Parameters
    ----------
    harness : Harness
        Where it stands.
    """

    def __init__(self, harness: Harness, **options):
        self.design = small_design(inputs=3, hidden=3, simd=2, longest=2, **options)
        self.pins = dut = harness.place(BusMachine(self.design), "machine")
        self._harness, m = harness, harness.m
        m.d.comb += [dut.aclk.eq(ClockSignal()), dut.aresetn.eq(~ResetSignal())]
        for pin in pins(self.design)[2:]:
            if pin.direction == "in":
                m.d.comb += getattr(dut, pin.name).eq(harness.free(pin.width, f"{pin.name}_in"))
        self._names = [pin.name for pin in pins(self.design)]
        self._began = harness.past(1)

    def sends(self, prefix):
        """A channel into the machine on which what waits stays; when a transfer goes over."""
        valid, ready, payload = self._channel(prefix)
        waited = self._harness.past(valid & ~ready)
        self._harness.suppose(~waited | (valid & (payload == self._harness.past(payload))))
        return valid & ready

    def gives(self, prefix):
        """A channel out of it: what waits must stay, and after a reset there must be nothing."""
        valid, ready, payload = self._channel(prefix)
        waited = self._harness.past(valid & ~ready)
        self._harness.always(~waited | (valid & (payload == self._harness.past(payload))))
        self._harness.always(self._began | ~valid)
        return valid & ready

    def _channel(self, prefix):
        handshake = [f"{prefix}valid", f"{prefix}ready"]
        valid, ready = (getattr(self.pins, name) for name in handshake)
        names = [name for name in self._names if name.startswith(prefix) and name not in handshake]
        return valid, ready, Cat(*(getattr(self.pins, name) for name in names))

    def owed(self, come, gone, name, bits=2):
        """How many transfers have come that have not been answered."""
        level = Signal(bits, name=name)
        self._harness.m.d.sync += level.eq(level + come - gone)
        return level


def axi_lite(**options):
    """Each write and each read has one answer, at once; none comes without; no other codes."""

    def build(harness: Harness):
        machine = Machine(harness, ports="axi", **options)
        pins, past = machine.pins, harness.past
        answered, read = machine.gives("s_axi_b"), machine.gives("s_axi_r")
        addresses = machine.owed(machine.sends("s_axi_aw"), answered, "addresses")
        words = machine.owed(machine.sends("s_axi_w"), answered, "words")
        requests = machine.owed(machine.sends("s_axi_ar"), read, "requests")
        harness.always(~pins.s_axi_bvalid | ((addresses != 0) & (words != 0)))
        harness.always(~pins.s_axi_rvalid | (requests != 0))
        for said in (pins.s_axi_bresp, pins.s_axi_rresp):
            harness.always((said == OKAY) | (said == SLVERR))
        # What is complete is answered in the next cycle, or after what has been answered before.
        complete = (addresses != 0) & (words != 0) & ~pins.s_axi_bvalid
        harness.always(pins.s_axi_bvalid | ~past(complete))
        harness.always(pins.s_axi_rvalid | ~past((requests != 0) & ~pins.s_axi_rvalid))
        # One inside and one answered: what makes the induction go through.
        harness.always(addresses == ~pins.s_axi_awready + pins.s_axi_bvalid)
        harness.always(words == ~pins.s_axi_wready + pins.s_axi_bvalid)
        harness.always(requests == ~pins.s_axi_arready + pins.s_axi_rvalid)

    return build


def axi_stream(**options):
    """What waits stays; bytes are kept from the first one on; TIDs are those of streams."""

    def build(harness: Harness):
        machine = Machine(harness, ports="axi", **options)
        machine.gives("m_axis_t")
        machine.sends("s_axis_t")
        keep, valid = machine.pins.m_axis_tkeep, machine.pins.m_axis_tvalid
        harness.always(((keep + 1) & keep) == 0)
        harness.always(~valid | (machine.pins.m_axis_tid < machine.design.machine.streams))

    return build


def packets(**options):
    """Of any one stream: no beat of results but of a packet that has come, no second TLAST."""

    def build(harness: Harness):
        machine = Machine(harness, ports="axi", **options)
        pins, streams = machine.pins, machine.design.machine.streams
        sent = machine.sends("s_axis_t") & pins.s_axis_tlast
        given = pins.m_axis_tvalid & pins.m_axis_tready & pins.m_axis_tlast
        tid = harness.constant(len(pins.m_axis_tid), "any_tid")
        harness.suppose(tid < streams)
        mine = pins.m_axis_tid == tid
        under_way = machine.owed(
            sent & (pins.s_axis_tid == tid), given & mine, "under_way", UNDER_WAY
        )
        harness.always(~(pins.m_axis_tvalid & mine) | (under_way != 0))

    return build


def wishbone(harness: Harness):
    """One `ack` or `err` in the cycle after each strobe, and none without; it never stalls."""
    machine = Machine(harness, ports="wishbone")
    pins = machine.pins
    asked = harness.past(pins.wbs_cyc_i & pins.wbs_stb_i)
    harness.always(~(pins.wbs_ack_o & pins.wbs_err_o))
    harness.always((pins.wbs_ack_o | pins.wbs_err_o) == (asked & pins.wbs_cyc_i))
    harness.always(~pins.wbs_stall_o)


def claims():
    """All claims about whole machines on a bus."""
    loaded = {"weights": "ram", "parity": True}
    classes = {"head": {"classes": 3, "weights": "ternary"}, "parity": True}
    return [
        Claim("protocols: AXI4-Lite", axi_lite(), 2, "prove"),
        Claim("protocols: AXI4-Lite, loaded weights and parity", axi_lite(**loaded), 2, "prove"),
        Claim("protocols: Wishbone", wishbone, 2, "prove"),
        Claim("protocols: AXI4-Stream", axi_stream(), TWO_OUT, "reach"),
        Claim("protocols: AXI4-Stream, two streams", axi_stream(streams=2), TWO_OUT, "reach"),
        Claim("protocols: AXI4-Stream, classes, parity", axi_stream(**classes), TWO_OUT, "reach"),
        Claim("protocols: packets", packets(), TWO_OUT, "merge"),
        Claim("protocols: packets, two streams", packets(streams=2), TWO_OUT, "merge"),
    ]
