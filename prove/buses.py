"""The two buses to the registers: their rules, and one right answer to each transfer."""

from amaranth.hdl import Cat, Signal

from pascaline.hdl.bus.axi_lite import AxiLite
from pascaline.hdl.bus.wishbone import Wishbone
from prove.bench import Bench
from prove.claim import Claim
from prove.traffic import Queue

__all__ = ["claims"]

OKAY, SLVERR = 0b00, 0b10


def channel(bench, dut, name, *fields):
    """A channel of a master that keeps the rules: when a transfer goes over, and what."""
    valid, ready = getattr(dut, f"{name}valid"), getattr(dut, f"{name}ready")
    members = [getattr(dut, f"{name}{field}") for field in fields]
    bench.m.d.comb += [
        member.eq(bench.free(len(member), f"{name}{field}_in"))
        for member, field in zip(members, fields, strict=True)
    ]
    bench.m.d.comb += valid.eq(bench.free(1, f"{name}valid_in"))
    payload = Cat(*members)
    waited = bench.past(valid & ~ready)
    bench.suppose(~waited | (valid & (payload == bench.past(payload))))
    return valid & ready, payload


def answers(bench, dut, name, *fields):
    """A channel of answers, taken at any time, which must stay until then; and what it says."""
    valid, ready = getattr(dut, f"{name}valid"), getattr(dut, f"{name}ready")
    bench.m.d.comb += ready.eq(bench.free(1, f"{name}ready_in"))
    payload = Cat(*(getattr(dut, f"{name}{field}") for field in fields))
    waited = bench.past(valid & ~ready)
    bench.always(~waited | (valid & (payload == bench.past(payload))))
    return valid, valid & ready, payload


def _registers(bench, bus):
    """Registers that answer anything."""
    given = bench.free(len(bus.r_data), "r_data")
    errors = bench.free(2, "errors")
    bench.m.d.comb += [bus.r_data.eq(given), bus.r_error.eq(errors[0]), bus.w_error.eq(errors[1])]


def axi_writes(bench: Bench):
    """Each write gets to the registers once, in order, and its answer is theirs."""
    dut = bench.place(AxiLite(), "axi_lite")
    bus = dut.bus
    _registers(bench, bus)
    come, address = channel(bench, dut, "aw", "addr", "prot")
    brought, data = channel(bench, dut, "w", "data", "strb")
    valid, taken, said = answers(bench, dut, "b", "resp")
    bits = len(dut.awaddr)
    addresses = Queue(bench, bits, 1, name="addresses")
    words = Queue(bench, len(data), 1, name="words")
    owed = Queue(bench, 2, 1, name="owed")
    done, word = bus.w_en, Cat(bus.w_data, bus.w_strobe)
    addresses.step(come, address[:bits], done, bus.w_addr)
    words.step(brought, data, done, word)
    answer = Signal(2)
    bench.m.d.comb += answer.eq(bus.w_error * SLVERR)
    owed.step(done, answer, taken, said)
    # It is done as soon as it can be: no write is left without an answer.
    bench.always(done == ((addresses.level & words.level).bool() & (~valid | taken)))
    # What makes the induction go through.
    bench.always(dut.awready == (addresses.level == 0))
    bench.always(dut.wready == (words.level == 0))
    bench.always((addresses.level == 0) | (addresses.front == bus.w_addr))
    bench.always((words.level == 0) | (words.front == word))
    bench.always(valid == (owed.level != 0))
    bench.always(~valid | (owed.front == said))


def axi_reads(bench: Bench):
    """Each read is answered once, in order, with what its register says."""
    dut = bench.place(AxiLite(), "axi_lite")
    bus = dut.bus
    _registers(bench, bus)
    come, address = channel(bench, dut, "ar", "addr", "prot")
    valid, taken, said = answers(bench, dut, "r", "data", "resp")
    bits = len(dut.araddr)
    addresses = Queue(bench, bits, 1, name="addresses")
    owed = Queue(bench, len(said), 1, name="owed")
    # It is done as soon as it can be: no read is left without an answer.
    done, answer = Signal(), Signal(2)
    bench.m.d.comb += [
        done.eq((addresses.level != 0) & (~valid | taken)),
        answer.eq(bus.r_error * SLVERR),
    ]
    addresses.step(come, address[:bits], done, bus.r_addr)
    owed.step(done, Cat(bus.r_data, answer), taken, said)
    bench.always(dut.arready == (addresses.level == 0))
    bench.always((addresses.level == 0) | (addresses.front == bus.r_addr))
    bench.always(valid == (owed.level != 0))
    bench.always(~valid | (owed.front == said))


def wishbone(bench: Bench):
    """Each strobe gets to the registers at once, and has its one answer in the next cycle."""
    dut = bench.place(Wishbone(), "wishbone")
    bus, m = dut.bus, bench.m
    _registers(bench, bus)
    for name in ("cyc_i", "stb_i", "we_i", "adr_i", "sel_i", "dat_i"):
        member = getattr(dut, name)
        m.d.comb += member.eq(bench.free(len(member), name))
    asked = Signal()
    m.d.comb += asked.eq(dut.cyc_i & dut.stb_i & ~dut.stall_o)
    bench.always(bus.w_en == (asked & dut.we_i))
    bench.always(~bus.w_en | (bus.w_addr == dut.adr_i))
    bench.always(~bus.w_en | (Cat(bus.w_data, bus.w_strobe) == Cat(dut.dat_i, dut.sel_i)))
    bench.always(~asked | (bus.r_addr == dut.adr_i))
    # A master that gives up hears nothing any more.
    bench.always((dut.ack_o | dut.err_o) == (bench.past(asked) & dut.cyc_i))
    bench.always(~(dut.ack_o & dut.err_o))
    wrote = bench.past(dut.we_i)
    wrong = Signal()
    m.d.comb += wrong.eq((wrote & bench.past(bus.w_error)) | (~wrote & bench.past(bus.r_error)))
    bench.always(~(dut.ack_o | dut.err_o) | (dut.err_o == wrong))
    bench.always(~dut.ack_o | wrote | (dut.dat_o == bench.past(bus.r_data)))
    bench.always(~dut.stall_o)


def claims():
    """All claims about buses."""
    return [
        Claim("buses: AXI4-Lite, writes", axi_writes, 2, "prove"),
        Claim("buses: AXI4-Lite, reads", axi_reads, 2, "prove"),
        Claim("buses: Wishbone", wishbone, 2, "prove"),
    ]
