"""Readers turn the h of a step into its result; the plain one gives h itself."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.shapes import shape, struct
from hdl.stages import elastic
from hdl.vector import read_signature
from spec.design import Design
from spec.ports import ports

__all__ = ["HiddenReader", "job_layout", "reader_members"]

job_layout = data.StructLayout({"bank": 1, "last": 1})
"""A vector of h to be read: where it is, and whether it is the sequence's last."""


def reader_members(design: Design):
    """Ports of a reader.

    ``job`` holds until ``done``, the cycle in which the last chunk is read. While ``holding``, the
    last word that was read must stay where it is. ``o`` is the stream of `spec.ports`.
    """
    element = shape(design.layer.h)
    return {
        "job": In(job_layout),
        "job_valid": In(1),
        "done": Out(1),
        "holding": Out(1),
        "read": Out(read_signature(element, design.h_product.chunks, design.machine.simd)),
        "o": Out(stream.Signature(struct(ports(design)["o"].layout))),
    }


class HiddenReader(wiring.Component):
    """Gives h as it is, a chunk a cycle, one cycle after it is read. Ports: `reader_members`."""

    def __init__(self, design: Design):
        self._design = design
        super().__init__(reader_members(design))

    def elaborate(self, platform):
        m = Module()
        product = self._design.h_product
        chunk = Signal(range(product.chunks))
        last_chunk = Signal()
        full, take = elastic(m, self.job_valid, self.o.ready, name="beat")
        tail = Signal()
        last = Signal()
        m.d.comb += [
            last_chunk.eq(chunk == product.chunks - 1),
            self.read.en.eq(take),
            self.read.bank.eq(self.job.bank),
            self.read.chunk.eq(chunk),
            self.done.eq(take & last_chunk),
            self.holding.eq(full),
            self.o.valid.eq(full),
            self.o.p.last.eq(last),
        ]
        with m.If(take):
            m.d.sync += [tail.eq(last_chunk), last.eq(last_chunk & self.job.last)]
            m.d.sync += chunk.eq(Mux(last_chunk, 0, chunk + 1))
        for k in range(product.simd):
            beyond = tail if k >= product.tail else 0
            m.d.comb += self.o.p.data[k].eq(Mux(beyond, 0, self.read.data[k]))
        return m
