"""A valve in the input stream: no sequence starts before good weights have been loaded."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.numbering import stream_of
from pascaline.hdl.shapes import struct
from pascaline.spec.design import Design
from pascaline.spec.ports import ports

__all__ = ["Valve"]

UNDER_WAY = 16
"""Bits of the number of sequences in progress; no machine has room for as many."""


class Valve(wiring.Component):
    """Lets vectors through while there are weights, and knows when no sequence is in progress.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    i : In(stream.Signature(struct(ports(design)["i_x"].layout)))
        The stream from outside.
    o : Out(stream.Signature(struct(ports(design)["i_x"].layout)))
        The same stream, to the machine.
    open : In(1)
        There are weights.
    load_waits : In(1)
        An image waits to be loaded: once idle, no new sequence starts.
    ended : In(1)
        The last result of a sequence goes over.
    quiet : Out(1)
        No sequence is in progress.
    """

    def __init__(self, design: Design):
        self._design = design
        vectors = stream.Signature(struct(ports(design)["i_x"].layout))
        super().__init__(
            {
                "i": In(vectors),
                "o": Out(vectors),
                "open": In(1),
                "load_waits": In(1),
                "ended": In(1),
                "quiet": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        design, beat = self._design, self.i.p
        chunks = design.entry.beats
        chunk = Signal(range(chunks))
        number = stream_of(m, chunk, beat, design.stream_bits)

        through = Signal()
        taken = Signal()
        m.d.comb += [
            self.o.valid.eq(self.i.valid & through),
            self.i.ready.eq(self.o.ready & through),
            self.o.p.eq(beat),
            taken.eq(self.o.valid & self.o.ready),
        ]

        # Sequences whose first steps have come, and those whose results are still to come.
        unfinished = Signal(1 << design.stream_bits)
        waiting = Signal(UNDER_WAY)
        complete = Signal()
        between = Signal()
        last_beat = chunk == chunks - 1
        m.d.comb += [
            complete.eq(taken & last_beat & beat.last),
            between.eq((unfinished == 0) & (chunk == 0)),
            through.eq(self.open & ~(between & self.load_waits)),
            self.quiet.eq(between & (waiting == 0)),
        ]
        with m.If(taken):
            m.d.sync += chunk.eq(Mux(last_beat, 0, chunk + 1))
            m.d.sync += unfinished.bit_select(number, 1).eq(~(last_beat & beat.last))
        m.d.sync += waiting.eq(waiting + complete - self.ended)
        return m
