"""Attention: results are the formula in wide numbers, so that nothing overflows."""

from dataclasses import replace

import numpy as np
from amaranth.hdl import Array, C, Cat, Mux, Signal, signed

from pascaline.hdl.attention.attend import AttendUnit
from pascaline.spec.formats import half
from prove.claim import Claim
from prove.designs import small_design
from prove.harness import Harness
from prove.traffic import feed

__all__ = ["claims"]

WIDE = 13
"""Bits of what is computed beside the hardware, which needs at most 8."""

FORMATS = {
    "query": {"width": 2, "frac": 0},
    "score": {"width": 3, "frac": 1},
    "bits": 4,
}


def attend(query, *, streams=1, simd=1, pipelined=False):
    """Of sequences of one or two steps, the elements are the rounded quotients of the formula."""

    def build(harness: Harness):
        network = {"pooling": "attention", "attention": FORMATS, "results": "last"}
        design = small_design(
            hidden=len(query),
            network=network,
            streams=streams,
            simd=simd,
            pipelined=pipelined,
            longest=2,
        )
        stage = replace(design.stages[-1], query=np.array(query))
        dut, m = harness.place(AttendUnit(stage), "attend"), harness.m
        feed(harness, dut.i_x, "i")
        m.d.comb += dut.o.ready.eq(harness.free(1, "ready"))
        harness.stable(dut.o)
        i, o, taken = dut.i_x.p, dut.o.p, dut.i_x.valid & dut.i_x.ready
        number = i.stream if streams > 1 else C(0, 1)

        # The core's rules: vectors are whole, and the end of a sequence is that of a vector.
        chunk, end, whose = Signal(range(stage.chunks)), Signal(), Signal()
        m.d.comb += end.eq(chunk == stage.chunks - 1)
        harness.suppose((chunk == 0) | (number == whose))
        harness.suppose(end | ~i.last)
        with m.If(taken):
            m.d.sync += [chunk.eq(Mux(end, 0, chunk + 1)), whose.eq(number)]
        # More steps than the machine can add up never come.
        again = Signal(streams)
        with m.If(taken & end):
            m.d.sync += again.bit_select(number, 1).eq(~i.last)
        harness.suppose(~again.bit_select(number, 1) | ~end | i.last)

        # The vector, of which the last chunk is there, and what has been made of those before it.
        stream = harness.constant(1, "any_stream")
        harness.suppose(stream < streams)
        kept = [Signal(i.data.shape(), name=f"kept_{k}") for k in range(stage.chunks)]
        for k, one in enumerate(kept):
            with m.If(taken & (chunk == k)):
                m.d.sync += one.eq(i.data)
        before = [one[k] for one in kept[:-1] for k in range(simd)]
        vector = [*before, *(i.data[k] for k in range(simd))][: len(query)]
        state = _Formula(m, stage, vector)
        whole = taken & end & (number == stream)
        with m.If(whole):
            state.step(i.last)

        # One result for each sequence, chunk by chunk, before anything else comes.
        out, waits = Signal(range(stage.chunks)), Signal()
        mine = dut.o.valid & ((o.stream if streams > 1 else 0) == stream)
        gone = dut.o.valid & dut.o.ready
        with m.If(gone):
            m.d.sync += out.eq(Mux(o.last, 0, out + 1))
        with m.If(whole & i.last):
            m.d.sync += waits.eq(1)
        with m.Elif(mine & gone & o.last):
            m.d.sync += waits.eq(0)
        harness.always(~mine | waits)
        harness.always(~waits | ~dut.i_x.ready)
        harness.always(~dut.o.valid | (o.last == (out == stage.chunks - 1)))
        for k in range(simd):
            right = Array(state.right(place, o.data[k]) for place in range(k, _end(stage), simd))
            harness.always(~mine | right[out])

    return build


def _end(stage):
    """Places of elements, with those beyond the end."""
    return stage.chunks * stage.machine.simd


class _Formula:
    """Totals and sums as `spec.attention` has them.

    Parameters
    ----------
    m : Module
        Where they stand.
    stage : Attend
        The stage.
    vector : list of Value
        Elements of the next vector.
    """

    def __init__(self, m, stage, vector):
        self._m, self._stage, self._vector = m, stage, vector
        self._first = Signal(init=1)
        self._most = Signal(signed(WIDE))
        self._total = Signal(WIDE)
        self._sums = [Signal(WIDE, name=f"wide_sum_{k}") for k in range(len(vector))]

    def step(self, last):
        """Statements that add the vector."""
        m, attention, h = self._m, self._stage.attention, self._stage.h
        frac, shift, score = attention.score.frac, attention.shift(h), attention.score.interval
        dot, s, whole = (Signal(signed(WIDE), name=name) for name in ("dot", "s", "whole"))
        query = self._stage.query.tolist()
        dots = sum(value * number for value, number in zip(self._vector, query, strict=True))
        near = (dot + half(shift)) >> shift
        table = Array(C(int(one), WIDE) for one in attention.table)
        grown, behind, weight = Signal(4), Signal(4), Signal(WIDE)
        new = self._first | (whole > self._most)
        m.d.comb += [
            dot.eq(dots),
            s.eq(Mux(near > score.hi, score.hi, Mux(near < score.lo, score.lo, near))),
            whole.eq(s >> frac),
            grown.eq(Mux(new & ~self._first, whole - self._most, 0)),
            behind.eq(Mux(new, 0, self._most - whole)),
            weight.eq((table[s[:frac]] + ((C(1, WIDE) << behind) >> 1)) >> behind),
        ]
        up = (C(1, WIDE) << grown) - 1
        m.d.sync += [
            self._first.eq(last),
            self._most.eq(Mux(new, whole, self._most)),
            self._total.eq(Mux(self._first, 0, (self._total + up) >> grown) + weight),
        ]
        for one, value in zip(self._sums, self._vector, strict=True):
            shifted = Mux(self._first, 0, one >> grown)
            m.d.sync += one.eq(shifted + weight * (value - h.interval.lo)[: h.width])

    def right(self, place, found):
        """Whether an element is the nearest quotient of those that have been added up."""
        if place >= len(self._sums):
            return found == 0
        quotient = Signal(self._stage.h.width, name=f"quotient_{place}")
        twice = Signal(WIDE, name=f"twice_{place}")
        rest = Signal(signed(WIDE + 1), name=f"left_{place}")
        self._m.d.comb += [
            quotient.eq(Cat(found[:-1], ~found[-1])),
            twice.eq(2 * self._total),
            rest.eq(2 * self._sums[place] + self._total - quotient * twice),
        ]
        return (self._total != 0) & (rest >= 0) & (rest < twice)


def claims():
    """All claims about attention."""
    return [
        Claim("attention: an element, two streams", attend([-2], streams=2), 32),
        Claim("attention: the same, pipelined", attend([-2], streams=2, pipelined=True), 32),
    ]
