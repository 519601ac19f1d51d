"""Sequences with more steps than the machine can hold or count: their results are marked."""

from amaranth.hdl import Array, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.numbering import stream_of
from pascaline.hdl.shapes import struct
from pascaline.spec.design import Design
from pascaline.spec.ports import ports

__all__ = ["Limit"]

UNDER_WAY = 8
"""Bits of the number of sequences of a stream that have come and have no result yet; no machine has
room for as many."""


class Limit(wiring.Component):
    """Counts the steps of sequences on their way in, and marks results on their way out.

    Latency is zero, both ways. Where sequences are stored whole, one that is too long ends with
    step ``longest``, and its further vectors are dropped; else all of them pass. The end of one
    that is too long waits until the results of the last such one have gone.

    Parameters
    ----------
    design : Design
        The design, one that is ``limited``.

    Members
    -------
    i : In(stream.Signature(struct(ports(design)["i_x"].layout)))
        Vectors from outside.
    o : Out(stream.Signature(struct(ports(design)["i_x"].layout)))
        Vectors for the machine.
    i_results : In(stream.Signature(data.StructLayout(...)))
        Results of the machine, all fields of ``o_results`` but ``long``.
    o_results : Out(stream.Signature(struct(ports(design)["o"].layout)))
        The same results, each with its mark.
    """

    def __init__(self, design: Design):
        self._design = design
        found = {name: struct(port.layout) for name, port in ports(design).items()}
        given = {name: shape for name, shape in found["o"].members.items() if name != "long"}
        super().__init__(
            {
                "i": In(stream.Signature(found["i_x"])),
                "o": Out(stream.Signature(found["i_x"])),
                "i_results": In(stream.Signature(data.StructLayout(given))),
                "o_results": Out(stream.Signature(found["o"])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        design, longest, beat = self._design, self._design.machine.longest, self.i.p
        streams, chunks = range(design.machine.streams), design.entry.beats
        chunk = Signal(range(chunks))
        number = stream_of(m, chunk, beat, design.stream_bits)

        # Steps before this one, counted up to longest.
        steps = Array(Signal(range(longest + 1), name=f"steps_{k}") for k in streams)
        over = Signal()
        cut = Signal()
        dropped = Signal()
        too_long = Signal()
        whole = Signal()
        m.d.comb += [
            whole.eq(chunk == chunks - 1),
            over.eq(steps[number] == longest),
            too_long.eq(over),
        ]
        if design.network.whole:
            m.d.comb += [
                cut.eq((steps[number] == longest - 1) & ~beat.last),
                dropped.eq(over),
                too_long.eq(cut),
            ]

        # One mark is kept: of which stream, and how many of its results come before.
        marked = Signal()
        owner = Signal.like(number)
        ahead = Signal(UNDER_WAY)
        through = Signal()
        ends = Signal()
        m.d.comb += [
            self.o.p.eq(beat),
            self.o.p.last.eq(beat.last | cut),
            through.eq(~dropped & ~(marked & too_long & whole & self.o.p.last)),
            self.o.valid.eq(self.i.valid & through),
            self.i.ready.eq(dropped | (self.o.ready & through)),
            ends.eq(self.o.valid & self.o.ready & whole & self.o.p.last),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += chunk.eq(Mux(whole, 0, chunk + 1))
            with m.If(whole):
                m.d.sync += steps[number].eq(Mux(beat.last, 0, steps[number] + ~over))

        result = self.i_results.p
        of = result.stream if design.stream_bits else 0
        ended = Signal()
        m.d.comb += [
            self.o_results.valid.eq(self.i_results.valid),
            self.i_results.ready.eq(self.o_results.ready),
            self.o_results.p.long.eq(marked & (ahead == 0) & (owner == of)),
            ended.eq(self.o_results.valid & self.o_results.ready & result.last),
        ]
        for name in result.shape().members:
            m.d.comb += self.o_results.p[name].eq(result[name])
        under_way = Array(Signal(UNDER_WAY, name=f"under_way_{k}") for k in streams)
        for k in streams:
            m.d.sync += under_way[k].eq(under_way[k] + (ends & (number == k)) - (ended & (of == k)))
        with m.If(ends & too_long):
            m.d.sync += [
                marked.eq(1),
                owner.eq(number),
                ahead.eq(under_way[number] - (ended & (of == number))),
            ]
        with m.Elif(marked & ended & (of == owner)):
            m.d.sync += [marked.eq(ahead != 0), ahead.eq(ahead - 1)]
        return m
