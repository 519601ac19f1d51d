"""The two buses to the registers: their rules, and one right answer to each transfer."""

from amaranth.hdl import Cat, Signal

from pascaline.hdl.bus.axi_lite import AxiLite
from pascaline.hdl.bus.wishbone import Wishbone
from prove.claim import Claim
from prove.harness import Harness
from prove.traffic import Queue

__all__ = ["claims"]

OKAY, SLVERR = 0b00, 0b10


def channel(harness, dut, name, *fields):
    """A channel of a master that keeps the rules: when a transfer goes over, and what."""
    valid, ready = getattr(dut, f"{name}valid"), getattr(dut, f"{name}ready")
    members = [getattr(dut, f"{name}{field}") for field in fields]
    harness.m.d.comb += [
        member.eq(harness.free(len(member), f"{name}{field}_in"))
        for member, field in zip(members, fields, strict=True)
    ]
    harness.m.d.comb += valid.eq(harness.free(1, f"{name}valid_in"))
    payload = Cat(*members)
    waited = harness.past(valid & ~ready)
    harness.suppose(~waited | (valid & (payload == harness.past(payload))))
    return valid & ready, payload


def answers(harness, dut, name, *fields):
    """A channel of answers, taken at any time, which must stay until then; and what it says."""
    valid, ready = getattr(dut, f"{name}valid"), getattr(dut, f"{name}ready")
    harness.m.d.comb += ready.eq(harness.free(1, f"{name}ready_in"))
    payload = Cat(*(getattr(dut, f"{name}{field}") for field in fields))
    waited = harness.past(valid & ~ready)
    harness.always(~waited | (valid & (payload == harness.past(payload))))
    return valid, valid & ready, payload


def _registers(harness, bus):
    """Registers that answer anything."""
    given = harness.free(len(bus.r_data), "r_data")
    errors = harness.free(2, "errors")
    harness.m.d.comb += [bus.r_data.eq(given), bus.r_error.eq(errors[0]), bus.w_error.eq(errors[1])]


def axi_writes(harness: Harness):
    """Each write gets to the registers once, in order, and its answer is theirs."""
    dut = harness.place(AxiLite(), "axi_lite")
    bus = dut.bus
    _registers(harness, bus)
    come, address = channel(harness, dut, "aw", "addr", "prot")
    brought, data = channel(harness, dut, "w", "data", "strb")
    valid, taken, said = answers(harness, dut, "b", "resp")
    bits = len(dut.awaddr)
    addresses = Queue(harness, bits, 1, name="addresses")
    words = Queue(harness, len(data), 1, name="words")
    owed = Queue(harness, 2, 1, name="owed")
    done, word = bus.w_en, Cat(bus.w_data, bus.w_strobe)
    addresses.step(come, address[:bits], done, bus.w_addr)
    words.step(brought, data, done, word)
    answer = Signal(2)
    harness.m.d.comb += answer.eq(bus.w_error * SLVERR)
    owed.step(done, answer, taken, said)
    # It is done as soon as it can be: no write is left without an answer.
    harness.always(done == ((addresses.level & words.level).bool() & (~valid | taken)))
    # What makes the induction go through.
    harness.always(dut.awready == (addresses.level == 0))
    harness.always(dut.wready == (words.level == 0))
    harness.always((addresses.level == 0) | (addresses.front == bus.w_addr))
    harness.always((words.level == 0) | (words.front == word))
    harness.always(valid == (owed.level != 0))
    harness.always(~valid | (owed.front == said))


def axi_reads(harness: Harness):
    """Each read is answered once, in order, with what its register says."""
    dut = harness.place(AxiLite(), "axi_lite")
    bus = dut.bus
    _registers(harness, bus)
    come, address = channel(harness, dut, "ar", "addr", "prot")
    valid, taken, said = answers(harness, dut, "r", "data", "resp")
    bits = len(dut.araddr)
    addresses = Queue(harness, bits, 1, name="addresses")
    owed = Queue(harness, len(said), 1, name="owed")
    # It is done as soon as it can be: no read is left without an answer.
    done, answer = Signal(), Signal(2)
    harness.m.d.comb += [
        done.eq((addresses.level != 0) & (~valid | taken)),
        answer.eq(bus.r_error * SLVERR),
    ]
    addresses.step(come, address[:bits], done, bus.r_addr)
    owed.step(done, Cat(bus.r_data, answer), taken, said)
    harness.always(dut.arready == (addresses.level == 0))
    harness.always((addresses.level == 0) | (addresses.front == bus.r_addr))
    harness.always(valid == (owed.level != 0))
    harness.always(~valid | (owed.front == said))


def wishbone(harness: Harness):
    """Each strobe gets to the registers at once, and has its one answer in the next cycle."""
    dut = harness.place(Wishbone(), "wishbone")
    bus, m = dut.bus, harness.m
    _registers(harness, bus)
    for name in ("cyc_i", "stb_i", "we_i", "adr_i", "sel_i", "dat_i"):
        member = getattr(dut, name)
        m.d.comb += member.eq(harness.free(len(member), name))
    asked = Signal()
    m.d.comb += asked.eq(dut.cyc_i & dut.stb_i & ~dut.stall_o)
    harness.always(bus.w_en == (asked & dut.we_i))
    harness.always(~bus.w_en | (bus.w_addr == dut.adr_i))
    harness.always(~bus.w_en | (Cat(bus.w_data, bus.w_strobe) == Cat(dut.dat_i, dut.sel_i)))
    harness.always(~asked | (bus.r_addr == dut.adr_i))
    # A master that gives up hears nothing any more.
    harness.always((dut.ack_o | dut.err_o) == (harness.past(asked) & dut.cyc_i))
    harness.always(~(dut.ack_o & dut.err_o))
    wrote = harness.past(dut.we_i)
    wrong = Signal()
    m.d.comb += wrong.eq((wrote & harness.past(bus.w_error)) | (~wrote & harness.past(bus.r_error)))
    harness.always(~(dut.ack_o | dut.err_o) | (dut.err_o == wrong))
    harness.always(~dut.ack_o | wrote | (dut.dat_o == harness.past(bus.r_data)))
    harness.always(~dut.stall_o)


def claims():
    """All claims about buses."""
    return [
        Claim("buses: AXI4-Lite, writes", axi_writes, 2, "prove"),
        Claim("buses: AXI4-Lite, reads", axi_reads, 2, "prove"),
        Claim("buses: Wishbone", wishbone, 2, "prove"),
    ]
