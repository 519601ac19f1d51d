"""Readers turn vectors in a memory into results; the plain one gives them as they are."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.elastic import elastic
from pascaline.hdl.shapes import struct
from pascaline.hdl.vector import read_signature
from pascaline.spec.layout import Layout

__all__ = ["VectorReader", "mark", "mark_layout", "reader_members", "request_layout"]


def mark_layout(fields: Layout):
    """Marks of a result on a stream with these fields.

    ``last``: it is the last of its sequence. ``stream``: the stream that it is of. For a core that
    comes next, ``state``: what the sequence starts from; ``dump``: its final state is wanted.
    """
    widths = {field.name: field.width for field in fields.fields}
    names = ("last", "stream", "state", "dump")
    return data.StructLayout({name: widths.get(name, 0) for name in names})


def request_layout(fields: Layout, banks):
    """A vector to be read: its bank, and the marks of its result."""
    return data.StructLayout({"bank": (banks - 1).bit_length(), "mark": mark_layout(fields)})


def mark(payload, marks, *, end=1):
    """Statements that mark a beat of ``o``; ``end``: it is its result's last."""
    names = payload.shape().members
    told = [payload[name].eq(marks[name]) for name in ("stream", "state", "dump") if name in names]
    return [payload.last.eq(marks.last & end), *told]


def reader_members(memory, fields: Layout):
    """Ports of a reader.

    ``request`` holds until ``done``, the cycle in which the last chunk is read. While ``holding``,
    the last word that was read must stay where it is.

    Parameters
    ----------
    memory : dict
        Parameters of `read_signature`.
    fields : Layout
        Payload of ``o``.
    """
    return {
        "request": In(request_layout(fields, memory["banks"])),
        "request_valid": In(1),
        "done": Out(1),
        "holding": Out(1),
        "read": Out(read_signature(**memory)),
        "o": Out(stream.Signature(struct(fields))),
    }


class VectorReader(wiring.Component):
    """Gives a vector as it is, a chunk a cycle, one cycle after it is read.

    Parameters
    ----------
    memory, fields
        As of `reader_members`.
    tail : int
        Elements of the last chunk; what is beyond is 0.
    """

    def __init__(self, memory, fields: Layout, tail):
        self._memory = memory
        self._fields = fields
        self._tail = tail
        super().__init__(reader_members(memory, fields))

    def elaborate(self, platform):
        m = Module()
        chunk = Signal(range(self._memory["chunks"]))
        last_chunk = Signal()
        full, take = elastic(m, self.request_valid, self.o.ready, name="beat")
        tail = Signal()
        marks = Signal(mark_layout(self._fields))
        m.d.comb += [
            last_chunk.eq(chunk == self._memory["chunks"] - 1),
            self.read.en.eq(take),
            self.read.bank.eq(self.request.bank),
            self.read.chunk.eq(chunk),
            self.done.eq(take & last_chunk),
            self.holding.eq(full),
            self.o.valid.eq(full),
            *mark(self.o.p, marks, end=tail),
        ]
        with m.If(take):
            m.d.sync += [tail.eq(last_chunk), marks.eq(self.request.mark)]
            m.d.sync += chunk.eq(Mux(last_chunk, 0, chunk + 1))
        for k in range(self._memory["simd"]):
            beyond = tail if k >= self._tail else 0
            m.d.comb += self.o.p.data[k].eq(Mux(beyond, 0, self.read.data[k]))
        return m
