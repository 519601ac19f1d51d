"""Images of weights from the registers to the loader."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.elastic import elastic
from pascaline.hdl.shapes import struct
from pascaline.spec.design import Design
from pascaline.spec.ports import ports

__all__ = ["LoadPort"]


class LoadPort(wiring.Component):
    """Keeps a word until the loader takes it, and knows when an image begins and ends.

    An image's first word stays until the machine is idle, so only that one makes the next one wait.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    i : In(stream.Signature(struct(ports(design)["i_load"].layout)))
        Words of an image, from the registers.
    o : Out(stream.Signature(struct(ports(design)["i_load"].layout)))
        The same, to the loader.
    idle : In(1)
        No packet is under way; while ``loading`` none comes.
    loaded : In(1)
        See `hdl.load.Loader`.
    loading : Out(1)
        From the cycle after an image's first word was written until it is known whether it is good.
    refused : Out(1)
        The image was not good; in the last cycle of ``loading``.
    """

    def __init__(self, design: Design):
        words = stream.Signature(struct(ports(design)["i_load"].layout))
        super().__init__(
            {
                "i": In(words),
                "o": Out(words),
                "idle": In(1),
                "loaded": In(1),
                "loading": Out(1),
                "refused": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        coming = Signal()
        ended = Signal()
        leaves = Signal()
        may_leave = Signal()
        full, take = elastic(m, self.i.valid, may_leave, name="word")
        with m.If(take):
            m.d.sync += self.o.p.eq(self.i.p)
        m.d.comb += [
            may_leave.eq((coming | self.idle) & self.o.ready),
            self.i.ready.eq(~full | may_leave),
            self.o.valid.eq(full & (coming | self.idle)),
            leaves.eq(full & may_leave),
            self.loading.eq(full | coming | ended),
            self.refused.eq(ended & ~self.loaded),
        ]
        with m.If(leaves):
            m.d.sync += coming.eq(~self.o.p.last)
        m.d.sync += ended.eq(leaves & self.o.p.last)
        return m
