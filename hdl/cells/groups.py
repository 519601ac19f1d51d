# amaranth: UnusedElaboratable=no
"""Units side by side: what leaves the drain becomes new c and h."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory

from pascaline.hdl.cells import CELLS
from pascaline.hdl.cells.elements import Elements, count_groups, next_group
from pascaline.hdl.cells.ordered import read_ordered
from pascaline.hdl.cells.unit import carried_layout
from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import place
from pascaline.hdl.parity import read_out, stored, write_in
from pascaline.hdl.shapes import sums_struct
from pascaline.hdl.vector import GroupPointer

__all__ = ["Groups"]


class Groups(Elements):
    """``cell_units`` units, their scales and biases, and the memory of c.

    A tile is taken from the front of the drain group by group, one a cycle, without a pause. Each
    group's new h comes out after ``pipeline.whole - 1`` cycles, and is in memory one later; where
    the state is standardised, its c comes out after ``pipeline.made``.
    """

    def elaborate(self, platform):
        m = Module()
        unit, drain = self._unit, self._drain
        pipeline, layer = unit.pipeline, unit.layer
        self._wrong = []

        # Groups of the tile at the front, counted down.
        groups = Mux(self.last_tile, drain.last_groups - 1, drain.tile_groups - 1)
        count = count_groups(m, self.arrives, self.token, groups, max(drain.tile_groups, 2))
        busy, _, flags = count
        m.d.comb += self.shift.eq(busy)

        # Scales and biases must be there `rows` cycles after the group, so they are read one cycle
        # before it.
        upcoming, stream = next_group(m, self.arrives, self.token, *count)
        rows = self._parameters(m, "rows", upcoming, stream)

        if layer.held is None:
            written = delayed(m, busy, pipeline.whole - 1, name="write")
            tokens = delayed(m, flags.as_value(), pipeline.whole - 1, name="flags")
            m.d.comb += [self.write.eq(written), self.write_token.eq(tokens)]
        inputs = [{} for _ in range(drain.cell_units)]
        row_bits = len(rows) // drain.cell_units
        front_bits = sums_struct(unit.lane_sums).size * unit.gates
        for k, given in enumerate(inputs):
            given["sums"] = self.sums.as_value().word_select(k, front_bits)
            given["rows"] = rows.word_select(k, row_bits)
        if len(layer.phases) > 1:
            for given in inputs:
                given["phase"] = flags.index
        if unit.transformed:
            self._transformed(m, upcoming, stream, flags, inputs)
        if unit.unit_layout.bits and layer.held is None:
            wait = pipeline.unit - pipeline.memory
            reading = delayed(m, busy, wait, name="unit")
            stream = delayed(m, flags.stream, wait, name="unit_stream")
            bits = unit.unit_layout.bits
            tensors = self._parameters(m, "units", reading, stream)
            for k, given in enumerate(inputs):
                given["unit"] = tensors.word_select(k, bits)
        if layer.carried is not None:
            new = self._carried(m, busy, flags, inputs)
        for k, given in enumerate(inputs):
            made = place(m, platform, f"unit_{k}", CELLS[layer.kind](unit), **given)
            if layer.held is None:
                m.d.comb += self.h[k].eq(made.h_next)
            else:
                m.d.comb += [self.made[k].c.eq(made.new.c), self.made[k].held.eq(made.held)]
            if layer.carried is not None:
                m.d.comb += new[k].eq(made.new)
        m.d.comb += self.fault.eq(Cat(self._wrong).any())
        return m

    def _parameters(self, m, name, advance, stream):
        """A memory with one word a group of each pass, read in order; latency is ``memory``."""
        word, wrong = read_ordered(
            m,
            advance,
            stream,
            name=name,
            memory=self._memories[name],
            load=self.load[name],
            latency=self._unit.pipeline.memory,
            drain=self._drain,
            program=self._program,
            machine=self._machine,
        )
        self._wrong.append(wrong)
        return word

    def _transformed(self, m, upcoming, stream, flags, inputs):
        """The sums of the transform, which are read with the scales; 0 in a first step."""
        latency, transform = self._unit.pipeline.memory, self.transform
        m.submodules.transform_pointer = pointer = GroupPointer(self._drain.groups, 1)
        fresh = Mux(self.arrives, self.token.fresh, flags.fresh)
        m.d.comb += [
            pointer.advance.eq(upcoming),
            transform.group.eq(pointer.group),
            transform.stream.eq(stream),
            transform.counts.eq(upcoming & ~fresh),
        ]
        zero = delayed(m, fresh, latency, name="transform_zero", reset_less=True)
        for k, given in enumerate(inputs):
            given["transformed"] = Mux(zero, 0, transform.data[k])

    def _carried(self, m, busy, flags, inputs):
        """Memory of c: there for the units when they want it, written when they have made it.

        A group's c is written long before the same group of its stream's next step, or phase, is
        read: that waits for h, which is made from c or at the same time.
        """
        layer, pipeline = self._unit.layer, self._unit.pipeline
        program, state, units = self._program, self.state, range(self._drain.cell_units)
        word = data.ArrayLayout(carried_layout(layer), len(units))
        groups = program.layers * self._drain.groups
        m.submodules.carried = contents = memory.Memory(
            shape=stored(word, parity=self._machine.parity),
            depth=groups << program.stream_bits,
            init=[],
        )
        m.submodules.read_pointer = reader = GroupPointer(groups, 1)
        m.submodules.write_pointer = writer = GroupPointer(groups, 1)
        read, write = contents.read_port(), contents.write_port()
        at_state = Cat(state.stream, state.addr)
        found, wrong = read_out(read.data)
        old = delayed(m, found, pipeline.pipelined, name="c_word", reset_less=True)
        new = Signal(word)
        reads, writes = pipeline.carried - pipeline.cell_memory, pipeline.made
        written = delayed(m, busy, writes, name="c_write")
        read_stream = delayed(m, flags.stream, reads, name="c_read_stream")
        write_stream = delayed(m, flags.stream, writes, name="c_write_stream")
        given = Signal(word)
        m.d.comb += [
            reader.advance.eq(delayed(m, busy, reads, name="c_read")),
            writer.advance.eq(written),
            read.addr.eq(Mux(state.select, at_state, Cat(read_stream, reader.group))),
            *[state.data[k].eq(old[k].c) for k in units],
            *[given[k].c.eq(state.write_data[k]) for k in units],
        ]
        chosen = Signal(word)
        for port, restored, made in (
            (write.addr, at_state, Cat(write_stream, writer.group)),
            (write.en, state.write_en, written),
            (chosen.as_value(), given.as_value(), new.as_value()),
        ):
            value = Mux(state.select, restored, made)
            m.d.comb += port.eq(delayed(m, value, pipeline.pipelined, name="c_chosen"))

        # A sequence may start from zero; what a first phase has left stays.
        after = pipeline.cell_memory - pipeline.memory
        zero = flags.fresh & (flags.index == 0) if len(layer.phases) > 1 else flags.fresh
        fresh = delayed(m, zero, pipeline.carried - after, name="fresh")
        start = None
        if layer.initial:
            start = self._parameters(m, "initial_c", reader.advance, read_stream)
        read_for_step = delayed(m, busy & ~zero, reads + 1, name="checks_c")
        dumps = delayed(m, state.dumps, 1, name="checks_state")
        self._wrong.append(wrong & read_for_step)
        m.d.comb += [*write_in(write.data, chosen), state.wrong.eq(wrong & dumps)]
        for k, unit in enumerate(inputs):
            first = 0 if start is None else start.word_select(k, layer.carried.width)
            word = Mux(fresh, first, old[k].as_value())
            unit["old"] = delayed(m, word, after, name=f"c_{k}", reset_less=True)
        return new
