"""The whole machine."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hdl.cells import Cells
from hdl.inputs import Inputs
from hdl.lanes import Lanes
from hdl.outputs import Outputs
from hdl.sequencer import Sequencer
from hdl.serial import SerialCells
from hdl.shapes import delayed, shape, struct
from hdl.state import StatePort
from hdl.vector import GroupPointer, VectorMemory
from hdl.weights import Weights
from spec.design import Design
from spec.ports import ports

__all__ = ["Accelerator"]


class Accelerator(wiring.Component):
    """A model on a machine: streams in, streams out.

    Cycle counts are those of `spec.cycles`.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    i_x, o, i_state, o_state : In, Out
        See `spec.ports`.
    """

    def __init__(self, design: Design):
        self._design = design
        flows = {"in": In, "out": Out}
        super().__init__(
            {
                name: flows[port.direction](stream.Signature(struct(port.layout)))
                for name, port in ports(design).items()
            }
        )

    def elaborate(self, platform):
        m = Module()
        design = self._design
        m.submodules.inputs = inputs = Inputs(design)
        m.submodules.sequencer = sequencer = Sequencer(design)
        m.submodules.lanes = lanes = Lanes(
            product=design.x_product,
            arithmetic=design.layer.weights,
            element=design.element,
            sums=design.row_sums,
            front=design.front,
        )
        m.submodules.cells = cells = (SerialCells if design.serial else Cells)(design)
        m.submodules.hidden = hidden = VectorMemory(
            shape(design.layer.h),
            chunks=design.h_product.chunks,
            simd=design.machine.simd,
            units=design.cell_units,
            reads=2,
            banks=design.hidden_banks,
        )
        m.submodules.outputs = outputs = Outputs(design)
        m.submodules.state = state = StatePort(design)

        connect(m, inputs=inputs.i, top=flipped(self.i_x))
        connect(m, outputs=outputs.o, top=flipped(self.o))
        connect(m, state=state.i, top=flipped(self.i_state))
        connect(m, state=state.o, top=flipped(self.o_state))
        m.d.comb += [
            sequencer.full.eq(inputs.full),
            sequencer.flags.eq(inputs.flags),
            inputs.free.eq(sequencer.free),
            inputs.read.en.eq(1),
            inputs.read.chunk.eq(sequencer.x_chunk),
            hidden.read_0.en.eq(1),
            hidden.read_0.bank.eq(sequencer.read_bank),
            hidden.read_0.chunk.eq(sequencer.h_chunk),
        ]
        self._feed(m, sequencer, inputs.read.data, hidden.read_0.data, lanes)
        self._take(m, sequencer, lanes, cells)
        self._write(m, sequencer, cells, state, hidden, outputs)
        self._read_out(m, sequencer, cells, state, hidden, outputs)
        return m

    def _feed(self, m, sequencer, x, h, lanes):
        """Operands, weights and strobes of the chunk that was read."""
        design = self._design
        arithmetic, product = design.layer.weights, design.x_product
        m.submodules.weights = weights = Weights(design)
        wait = design.pipeline.weights
        x, h = (
            delayed(m, word, wait - 1, name=name, reset_less=True)
            for name, word in (("x", x), ("h", h))
        )
        m.d.comb += [weights.addr.eq(sequencer.weight), lanes.codes.eq(weights.codes)]

        is_h = delayed(m, sequencer.is_h, wait, name="is_h", reset_less=True)
        zero = sequencer.is_h & sequencer.token.fresh
        use = delayed(m, sequencer.read & ~zero, wait, name="use")
        ends = delayed(m, sequencer.split | sequencer.load, wait, name="ends", reset_less=True)
        operands = Signal(data.ArrayLayout(shape(design.element), product.simd))
        m.d.comb += lanes.x.eq(operands)
        for k in range(product.simd):
            used = use
            if not arithmetic.has_zero:
                # Where a weight cannot be 0, the operand must be where there is no column.
                x_absent = ends & ~is_h if k >= design.x_product.tail else 0
                h_absent = ends & is_h if k >= design.h_product.tail else 0
                used = use & ~(x_absent | h_absent)
            m.d.comb += operands[k].eq(Mux(used, Mux(is_h, h[k], x[k]), 0))
        read = sequencer.read
        m.d.comb += [
            lanes.split.eq(delayed(m, read & sequencer.split, wait, name="split")),
            lanes.load.eq(delayed(m, read & sequencer.load, wait, name="load")),
        ]

    def _take(self, m, sequencer, lanes, cells):
        """From the lanes to the cell units; the step's flags come along with the sums."""
        wait = self._design.pipeline.weights + self._design.x_product.registers
        last_tile = delayed(m, sequencer.last_tile, wait, name="last_tile", reset_less=True)
        token = delayed(m, sequencer.token.as_value(), wait, name="token", reset_less=True)
        m.d.comb += [
            cells.loaded.eq(lanes.loaded),
            cells.last_tile.eq(last_tile),
            cells.token.eq(token),
            cells.sums.eq(lanes.sums),
            lanes.shift.eq(cells.shift),
        ]

    def _write(self, m, sequencer, cells, state, hidden, outputs):
        """New h goes to memory, group by group; the last one completes a step."""
        design = self._design
        slots = design.machine.simd // design.cell_units
        m.submodules.pointer = pointer = GroupPointer(design.groups, slots)
        # Which of its two banks a stream's next step fills.
        banks = Signal(1 << design.stream_bits)
        stream = cells.write_token.stream
        bank = Cat(banks.bit_select(stream, 1), stream)
        loading = state.write
        m.d.comb += [
            pointer.advance.eq(cells.write),
            hidden.write.en.eq(cells.write | loading),
            # A loaded state is what the next step reads.
            hidden.write.bank.eq(Mux(loading, sequencer.read_bank, bank)),
            hidden.write.chunk.eq(Mux(loading, state.chunk, pointer.chunk)),
            hidden.write.slot.eq(Mux(loading, state.slot, pointer.slot)),
            hidden.write.data.eq(Mux(loading, state.h_data.as_value(), cells.h.as_value())),
            outputs.job.bank.eq(bank),
            outputs.job.mark.last.eq(cells.write_token.last),
            outputs.job.mark.stream.eq(stream),
            outputs.job_valid.eq(cells.write & pointer.last & cells.write_token.result),
        ]
        with m.If(cells.write & pointer.last):
            m.d.sync += banks.eq(banks ^ (1 << stream))

    def _read_out(self, m, sequencer, cells, state, hidden, outputs):
        """The second read port of h serves the results, and the state port when all is quiet."""
        dump = state.dumping
        m.d.comb += [
            sequencer.released.eq(outputs.done),
            sequencer.released_bank.eq(outputs.done_bank),
            sequencer.holding.eq(outputs.holding),
            hidden.read_1.en.eq(Mux(dump, state.read.en, outputs.read.en)),
            hidden.read_1.bank.eq(Mux(dump, sequencer.read_bank, outputs.read.bank)),
            hidden.read_1.chunk.eq(Mux(dump, state.read.chunk, outputs.read.chunk)),
            outputs.read.data.eq(hidden.read_1.data),
            state.read.data.eq(hidden.read_1.data),
            state.stream.eq(sequencer.stream),
            state.load.eq(sequencer.load_state),
            sequencer.state_loaded.eq(state.loaded),
            state.dump.eq(sequencer.dump_state),
            sequencer.state_dumped.eq(state.dumped),
            cells.state.select.eq(state.loading | dump),
            cells.state.addr.eq(state.group),
            cells.state.stream.eq(sequencer.stream),
            cells.state.write_en.eq(state.write),
            cells.state.write_data.eq(state.c_data),
            state.c_read.eq(cells.state.data),
        ]
