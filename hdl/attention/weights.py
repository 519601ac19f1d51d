"""What a step weighs, and the sum of the weights of each sequence."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.homes.rom import Rom
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval
from pascaline.spec.stages.attend import Attend

__all__ = ["Weights"]


class Weights(wiring.Component):
    """Powers of two of scores, relative to the largest whole part so far of the same stream.

    A score is given by ``strobe``; the next one of any stream comes 3 or more cycles later.

    Parameters
    ----------
    attend : Attend
        The stage.

    Members
    -------
    strobe : In(1)
        There is a score.
    score : In(shape(attend.attention.score))
        With ``strobe``: the score.
    stream : In(attend.stream_bits)
        Its stream, from two cycles before ``strobe`` until a cycle after it.
    last : In(1)
        With ``strobe``: it is of the last step of its sequence.
    first : Out(1)
        From a cycle after ``strobe`` on: it was of the first step.
    grown : Out(range(exponents + 1))
        From a cycle after ``strobe`` on: by how much the largest whole part has grown.
    weight : Out(shape(attend.attention.weights))
        From two cycles after ``strobe`` on.
    total : Out(shape(attend.totals))
        The sum of the weights of the stream, from four cycles after ``strobe`` on.
    """

    def __init__(self, attend: Attend):
        self._attend = attend
        attention, exponents = attend.attention, attend.attention.exponents
        super().__init__(
            {
                "strobe": In(1),
                "score": In(shape(attention.score)),
                "stream": In(attend.stream_bits),
                "last": In(1),
                "first": Out(1),
                "grown": Out(range(exponents.hi - exponents.lo + 1)),
                "weight": Out(shape(attention.weights)),
                "total": Out(shape(attend.totals)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        attend, attention = self._attend, self._attend.attention
        exponents, frac, top = attention.exponents, attention.score.frac, attention.bits - 1
        most = Interval(exponents.lo - exponents.hi, exponents.hi - exponents.lo)

        # The first bit of each weight is set, and is not in the table.
        low = [int(weight) - (1 << top) for weight in attention.table]
        m.submodules.table = table = Rom(low, top)
        m.d.comb += table.addr.eq(self.score[:frac])

        # Which streams are within a sequence, and what their largest whole parts are.
        begun = Signal(1 << attend.stream_bits)
        largest, update = self._by_stream(m, "largest", shape(exponents), self.stream)
        whole = Signal(shape(exponents))
        ahead = Signal(shape(most))
        first = Signal()
        grown = Signal.like(self.grown)
        behind = Signal.like(self.grown)
        begins = Signal()
        m.d.comb += [
            whole.eq(self.score[frac:].as_signed()),
            ahead.eq(whole - largest),
            begins.eq(~begun.bit_select(self.stream, 1)),
        ]
        with m.If(self.strobe):
            m.d.sync += [
                begun.bit_select(self.stream, 1).eq(~self.last),
                first.eq(begins),
                grown.eq(Mux(begins | (ahead < 0), 0, ahead)),
                behind.eq(Mux(begins | (ahead >= 0), 0, -ahead)),
            ]
            with m.If(begins | (ahead > 0)):
                update(whole)

        # Half is added after all bits but one have been dropped.
        doubled = Signal(attention.bits + 1)
        rounded = Signal(attention.bits + 1)
        weight = Signal.like(self.weight, reset_less=True)
        m.d.comb += [
            doubled.eq(Cat(C(0, 1), table.data, C(1, 1)) >> behind),
            rounded.eq((doubled + 1) >> 1),
        ]
        m.d.sync += weight.eq(rounded)

        # A total is at least 1, so rounding its quotient up is adding 1 to that of one less.
        # The next vector, of another stream, may come before this one has been added.
        owner = Signal.like(self.stream)
        with m.If(self.strobe):
            m.d.sync += owner.eq(self.stream)
        total, update = self._by_stream(m, "total", shape(attend.totals), owner)
        less = Signal.like(total)
        kept = Signal.like(total)
        m.d.comb += [
            less.eq(total - 1),
            kept.eq(Mux(first, 0, (less >> grown) + 1)),
        ]
        with m.If(delayed(m, self.strobe, 2, name="weighed")):
            update(kept + weight)
        m.d.comb += [
            self.first.eq(first),
            self.grown.eq(grown),
            self.weight.eq(weight),
            self.total.eq(total),
        ]
        return m

    def _by_stream(self, m, name, of, stream):
        """A number for each stream: that of a cycle ago of a stream, and what changes it."""
        value = Signal(of, name=name, reset_less=True)
        everything = Signal(len(value) << self._attend.stream_bits, name=f"{name}_by_stream")
        own = everything.word_select(stream, len(value))
        m.d.sync += value.eq(own)

        def update(new):
            m.d.sync += own.eq(new)

        return value, update
