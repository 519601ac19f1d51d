"""The dense head: logits of h, and the class."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from pascaline.hdl.delay import delayed
from pascaline.hdl.lanes import Lanes
from pascaline.hdl.parity import fault_member
from pascaline.hdl.reader import mark, mark_layout, reader_members
from pascaline.hdl.scaling import scaled
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.stages import elastic
from pascaline.hdl.store import load_through, loads, read_memory
from pascaline.spec.dense import Dense
from pascaline.spec.formats import Interval
from pascaline.spec.image import head_layout
from pascaline.spec.layout import Layout
from pascaline.spec.memories import dense_memories

__all__ = ["ArgMax", "DenseReader", "RowAffine", "head_members"]


def logits_signature(dense: Dense, fields: Layout):
    """A stream of logits; ``last_row``: it is the head's last; ``mark``: of the result."""
    payload = {"value": shape(dense.logit), "last_row": 1, "mark": mark_layout(fields)}
    return stream.Signature(data.StructLayout(payload))


def head_members(dense: Dense):
    """Members ``load`` and ``fault`` of what has a head in it."""
    return loads(dense.machine, dense_memories(dense)) | fault_member(dense.machine.parity)


class DenseReader(wiring.Component):
    """Computes the head on lanes of its own and gives logits or classes.

    A chunk of ``head_simd`` elements is read a cycle, as often as there are tiles of rows. The last
    chunk of a tile waits until the drain is empty.

    Parameters
    ----------
    dense : Dense
        The head.
    memory, fields
        As of `hdl.reader.reader_members`, which has the ports.
    """

    def __init__(self, dense: Dense, memory, fields: Layout):
        self._dense = dense
        self._fields = fields
        super().__init__(reader_members(memory, fields) | head_members(dense))

    def elaborate(self, platform):
        m = Module()
        dense = self._dense
        product = dense.product
        m.submodules.lanes = lanes = Lanes(
            product=product,
            arithmetic=dense.head.weights,
            element=dense.h.interval,
            sums=(dense.sum,),
            front=1,
        )
        m.submodules.rows = rows = RowAffine(dense, self._fields)
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
            read.eq(self.job_valid & ~(end & held)),
            self.done.eq(read & end & last_tile),
        ]
        with m.If(read):
            m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
            with m.If(end):
                m.d.sync += [held.eq(1), tile.eq(Mux(last_tile, 0, tile + 1))]
        self._operands(m, lanes, rows, read, end)

        # Draining, row by row.
        wait = dense.timing.issue + dense.timing.memory + product.registers
        drains_last = delayed(m, last_tile, wait, name="drains_last")
        marks = delayed(m, self.job.mark.as_value(), wait, name="mark")
        left = Signal(range(product.lanes))
        last_drain = Signal()
        with m.If(lanes.loaded):
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
        dense, product, simd = self._dense, self._dense.product, self._dense.machine.simd
        memory, issue = dense_memories(dense)["weights"], dense.timing.issue
        wait = issue + dense.timing.memory
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
            self.read.bank.eq(delayed(m, self.job.bank, issue, name="read_bank")),
            self.read.chunk.eq(delayed(m, word, issue, name="read_chunk")),
        ]

        use = delayed(m, read, wait, name="use")
        place = delayed(m, slot, wait, name="place", reset_less=True)
        at_end = delayed(m, end, wait, name="at_end", reset_less=True)
        width = dense.h.width * product.simd
        elements = Signal(data.ArrayLayout(shape(dense.h), product.simd))
        kept = dense.timing.memory - 1
        chunk_read = delayed(m, self.read.data.as_value(), kept, name="chunk", reset_less=True)
        m.d.comb += elements.eq(chunk_read.word_select(place, width))
        operands = Signal.like(elements)
        m.d.comb += lanes.x.eq(operands)
        for k in range(product.simd):
            # Only a weight without 0 needs its operand to be 0 where there is no column.
            absent = at_end if k >= product.tail and not dense.head.weights.has_zero else 0
            m.d.comb += operands[k].eq(Mux(use & ~absent, elements[k], 0))
        address = delayed(m, address, issue, name="address")
        latency = dense.timing.memory
        load = self.load.weights
        codes, wrong = read_memory(
            m, dense.machine, memory, address, latency=latency, name="weights", load=load
        )
        m.d.comb += [
            self.fault.eq((wrong & use) | rows.fault),
            lanes.codes.eq(codes),
            lanes.load.eq(delayed(m, read & end, wait, name="load")),
        ]

    def _deliver(self, m, rows):
        if self._dense.head.output == "class":
            m.submodules.argmax = argmax = ArgMax(self._dense, self._fields)
            connect(m, rows=rows.o, argmax=argmax.i)
            connect(m, argmax=argmax.o, o=flipped(self.o))
            return
        m.d.comb += [
            self.o.valid.eq(rows.o.valid),
            self.o.p.data.eq(rows.o.p.value),
            *mark(self.o.p, rows.o.p.mark, end=rows.o.p.last_row),
            rows.o.ready.eq(self.o.ready),
        ]


