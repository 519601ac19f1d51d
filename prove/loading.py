"""Weights that are loaded, and parity: what must not start, and what must not get out."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.bus.ending import UNDER_WAY, Ending
from pascaline.hdl.parity import Guard, read_out, stored, write_in
from pascaline.hdl.shapes import struct
from pascaline.hdl.valve import Valve
from pascaline.spec.ports import ports
from prove.claim import Claim
from prove.designs import small_design
from prove.harness import Harness
from prove.traffic import feed

__all__ = ["claims"]

BITS = 24
"""Of a word with parity."""

COUNT = 4
"""Bits of a number of sequences: more than these count are not on their way."""


class Word(wiring.Component):
    """What is read of a word of which some bits have been flipped in memory."""

    value: In(data.ArrayLayout(1, BITS))
    flips: In(BITS + 1)
    found: Out(data.ArrayLayout(1, BITS))
    wrong: Out(1)

    def elaborate(self, platform):
        m = Module()
        kept = Signal(stored(self.value.shape(), parity=True))
        given = Signal.like(kept)
        word, wrong = read_out(given)
        m.d.comb += [
            *write_in(kept, self.value),
            given.as_value().eq(kept.as_value() ^ self.flips),
            self.found.eq(word),
            self.wrong.eq(wrong),
        ]
        return m


def parity(harness: Harness):
    """An odd number of flipped bits is detected, and no fault is reported where there is none."""
    dut = harness.place(Word(), "word")
    value, flips = harness.free(BITS, "value_in"), harness.free(BITS + 1, "flips_in")
    harness.m.d.comb += [dut.value.as_value().eq(value), dut.flips.eq(flips)]
    odd = sum(flips[k] for k in range(BITS + 1))[0]
    harness.always(~odd | dut.wrong)
    harness.always((flips != 0) | (~dut.wrong & (dut.found.as_value() == value)))


def guard(harness: Harness):
    """No beat comes out for the first time after a fault; until then all do, and none is lost."""
    dut = harness.place(Guard(data.StructLayout({"value": 3})), "guard")
    feed(harness, dut.i, "i")
    m, fault = harness.m, harness.free(1, "fault")
    harness.suppose(~harness.past(fault) | fault)
    m.d.comb += [dut.fault.eq(fault), dut.o.ready.eq(harness.free(1, "ready"))]
    harness.stable(dut.o)
    waited = harness.past(dut.o.valid & ~dut.o.ready)
    harness.always(~fault | ~dut.o.valid | waited)
    harness.always(fault | (dut.o.valid == dut.i.valid))
    harness.always((dut.i.valid & dut.i.ready) == (dut.o.valid & dut.o.ready))
    harness.always(~dut.o.valid | (dut.o.p.as_value() == dut.i.p.as_value()))


def valve(harness: Harness):
    """Nothing passes without weights; it is quiet only while no sequence is in progress."""
    design = small_design(inputs=3, simd=2, streams=2, weights="ram")
    dut, m = harness.place(Valve(design), "valve"), harness.m
    chunks = design.cores[0].x_product.chunks
    feed(harness, dut.i, "i")
    opened, waits = harness.free(1, "opened"), harness.free(1, "waits")
    ended = harness.free(1, "ends")
    m.d.comb += [
        dut.open.eq(opened),
        dut.load_waits.eq(waits),
        dut.ended.eq(ended),
        dut.o.ready.eq(harness.free(1, "ready")),
    ]
    taken, beat = dut.o.valid & dut.o.ready, dut.i.p
    harness.always(taken == (dut.i.valid & dut.i.ready))
    harness.always(~dut.o.valid | (dut.o.p.as_value() == beat.as_value()))
    harness.always(opened | ~dut.o.valid)
    # Sequences that have begun and those that have ended, by stream and in all.
    chunk, number, kept = Signal(range(chunks)), Signal(), Signal()
    within = Array(Signal(name=f"within_{k}") for k in range(2))
    begun, whole, over = Signal(COUNT), Signal(COUNT), Signal(COUNT)
    m.d.comb += number.eq(Mux(chunk == 0, beat.stream, kept))
    last = (chunk == chunks - 1) & beat.last
    with m.If(taken):
        m.d.sync += [
            chunk.eq(Mux(chunk == chunks - 1, 0, chunk + 1)),
            kept.eq(number),
            within[number].eq(~last),
            begun.eq(begun + ((chunk == 0) & ~within[number])),
            whole.eq(whole + last),
        ]
    m.d.sync += over.eq(over + ended)
    harness.suppose(~ended | (over != whole))
    harness.always(dut.quiet == (begun == over))
    # An image that waits lets sequences in progress finish, and none begin once all are.
    idle = begun == whole
    harness.always(~opened | (dut.o.valid == (dut.i.valid & ~(idle & waits))))


def ending(harness: Harness):
    """Until a fault results pass; then each packet that had come whole is ended, and no other."""
    design = small_design(inputs=3, simd=2, streams=2, head=None, ports="axi", parity=True)
    dut = harness.place(Ending(design, struct(ports(design)["o"].layout)), "ending")
    m = harness.m
    feed(harness, dut.i, "i")
    fault, commit = harness.free(1, "fault"), harness.free(1, "commit")
    stream = harness.free(len(dut.stream), "stream")
    m.d.comb += [
        dut.fault.eq(fault),
        dut.commit.eq(commit),
        dut.stream.eq(stream),
        dut.o.ready.eq(harness.free(1, "ready")),
    ]
    harness.suppose(~harness.past(fault) | fault)
    harness.suppose(~fault | ~commit)
    i, o = dut.i.p, dut.o.p
    ends = dut.o.valid & dut.o.ready & o.last
    # Packets that have come and not ended; of the machine no result ends one that has not come.
    most, streams = design.machine.longest + UNDER_WAY - 1, range(design.machine.streams)
    packets = Array(Signal(range(most + 1), name=f"packets_{k}") for k in streams)
    for k, open_ in enumerate(packets):
        m.d.sync += open_.eq(open_ + (commit & (stream == k)) - (ends & (o.stream == k)))
        harness.suppose(open_ < most)
        # What makes the induction go through.
        harness.always(harness.inside(len(open_), "ending", f"waiting_{k}") == open_)
    harness.suppose(~dut.i.valid | (packets[i.stream] != 0))
    harness.stable(dut.o)
    waited = harness.past(dut.o.valid & ~dut.o.ready)
    result = ~fault | (waited & ~harness.past(o.broken))
    some = Cat(open_ != 0 for open_ in packets).any()
    taken = dut.o.valid & dut.o.ready & ~o.broken
    harness.always((dut.i.valid & dut.i.ready) == taken)
    harness.always(dut.o.valid == Mux(result, dut.i.valid, some))
    harness.always(~dut.o.valid | (o.broken == ~result))
    harness.always(~dut.o.valid | (packets[o.stream] != 0))
    for name in i.shape().members:
        harness.always(~(dut.o.valid & result) | (o[name] == i[name]))
    harness.always(~(dut.o.valid & ~result) | o.last)


def claims():
    """All claims about loading and parity."""
    return [
        Claim("loading: parity of a word", parity, 1, "prove"),
        Claim("loading: guard of a stream", guard, 2, "prove"),
        Claim("loading: packets ended after a fault", ending, 3, "prove"),
        Claim("loading: valve before a machine", valve, 14),
    ]
