"""Readers turn the h of a step into its result; the plain one gives h itself."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.shapes import shape, struct
from hdl.stages import elastic
from hdl.vector import read_signature
from spec.design import Design
from spec.ports import ports

__all__ = ["HiddenReader", "job_layout", "mark", "mark_layout", "reader_members"]


def job_layout(design: Design):
    """A vector of h to be read: where it is, and what is told about its result."""
    return data.StructLayout({"bank": 1 + design.stream_bits, "mark": mark_layout(design)})


def mark_layout(design: Design):
    """What is told about a result: it is its sequence's last; of which stream it is."""
    return data.StructLayout({"last": 1, "stream": design.stream_bits})


def mark(design: Design, payload, marks, *, end=1):
    """Statements that mark a beat of ``o``; ``end``: it is its result's last."""
    stream = [payload.stream.eq(marks.stream)] if design.stream_bits else []
    return [payload.last.eq(marks.last & end), *stream]


def reader_members(design: Design):
    """Ports of a reader.

    ``job`` holds until ``done``, the cycle in which the last chunk is read. While ``holding``, the
    last word that was read must stay where it is. ``o`` is the stream of `spec.ports`.
    """
    element = shape(design.layer.h)
    return {
        "job": In(job_layout(design)),
        "job_valid": In(1),
        "done": Out(1),
        "holding": Out(1),
        "read": Out(
            read_signature(
                element, design.h_product.chunks, design.machine.simd, banks=design.hidden_banks
            )
        ),
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
        marks = Signal(mark_layout(self._design))
        m.d.comb += [
            last_chunk.eq(chunk == product.chunks - 1),
            self.read.en.eq(take),
            self.read.bank.eq(self.job.bank),
            self.read.chunk.eq(chunk),
            self.done.eq(take & last_chunk),
            self.holding.eq(full),
            self.o.valid.eq(full),
            *mark(self._design, self.o.p, marks, end=tail),
        ]
        with m.If(take):
            m.d.sync += [tail.eq(last_chunk), marks.eq(self.job.mark)]
            m.d.sync += chunk.eq(Mux(last_chunk, 0, chunk + 1))
        for k in range(product.simd):
            beyond = tail if k >= product.tail else 0
            m.d.comb += self.o.p.data[k].eq(Mux(beyond, 0, self.read.data[k]))
        return m