class RowAffine(wiring.Component):
    """Scale and bias of the head's rows: ``logit = scale * sum + bias``, or ``sum + bias``.

    Latency is two cycles, one more with scales and one more if pipelined; throughput one
    row a cycle.

    Parameters
    ----------
    dense : Dense
        The head.
    fields : Layout
        Payload of the results.

    Members
    -------
    sum, last_row, mark : In
        A row's sum; it is the head's last row; what is told about the result.
    i_valid, i_ready : In, Out
        Handshake of these.
    o : Out
        Logits.
    """

    def __init__(self, dense: Dense, fields: Layout):
        self._dense = dense
        self._mark = mark_layout(fields)
        self._memory = dense_memories(dense)["rows"]
        super().__init__(
            {
                "sum": In(shape(dense.sum)),
                "last_row": In(1),
                "mark": In(self._mark),
                "i_valid": In(1),
                "i_ready": Out(1),
                "o": Out(logits_signature(dense, fields)),
            }
            | loads(dense.machine, {"rows": self._memory})
            | fault_member(dense.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        dense = self._dense
        # The sum, while its row's parameters are read.
        stages = 1 + dense.timing.pipelined + dense.head.scaled + 1
        ready = [Signal(name=f"ready_{k}") for k in range(stages - 1)]
        full, take = elastic(m, self.i_valid, ready[0], name="sum")
        m.d.comb += self.i_ready.eq(~full | ready[0])
        number = Signal(range(self._memory.depth))
        load = self.load.rows
        word, wrong = read_memory(
            m, dense.machine, self._memory, number, latency=1, name="parameters", load=load, en=take
        )
        m.d.comb += self.fault.eq(wrong & delayed(m, take, 1, name="checks"))
        row = Signal(struct(head_layout(dense)))
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
            product = dense.head.scaled and k == stages - 2
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
        scale = self._dense.scale
        reach = scale.interval * self._dense.sum
        kept = Signal(shape(reach) if product else value.shape(), name=name, reset_less=True)
        row_kept = Signal.like(row, name=f"{name}_row", reset_less=True)
        about_kept = Signal.like(about, name=f"{name}_about", reset_less=True)
        with m.If(take):
            m.d.sync += kept.eq(scaled(value, row, "scale", scale) if product else value)
            m.d.sync += [row_kept.eq(row), about_kept.eq(about)]
        return kept, row_kept, about_kept


class ArgMax(wiring.Component):
    """Index of the largest of a vector of logits; of equal ones the first.

    Latency is one cycle after the last logit.

    Parameters
    ----------
    dense : Dense
        The head.
    fields : Layout
        Payload of the results.

    Members
    -------
    i : In
        Logits.
    o : Out
        Classes, as `spec.ports` has them.
    """

    def __init__(self, dense: Dense, fields: Layout):
        self._dense = dense
        o = stream.Signature(struct(fields))
        super().__init__({"i": In(logits_signature(dense, fields)), "o": Out(o)})

    def elaborate(self, platform):
        m = Module()
        full, take = elastic(m, self.i.valid & self.i.p.last_row, self.o.ready, name="class")
        m.d.comb += [self.i.ready.eq(~full | self.o.ready), self.o.valid.eq(full)]

        row = Signal.like(self.o.p.data)
        best_row = Signal.like(self.o.p.data)
        best = Signal(shape(self._dense.logit), reset_less=True)
        # The sign of a difference is one chain of carries; a comparison may be more.
        logit = self._dense.logit
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
