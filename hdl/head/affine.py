"""Scale and bias of the head's rows."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.elastic import elastic
from pascaline.hdl.head.ports import logits_signature
from pascaline.hdl.parity import fault_member
from pascaline.hdl.reader import mark_layout
from pascaline.hdl.scaling import scaled
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.store import loads, read_memory
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.image import head_layout
from pascaline.spec.layout import Layout
from pascaline.spec.memories import head_memories

__all__ = ["HeadAffine"]


class HeadAffine(wiring.Component):
    """Scale and bias of the head's rows: ``logit = scale * sum + bias``, or ``sum + bias``.

    Latency is two cycles, one more with scales and one more if pipelined; throughput one
    row a cycle.

    Parameters
    ----------
    head_unit : HeadUnit
        The head.
    fields : Layout
        Payload of the results.

    Members
    -------
    sum : In(shape(head_unit.sum))
        A row's sum.
    last_row : In(1)
        It is the last row of the head.
    mark : In(mark_layout(fields))
        What goes with the result.
    i_valid : In(1)
        There is a sum.
    i_ready : Out(1)
        It is taken.
    o : Out(logits_signature(head_unit, fields))
        Logits.
    load : In(load_layouts(machine, {"rows": ...}))
        Writes the memory of scales and biases.
    fault : Out(1)
        A word of that memory is not as it was written; only there with parity.
    """

    def __init__(self, head_unit: HeadUnit, fields: Layout):
        self._head_unit = head_unit
        self._mark = mark_layout(fields)
        self._memory = head_memories(head_unit)["rows"]
        super().__init__(
            {
                "sum": In(shape(head_unit.sum)),
                "last_row": In(1),
                "mark": In(self._mark),
                "i_valid": In(1),
                "i_ready": Out(1),
                "o": Out(logits_signature(head_unit, fields)),
            }
            | loads(head_unit.machine, {"rows": self._memory})
            | fault_member(head_unit.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        head_unit = self._head_unit
        # The sum, while its row's parameters are read.
        stages = 1 + head_unit.timing.pipelined + head_unit.head.scaled + 1
        ready = [Signal(name=f"ready_{k}") for k in range(stages - 1)]
        full, take = elastic(m, self.i_valid, ready[0], name="sum")
        m.d.comb += self.i_ready.eq(~full | ready[0])
        number = Signal(range(self._memory.depth))
        load = self.load.rows
        word, wrong = read_memory(
            m,
            head_unit.machine,
            self._memory,
            number,
            latency=1,
            name="parameters",
            load=load,
            en=take,
        )
        m.d.comb += self.fault.eq(wrong & delayed(m, take, 1, name="checks"))
        row = Signal(struct(head_layout(head_unit)))
        m.d.comb += row.eq(word)
        value = Signal.like(self.sum, reset_less=True)
        about = Signal(data.StructLayout({"last_row": 1, "mark": self._mark}))
        with m.If(take):
            m.d.sync += [value.eq(self.sum), about.last_row.eq(self.last_row)]
            m.d.sync += about.mark.eq(self.mark)
            m.d.sync += number.eq(Mux(self.last_row, 0, number + 1))

        for k in range(1, stages - 1):
            full, take = elastic(m, full, ready[k], name=f"stage_{k}")
            m.d.comb += ready[k - 1].eq(~full | ready[k])
            product = head_unit.head.scaled and k == stages - 2
            value, row, about = self._stage(m, take, value, row, about, product, f"stage_{k}")
        full, take = elastic(m, full, self.o.ready, name="logit")
        m.d.comb += [ready[-1].eq(~full | self.o.ready), self.o.valid.eq(full)]
        with m.If(take):
            m.d.sync += [
                self.o.p.value.eq(value + row.bias),
                self.o.p.last_row.eq(about.last_row),
                self.o.p.mark.eq(about.mark),
            ]
        return m

    def _stage(self, m, take, value, row, about, product, name):
        """Registers of a stage; if ``product``, with the scale between."""
        scale = self._head_unit.scale
        reach = scale.interval * self._head_unit.sum
        kept = Signal(shape(reach) if product else value.shape(), name=name, reset_less=True)
        row_kept = Signal.like(row, name=f"{name}_row", reset_less=True)
        about_kept = Signal.like(about, name=f"{name}_about", reset_less=True)
        with m.If(take):
            m.d.sync += kept.eq(scaled(value, row, "scale", scale) if product else value)
            m.d.sync += [row_kept.eq(row), about_kept.eq(about)]
        return kept, row_kept, about_kept
