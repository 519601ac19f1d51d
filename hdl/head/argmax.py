"""The class: which row of the head is the largest."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.elastic import elastic
from pascaline.hdl.head.ports import logits_signature
from pascaline.hdl.reader import mark
from pascaline.hdl.shapes import shape, struct
from pascaline.spec.formats import Interval
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.layout import Layout

__all__ = ["ArgMax"]


class ArgMax(wiring.Component):
    """Index of the largest of a vector of logits; of equal ones the first.

    Latency is one cycle after the last logit.

    Parameters
    ----------
    head_unit : HeadUnit
        The head.
    fields : Layout
        Payload of the results.

    Members
    -------
    i : In(logits_signature(head_unit, fields))
        Logits.
    o : Out(stream.Signature(struct(fields)))
        Classes, as `spec.ports` has them.
    """

    def __init__(self, head_unit: HeadUnit, fields: Layout):
        self._head_unit = head_unit
        o = stream.Signature(struct(fields))
        super().__init__({"i": In(logits_signature(head_unit, fields)), "o": Out(o)})

    def elaborate(self, platform):
        m = Module()
        full, take = elastic(m, self.i.valid & self.i.p.last_row, self.o.ready, name="class")
        m.d.comb += [self.i.ready.eq(~full | self.o.ready), self.o.valid.eq(full)]

        row = Signal.like(self.o.p.data)
        best_row = Signal.like(self.o.p.data)
        best = Signal(shape(self._head_unit.logit), reset_less=True)
        # The sign of a difference is one chain of carries; a comparison may be more.
        logit = self._head_unit.logit
        behind = Signal(shape(Interval(logit.lo - logit.hi, logit.hi - logit.lo)))
        better = Signal()
        winner = Signal.like(self.o.p.data)
        m.d.comb += [
            behind.eq(best - self.i.p.value),
            better.eq((row == 0) | (behind < 0)),
            winner.eq(Mux(better, row, best_row)),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += row.eq(Mux(self.i.p.last_row, 0, row + 1))
        # While a logit waits it may be taken again and again.
        with m.If(self.i.valid & better):
            m.d.sync += [best.eq(self.i.p.value), best_row.eq(row)]
        with m.If(take):
            m.d.sync += [self.o.p.data.eq(winner), *mark(self.o.p, self.i.p.mark)]
        return m
