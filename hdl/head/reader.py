"""The reader that computes the head."""

from amaranth.hdl import C, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import connect, flipped

from pascaline.hdl.delay import delayed
from pascaline.hdl.head.affine import HeadAffine
from pascaline.hdl.head.argmax import ArgMax
from pascaline.hdl.head.ports import head_members
from pascaline.hdl.lanes import Lanes
from pascaline.hdl.reader import mark, reader_members
from pascaline.hdl.shapes import shape
from pascaline.hdl.store import late_words, load_through, read_memory
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.lanes import drops_zeros
from pascaline.spec.layout import Layout
from pascaline.spec.memories import head_memories

__all__ = ["HeadReader"]


class HeadReader(wiring.Component):
    """Computes the head on lanes of its own and gives logits or classes.

    A chunk of ``head_simd`` elements is read a cycle, as often as there are tiles of rows. The last
    chunk of a tile waits until the drain is empty.

    Parameters
    ----------
    head_unit : HeadUnit
        The head.
    memory, fields
        As of `hdl.reader.reader_members`, which has the ports.
    """

    def __init__(self, head_unit: HeadUnit, memory, fields: Layout):
        self._head_unit = head_unit
        self._fields = fields
        super().__init__(reader_members(memory, fields) | head_members(head_unit))

    def elaborate(self, platform):
        m = Module()
        head_unit = self._head_unit
        product = head_unit.product
        m.submodules.lanes = lanes = Lanes(
            product=product,
            arithmetic=head_unit.head.weights,
            element=head_unit.h.interval,
            sums=(head_unit.sum,),
            front=1,
            zeros=head_unit.zeros,
            late=late_words(head_unit.machine, head_unit.timing.memory),
        )
        m.submodules.rows = rows = HeadAffine(head_unit, self._fields)
        m.d.comb += load_through(self.load, rows)

        # Reading: tile by tile, chunk by chunk.
        tile = Signal(range(product.tiles))
        chunk = Signal(range(product.chunks))
        end = Signal()
        last_tile = Signal()
        held = Signal()
        read = Signal()
        m.d.comb += [
            end.eq(chunk == product.chunks - 1),
            last_tile.eq(tile == product.tiles - 1),
            read.eq(self.request_valid & ~(end & held)),
            self.done.eq(read & end & last_tile),
        ]
        with m.If(read):
            m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
            with m.If(end):
                m.d.sync += [held.eq(1), tile.eq(Mux(last_tile, 0, tile + 1))]
        self._operands(m, lanes, rows, read, end)

        # Draining, row by row.
        wait = head_unit.timing.issue + head_unit.timing.memory + product.registers
        drains_last = delayed(m, last_tile, wait, name="drains_last")
        marks = delayed(m, self.request.mark.as_value(), wait, name="mark")
        left = Signal(range(product.lanes))
        last_drain = Signal()
        with m.If(lanes.arrives):
            m.d.sync += [
                rows.i_valid.eq(1),
                left.eq(Mux(drains_last, product.last_rows - 1, product.lanes - 1)),
                last_drain.eq(drains_last),
                rows.mark.eq(marks),
            ]
        with m.Elif(rows.i_valid & rows.i_ready):
            m.d.sync += left.eq(left - 1)
            with m.If(left == 0):
                m.d.sync += [rows.i_valid.eq(0), held.eq(0), left.eq(0)]
        m.d.comb += [
            lanes.shift.eq(rows.i_valid & rows.i_ready),
            rows.sum.eq(lanes.sums[0].s0),
            rows.last_row.eq(last_drain & (left == 0)),
        ]
        self._deliver(m, rows)
        return m

    def _operands(self, m, lanes, rows, read, end):
        """Read elements and weights."""
        head_unit, product, simd = (
            self._head_unit,
            self._head_unit.product,
            self._head_unit.machine.simd,
        )
        memory, issue = head_memories(head_unit)["weights"], head_unit.timing.issue
        wait = issue + head_unit.timing.memory
        slots = simd // product.simd
        address = Signal(range(memory.depth))
        word = Signal.like(self.read.chunk)
        slot = Signal(range(slots))
        with m.If(read):
            m.d.sync += address.eq(Mux(address == memory.depth - 1, 0, address + 1))
            m.d.sync += slot.eq(slot + 1)
            with m.If(slot == slots - 1):
                m.d.sync += [slot.eq(0), word.eq(word + 1)]
            with m.If(end):
                m.d.sync += [slot.eq(0), word.eq(0)]
        m.d.comb += [
            self.read.en.eq(delayed(m, read, issue, name="read_en")),
            self.read.bank.eq(delayed(m, self.request.bank, issue, name="read_bank")),
            self.read.chunk.eq(delayed(m, word, issue, name="read_chunk")),
        ]

        use = delayed(m, read, wait, name="use")
        place = delayed(m, slot, wait, name="place", reset_less=True)
        at_end = delayed(m, end, wait, name="at_end", reset_less=True)
        width = head_unit.h.width * product.simd
        elements = Signal(data.ArrayLayout(shape(head_unit.h), product.simd))
        kept = head_unit.timing.memory - 1
        chunk_read = delayed(m, self.read.data.as_value(), kept, name="chunk", reset_less=True)
        m.d.comb += elements.eq(chunk_read.word_select(place, width))
        operands = Signal.like(elements)
        m.d.comb += lanes.x.eq(operands)
        if "use" in lanes.signature.members:
            m.d.comb += lanes.use.eq(use)
        for k in range(product.simd):
            # Where weights do not drop it, the operand must be 0 where there is no column.
            filled = drops_zeros(product.lane, head_unit.head.weights) and head_unit.zeros is None
            absent = at_end if k >= product.tail and not filled else 0
            if head_unit.head.rectified and head_unit.h.signed:
                absent = absent | elements[k][-1]
            m.d.comb += operands[k].eq(Mux(use & ~absent, elements[k], 0))
        address = delayed(m, address, issue, name="address")
        latency = head_unit.timing.memory
        load = self.load.weights
        codes, wrong = read_memory(
            m, head_unit.machine, memory, address, latency=latency, name="weights", load=load
        )
        faults = (wrong & use) | rows.fault
        if head_unit.zeros is not None:
            faults |= self._zero(m, lanes, use)
        m.d.comb += [
            self.fault.eq(faults),
            lanes.codes.eq(codes),
            lanes.ends_tile.eq(delayed(m, read & end, wait, name="ends_tile")),
        ]

    def _zero(self, m, lanes, use):
        """The zero point, which is always the same; whether it is not as it was written."""
        zeros = self._head_unit.zeros
        if not zeros.loaded:
            m.d.comb += lanes.zero.eq(zeros.rows[0][0])
            return 0
        memory, machine = head_memories(self._head_unit)["zeros"], self._head_unit.machine
        load = self.load.zeros
        word, wrong = read_memory(m, machine, memory, C(0, 0), latency=1, name="zeros", load=load)
        m.d.comb += lanes.zero.eq(word.as_signed())
        return wrong & use

    def _deliver(self, m, rows):
        if self._head_unit.head.output == "class":
            m.submodules.argmax = argmax = ArgMax(self._head_unit, self._fields)
            connect(m, rows=rows.o, argmax=argmax.i)
            connect(m, argmax=argmax.o, o=flipped(self.o))
            return
        m.d.comb += [
            self.o.valid.eq(rows.o.valid),
            self.o.p.data.eq(rows.o.p.value),
            *mark(self.o.p, rows.o.p.mark, end=rows.o.p.last_row),
            rows.o.ready.eq(self.o.ready),
        ]
