"""The output side: a queue of vectors to be read, and their reader."""

from amaranth.hdl import Module
from amaranth.lib import fifo, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from pascaline.hdl.head.ports import head_members
from pascaline.hdl.head.reader import HeadReader
from pascaline.hdl.reader import VectorReader, reader_members, request_layout
from pascaline.hdl.shapes import shape
from pascaline.hdl.store import load_through
from pascaline.spec.core import Core
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.layout import Layout
from pascaline.spec.payloads import core_ports

__all__ = ["CoreOutputs", "Outputs"]


class Outputs(wiring.Component):
    """Gives the results that are made of vectors, in order.

    At most as many requests wait or are worked on as there are banks; who gives them sees to that.

    Parameters
    ----------
    memory, fields
        As of `hdl.reader.reader_members`.
    head_unit : HeadUnit or None
        The head, if there is one.
    tail : int
        Elements of a vector's last chunk.

    Members
    -------
    request : In(request_layout(fields, banks))
        A vector whose result is wanted, with ``banks = memory["banks"]``.
    request_valid : In(1)
        There is such a vector; it is complete in the next cycle.
    done : Out(1)
        The last chunk of a vector is read.
    done_bank : Out(range(banks))
        With ``done``: the vector's bank.
    holding : Out(1)
        The last word that was read must stay where it is.
    read : Out(read_signature(**memory))
        Reads chunks of vectors.
    o : Out(stream.Signature(struct(fields)))
        Results.
    load : In(load_layouts(machine, head_memories(head_unit)))
        Writes the memories of the head; only there with a head.
    fault : Out(1)
        A word of the head's memories is not as it was written; only there with a head and parity.
    """

    def __init__(self, memory, fields: Layout, *, head_unit: HeadUnit | None, tail):
        self._memory = memory
        self._fields = fields
        self._head_unit = head_unit
        self._tail = tail
        super().__init__(
            {
                **reader_members(memory, fields),
                **({} if head_unit is None else head_members(head_unit)),
                "request": In(request_layout(fields, memory["banks"])),
                "request_valid": In(1),
                "done_bank": Out(range(memory["banks"])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = fifo.SyncFIFO(
            width=request_layout(self._fields, self._memory["banks"]).size,
            depth=self._memory["banks"],
        )
        if self._head_unit is None:
            reader = VectorReader(self._memory, self._fields, self._tail)
        else:
            reader = HeadReader(self._head_unit, self._memory, self._fields)
            m.d.comb += [*load_through(self.load, reader), self.fault.eq(reader.fault)]
        m.submodules.reader = reader
        m.d.comb += [
            queue.w_data.eq(self.request),
            queue.w_en.eq(self.request_valid),
            reader.request.as_value().eq(queue.r_data),
            reader.request_valid.eq(queue.r_rdy),
            queue.r_en.eq(reader.done),
            self.done.eq(reader.done),
            self.done_bank.eq(reader.request.bank),
            self.holding.eq(reader.holding),
        ]
        connect(m, reader=reader.read, memory=flipped(self.read))
        connect(m, reader=reader.o, o=flipped(self.o))
        return m


class CoreOutputs(Outputs):
    """Those of a core, from its memory of h."""

    def __init__(self, core: Core):
        memory = {
            "element": shape(core.layer.h),
            "chunks": core.h_product.chunks,
            "simd": core.machine.simd,
            "banks": core.program.hidden_banks,
        }
        fields = core_ports(core)["o"].layout
        super().__init__(memory, fields, head_unit=core.head_unit, tail=core.h_product.tail)
