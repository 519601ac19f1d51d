"""A core: the lanes, and one layer on them or several."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from pascaline.hdl.cells.bitserial import BitSerialGroups
from pascaline.hdl.cells.finishing import Finishing
from pascaline.hdl.cells.groups import Groups
from pascaline.hdl.cells.serial import SerialGroups
from pascaline.hdl.delay import delayed
from pascaline.hdl.inputs import Inputs
from pascaline.hdl.lanes import Lanes
from pascaline.hdl.norm.norm import LayerNorm
from pascaline.hdl.outputs import CoreOutputs
from pascaline.hdl.parity import fault_member
from pascaline.hdl.sequencer import Sequencer
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.state import StatePort
from pascaline.hdl.store import late_words, load_through, loads, read_memory
from pascaline.hdl.vector import GroupPointer, VectorMemory
from pascaline.hdl.walsh.transform import Transform
from pascaline.hdl.weights import Weights
from pascaline.hdl.wired.graphs import core_graph
from pascaline.hdl.wired.product import WiredProduct
from pascaline.hdl.zeros import ZeroChoice
from pascaline.spec.core import Core
from pascaline.spec.lanes import drops_zeros
from pascaline.spec.memories import core_memories
from pascaline.spec.payloads import core_ports

__all__ = ["LayerCore", "cell_units"]

CELL_MEMORIES = ("rows", "units", "initial_c")
"""Memories of the model that the element-wise part reads."""


def cell_units(core: Core):
    """The element-wise part of a core; up to c, where c is standardised."""
    memories = core_memories(core)
    names = [name for name in CELL_MEMORIES if name != "units" or core.state_norm is None]
    kinds = {"parallel": Groups, "serial": SerialGroups, "bitserial": BitSerialGroups}
    return kinds[core.machine.cell_unit](
        unit=core.unit,
        drain=core.fed,
        program=core.program,
        memories={name: memories[name] for name in names if name in memories},
        machine=core.machine,
    )


def finishing(core: Core):
    """What is then behind it."""
    return Finishing(
        unit=core.unit,
        program=core.state_program,
        memories={"units": core_memories(core)["units"]},
        machine=core.machine,
    )


class LayerCore(wiring.Component):
    """Layers on a machine: streams in, streams out.

    Cycle counts are those of `spec.clock`.

    Parameters
    ----------
    core : Core
        The core.

    Members
    -------
    i_x : In(stream.Signature)
        Input vectors; this and the other streams are those of `spec.ports.core_ports`.
    o : Out(stream.Signature)
        Results.
    i_state : In(stream.Signature)
        States to start from; only there if the core is stateful.
    o_state : Out(stream.Signature)
        Final states; only there if the core is stateful.
    load : In(load_layouts(machine, core_memories(core)))
        What writes the memories of the model.
    fault : Out(machine.parity)
        What was read from a memory was not what had been written.
    """

    def __init__(self, core: Core):
        self._core = core
        flows = {"in": In, "out": Out}
        super().__init__(
            {
                name: flows[port.direction](stream.Signature(struct(port.layout)))
                for name, port in core_ports(core).items()
            }
            | loads(core.machine, core_memories(core))
            | fault_member(core.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        core = self._core
        self._behind = []
        m.submodules.inputs = inputs = Inputs(core)
        m.submodules.sequencer = sequencer = Sequencer(core.program)
        m.submodules.lanes = lanes = self._product()
        m.submodules.cells = cells = cell_units(core)
        m.submodules.hidden = hidden = VectorMemory(
            shape(core.layer.h),
            chunks=core.h_product.chunks,
            simd=core.machine.simd,
            units=core.cell_units,
            reads=2,
            banks=core.program.hidden_banks,
            groups=core.drain.groups,
            parity=core.machine.parity,
        )
        m.submodules.outputs = outputs = CoreOutputs(core)
        transform = None
        if core.walsh is not None:
            m.submodules.transform = transform = Transform(core.program, parity=core.machine.parity)
            connect(m, cells=cells.transform, transform=transform.sums)
            m.d.comb += [
                sequencer.met.eq(transform.met),
                sequencer.met_stream.eq(transform.met_stream),
            ]

        finished = cells
        if core.state_norm is not None:
            m.submodules.finishing = finished = finishing(core)
            m.d.comb += load_through(self.load, finished)
        m.d.comb += load_through(self.load, cells)
        if core.head_unit is not None:
            m.d.comb += load_through(self.load.head, outputs)
        connect(m, inputs=inputs.i, top=flipped(self.i_x))
        connect(m, outputs=outputs.o, top=flipped(self.o))
        m.d.comb += [
            sequencer.full.eq(inputs.full),
            sequencer.flags.eq(inputs.flags),
            inputs.free.eq(sequencer.free),
            inputs.read.en.eq(1),
            inputs.read.chunk.eq(sequencer.chunk),
            hidden.read_0.en.eq(1),
            hidden.read_0.bank.eq(sequencer.bank),
            hidden.read_0.chunk.eq(sequencer.chunk),
        ]
        if core.program.beside:
            m.d.comb += inputs.used.eq(sequencer.used)
        if core.symbols:
            m.d.comb += sequencer.picked.eq(inputs.picked)
        feed = self._feed_wires if core.wired else self._feed
        weights = feed(m, sequencer, inputs.read.data, hidden.read_0.data, lanes)
        if core.norm is None:
            self._take(m, sequencer, lanes, cells)
        else:
            self._standardise(m, sequencer, lanes, cells)
        if core.state_norm is not None:
            self._finish(m, sequencer, cells, finished)
        self._write(m, finished, hidden, outputs, transform)
        self._read_out(m, sequencer, hidden, outputs)
        if core.stateful:
            self._keep(m, sequencer, cells, hidden, transform)
        if transform is not None:
            self._behind.append(transform.fault)
        self._check(m, sequencer, inputs, weights, cells, hidden, outputs)
        return m

    def _product(self):
        """What makes the sums of gate rows."""
        core = self._core
        if not core.wired:
            return Lanes(
                product=core.x_product,
                arithmetic=core.arithmetic,
                element=core.element,
                sums=core.lane_sums,
                front=core.drain.front,
                zeros=core.zeros,
                late=late_words(core.machine, core.pipeline.weights),
                chained=core.drain.chained,
            )
        return WiredProduct(
            graph=core_graph(core),
            vectors={
                source.name: (core.wires.elements[source.name], source.product)
                for source in core.passes[0].sources
            },
            sums=core.lane_sums,
            front=core.drain.front,
        )

    def _feed_wires(self, m, sequencer, x, h, lanes):
        """Operands and strobes of the chunks that were read side by side."""
        core = self._core
        wait = core.pipeline.weights
        if core.reads_h:
            h = delayed(m, h, wait - 1, name="h", reset_less=True)
            if core.layer.initial:
                h = self._start(m, sequencer, h)
            else:
                zero = delayed(m, sequencer.zero, wait, name="zero", reset_less=True)
                h = Mux(zero, 0, Value.cast(h))
            m.d.comb += Value.cast(lanes.h).eq(h)
        token = sequencer.token
        turn = Cat(token.stream, token.index) if core.directions > 1 else token.index
        read = sequencer.read
        m.d.comb += [
            lanes.x.eq(delayed(m, x, wait - 1, name="x", reset_less=True)),
            lanes.read.eq(delayed(m, read, wait, name="read")),
            lanes.chunk.eq(delayed(m, sequencer.chunk, wait, name="chunk", reset_less=True)),
            lanes.turn.eq(delayed(m, turn, wait, name="turn", reset_less=True)),
            lanes.ends_tile.eq(delayed(m, read & sequencer.ends_tile, wait, name="ends_tile")),
        ]

    def _feed(self, m, sequencer, x, h, lanes):
        """Operands, weights and strobes of the chunk that was read."""
        core = self._core
        product = core.x_product
        m.submodules.weights = weights = Weights(core)
        m.d.comb += load_through(self.load, weights)
        wait = core.pipeline.weights
        x, h = (
            delayed(m, word, wait - 1, name=name, reset_less=True)
            for name, word in (("x", x), ("h", h))
        )
        m.d.comb += [weights.addr.eq(sequencer.weight), lanes.codes.eq(weights.codes)]

        from_h = delayed(m, sequencer.from_h, wait, name="from_h", reset_less=True)
        if core.layer.initial:
            h = self._start(m, sequencer, h)
            use = delayed(m, sequencer.read, wait, name="use")
        else:
            use = delayed(m, sequencer.read & ~sequencer.zero, wait, name="use")
        ends = delayed(
            m, sequencer.ends_source.any() | sequencer.ends_tile, wait, name="ends", reset_less=True
        )
        operands = Signal(data.ArrayLayout(shape(core.element), product.simd))
        m.d.comb += lanes.x.eq(operands)
        if "use" in lanes.signature.members:
            m.d.comb += lanes.use.eq(use)
        for k in range(product.simd):
            used = use
            if not drops_zeros(product.lane, core.arithmetic) or core.zeros is not None:
                # Where weights do not drop it, the operand must be 0 where there is no column.
                x_absent = ends & ~from_h if k >= core.x_product.tail and not core.symbols else 0
                h_absent = ends & from_h if k >= core.h_product.tail else 0
                used = use & ~(x_absent | h_absent)
            m.d.comb += operands[k].eq(Mux(used, Mux(from_h, h[k], x[k]), 0))
        read = sequencer.read
        ends_source = read.replicate(len(sequencer.ends_source)) & sequencer.ends_source
        m.d.comb += [
            lanes.ends_source.eq(delayed(m, ends_source, wait, name="ends_source")),
            lanes.ends_tile.eq(delayed(m, read & sequencer.ends_tile, wait, name="ends_tile")),
        ]
        if core.zeros is not None:
            self._choose_zero(m, sequencer, lanes)
        return weights

    def _choose_zero(self, m, sequencer, lanes):
        """The zero point of the weights of the chunk that was read."""
        m.submodules.zeros = zeros = ZeroChoice(self._core)
        m.d.comb += [
            *load_through(self.load, zeros),
            zeros.read.eq(sequencer.read),
            zeros.ends_source.eq(sequencer.ends_source.any()),
            zeros.ends_tile.eq(sequencer.ends_tile),
            zeros.index.eq(sequencer.token.index),
            zeros.direction.eq(sequencer.token.stream),
            lanes.zero.eq(zeros.zero),
        ]
        self._behind.append(zeros.fault)

    def _start(self, m, sequencer, h):
        """An h, or what stands for it in the first step of a sequence."""
        core, latency = self._core, self._core.pipeline.weights
        memory, bits = core_memories(core)["initial_h"], core.program.vector_bits
        # Of a bank, all but its low bit; where streams are no directions, they are all alike.
        which = sequencer.bank[1 : 1 + bits + (core.directions > 1)]
        word, wrong = read_memory(
            m,
            core.machine,
            memory,
            Cat(which, sequencer.chunk),
            latency=1,
            name="start",
            load=self.load["initial_h"],
        )
        there = sequencer.read & sequencer.zero
        if core.wired:
            there = there & (sequencer.chunk < core.h_product.chunks)
        counts = delayed(m, there, 1, name="checks_initial")
        self._behind.append(wrong & counts)
        word = delayed(m, word, latency - 1, name="initial_h", reset_less=True)
        first = delayed(m, sequencer.zero, latency, name="first", reset_less=True)
        chosen = Signal.like(h, name="h_chosen")
        m.d.comb += Value.cast(chosen).eq(Mux(first, word, Value.cast(h)))
        return chosen

    def _check(self, m, sequencer, inputs, weights, cells, hidden, outputs):
        """Raise ``fault``, which stops the results, after a word with wrong parity.

        A word that leaves the machine in the cycle after it is read must be stopped in that cycle.
        All others go through computations first, so for these there is time for a register.
        """
        core, read = self._core, sequencer.read
        reads_x, reads_h = read & ~sequencer.from_h, read & sequencer.from_h
        if core.wired:
            reads_x = read & (sequencer.chunk < core.x_product.chunks)
            reads_h = reads_h & (sequencer.chunk < core.h_product.chunks)
        x = delayed(m, reads_x, 1, name="checks_x")
        h = delayed(m, reads_h & ~sequencer.zero, 1, name="checks_h")
        behind = [*self._behind, inputs.read.wrong & x, hidden.read_0.wrong & h]
        if weights is not None:
            used = read if core.layer.initial else read & ~sequencer.zero
            codes = delayed(m, used, core.pipeline.weights, name="checks_weights")
            behind.append(weights.wrong & codes)
        behind.append(cells.fault)
        if core.head_unit is not None:
            behind.append(outputs.fault)
        at_once = [hidden.read_1.wrong]
        if core.stateful and core.layer.carried is not None:
            at_once.append(cells.state.wrong)
        found = Signal(len(behind))
        fault = Signal()
        m.d.sync += [found.eq(Cat(behind)), fault.eq(self.fault)]
        m.d.comb += self.fault.eq(fault | found.any() | Cat(at_once).any())

    def _flags(self, m, sequencer):
        """What comes along with the sums: whether it is the last tile, and flags of the step."""
        wait = self._core.pipeline.weights + self._core.x_product.registers
        last_tile = delayed(m, sequencer.last_tile, wait, name="last_tile", reset_less=True)
        token = delayed(m, sequencer.token.as_value(), wait, name="token", reset_less=True)
        return last_tile, token

    def _take(self, m, sequencer, lanes, cells):
        """From the lanes to the cell units."""
        last_tile, token = self._flags(m, sequencer)
        m.d.comb += [
            cells.arrives.eq(lanes.arrives),
            cells.last_tile.eq(last_tile),
            cells.token.eq(token),
            cells.sums.eq(lanes.sums),
            lanes.shift.eq(cells.shift),
        ]

    def _standardise(self, m, sequencer, lanes, cells):
        """From the lanes to layer norm, and from there to the cell units: a pass is one tile."""
        core = self._core
        last_tile, token = self._flags(m, sequencer)
        m.submodules.norm = norm = LayerNorm(core.sums_program, parity=core.machine.parity)
        m.d.comb += [
            norm.i_arrives.eq(lanes.arrives),
            norm.i_last_tile.eq(last_tile),
            norm.i_token.eq(token),
            norm.i_sums.eq(lanes.sums),
            lanes.shift.eq(norm.shift),
            cells.arrives.eq(norm.arrives),
            cells.last_tile.eq(1),
            cells.token.eq(norm.token),
            cells.sums.eq(norm.sums),
            sequencer.freed.eq(norm.freed),
        ]
        if core.state_norm is None:
            m.d.comb += [sequencer.met.eq(norm.met), sequencer.met_token.eq(norm.met_token)]
        self._behind.append(norm.fault)

    def _finish(self, m, sequencer, cells, finished):
        """From the cell units, by way of layer norm of c, to h."""
        m.d.comb += [
            finished.arrives.eq(cells.arrives),
            finished.last_tile.eq(cells.last_tile),
            finished.token.eq(cells.token),
            finished.made.eq(cells.made),
            sequencer.met.eq(finished.met),
            sequencer.met_token.eq(finished.met_token),
        ]
        if self._core.norm is None:
            m.d.comb += sequencer.freed.eq(finished.freed)
        self._behind.append(finished.fault)

    def _write(self, m, finished, hidden, outputs, transform):
        """New h goes to memory, group by group; the last one of the last pass completes a step."""
        core = self._core
        program = core.program
        slots = core.machine.simd // core.cell_units
        m.submodules.pointer = pointer = GroupPointer(core.drain.groups, slots)
        # Which of its two sides a stream's next step fills.
        sides = Signal(1 << program.stream_bits)
        token = finished.write_token
        side = sides.bit_select(token.stream, 1)
        vector = Signal(program.vector_bits)
        for number, one in enumerate(program.passes):
            with m.If(token.index == number):
                m.d.comb += vector.eq(one.to)
        done = Signal()
        m.d.comb += [
            done.eq(finished.write & pointer.last & (token.index == len(program.passes) - 1)),
            pointer.advance.eq(finished.write),
            hidden.write.en.eq(finished.write),
            hidden.write.bank.eq(Cat(side, vector, token.stream)),
            hidden.write.chunk.eq(pointer.chunk),
            hidden.write.slot.eq(pointer.slot),
            hidden.write.data.eq(finished.h.as_value()),
            outputs.request.bank.eq(Cat(side, vector, token.stream)),
            outputs.request.mark.last.eq(token.last),
            outputs.request.mark.stream.eq(token.stream),
            outputs.request.mark.state.eq(token.state),
            outputs.request.mark.dump.eq(token.dump),
            outputs.request_valid.eq(done & token.result),
        ]
        if transform is not None:
            m.d.comb += [
                transform.write.eq(finished.write),
                transform.write_group.eq(pointer.group),
                transform.write_stream.eq(token.stream),
                transform.write_data.eq(finished.h.as_value()),
                transform.wanted.eq(done),
            ]
        with m.If(done):
            m.d.sync += sides.eq(sides ^ (1 << token.stream))

    def _read_out(self, m, sequencer, hidden, outputs):
        """The second read port of h serves the results."""
        m.d.comb += [
            sequencer.released.eq(outputs.done),
            sequencer.released_bank.eq(outputs.done_bank),
            sequencer.holding.eq(outputs.holding),
            hidden.read_1.en.eq(outputs.read.en),
            hidden.read_1.bank.eq(outputs.read.bank),
            hidden.read_1.chunk.eq(outputs.read.chunk),
            outputs.read.data.eq(hidden.read_1.data),
        ]

    def _keep(self, m, sequencer, cells, hidden, transform):
        """The state port takes the memories over when all is quiet."""
        m.submodules.state = state = StatePort(self._core)
        connect(m, state=state.i, top=flipped(self.i_state))
        connect(m, state=state.o, top=flipped(self.o_state))
        # A restored state is what the next step reads.
        bank = Cat(sequencer.side, state.layer, sequencer.stream)
        m.d.comb += [
            state.stream.eq(sequencer.stream),
            state.restore.eq(sequencer.restore),
            sequencer.restored.eq(state.restored),
            state.dump.eq(sequencer.dump),
            sequencer.dumped.eq(state.dumped),
            state.read.data.eq(hidden.read_1.data),
        ]
        with m.If(state.write):
            m.d.comb += [
                hidden.write.en.eq(1),
                hidden.write.bank.eq(bank),
                hidden.write.chunk.eq(state.chunk),
                hidden.write.slot.eq(state.slot),
                hidden.write.data.eq(state.h_data.as_value()),
            ]
            if transform is not None:
                m.d.comb += [
                    transform.write.eq(1),
                    transform.write_group.eq(state.group),
                    transform.write_stream.eq(sequencer.stream),
                    transform.write_data.eq(state.h_data.as_value()),
                    transform.wanted.eq(state.restored),
                ]
        with m.If(state.dumping):
            m.d.comb += [
                hidden.read_1.en.eq(state.read.en),
                hidden.read_1.bank.eq(bank),
                hidden.read_1.chunk.eq(state.read.chunk),
            ]
        if self._core.layer.carried is not None:
            m.d.comb += [
                cells.state.select.eq(state.restoring | state.dumping),
                cells.state.addr.eq(state.group),
                cells.state.stream.eq(sequencer.stream),
                cells.state.write_en.eq(state.write),
                cells.state.write_data.eq(state.c_data),
                state.c_read.eq(cells.state.data),
            ]
            m.d.comb += cells.state.dumps.eq(state.dumping)
