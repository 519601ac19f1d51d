# amaranth: UnusedElaboratable=no
"""Units side by side: what leaves the drain becomes new c and h."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.cells import CELLS
from pascaline.hdl.cells.unit import carried_layout
from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import place
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.shapes import shape, sums_struct
from pascaline.hdl.store import loads, read_memory
from pascaline.hdl.vector import GroupPointer
from pascaline.spec.drain import Drain
from pascaline.spec.machine import Machine
from pascaline.spec.program import Program
from pascaline.spec.unit import UnitSpec

__all__ = ["Groups", "groups_members", "token_layout"]


def token_layout(program: Program):
    """Flags of a step that go with a tile from the lanes to the results.

    ``fresh``: the step starts from zero. ``result``: it has a result. ``last``: it ends its
    sequence. ``stream``: its stream. ``index``: the number of the pass. For a core that comes next,
    ``state``: what the sequence starts from; ``dump``: its final state is wanted.
    """
    passes = (len(program.passes) - 1).bit_length()
    onward = program.onward and program.stateful
    fields = {"fresh": 1, "result": 1, "last": 1, "stream": program.stream_bits, "index": passes}
    return data.StructLayout(fields | {"state": 2 * onward, "dump": 1 * onward})


def groups_members(*, unit: UnitSpec, drain: Drain, program: Program, memories, machine: Machine):
    """Members of the element-wise part, parallel or serial: its side of a core.

    Parameters
    ----------
    unit, drain, program : UnitSpec, Drain, Program
        What a unit is like; how sums come to the units; which steps they belong to.
    memories : Memories
        Scales and biases, ``rows``, and tensors of units, ``units``, if there are any.
    machine : Machine
        Where those live, and whether there is parity.

    Members
    -------
    arrives : In(1)
        The next cycle has a new tile at the front of the drain.
    last_tile : In(1)
        With ``arrives``: it is the pass' last.
    token : In(token_layout(program))
        With ``arrives``: flags of the step.
    sums : In(data.ArrayLayout(sums_struct(unit.sums), drain.front))
        The front of the drain.
    shift : Out(1)
        Bring the next sums to the front.
    h : Out(data.ArrayLayout(shape(layer.h), drain.cell_units))
        New h of a group.
    write : Out(1)
        ``h`` is there.
    write_token : Out(token_layout(program))
        With ``write``: flags of the step.
    state : In(wiring.Signature)
        Access to c while no step is on its way (only there if there is a c): ``addr`` is a group of
        one of the layers and ``stream`` its stream, ``data`` the word of the address
        ``pipeline.memory`` cycles ago, ``write_en`` and ``write_data`` write. ``dumps``: ``data``
        is read to be given out; ``wrong``: it is not as it was written.
    load : In(load_layouts(machine, memories))
        What writes scales, biases and tensors of units.
    fault : Out(machine.parity)
        What was read for a step was not as it had been written.
    """
    members = {
        "arrives": In(1),
        "last_tile": In(1),
        "token": In(token_layout(program)),
        "sums": In(data.ArrayLayout(sums_struct(unit.sums), drain.front)),
        "shift": Out(1),
        "h": Out(data.ArrayLayout(shape(unit.layer.h), drain.cell_units)),
        "write": Out(1),
        "write_token": Out(token_layout(program)),
    }
    if unit.layer.carried is not None:
        cell = data.ArrayLayout(shape(unit.layer.carried), drain.cell_units)
        state = {
            "select": Out(1),
            "addr": Out(range(program.layers * drain.groups)),
            "stream": Out(program.stream_bits),
            "data": In(cell),
            "write_en": Out(1),
            "write_data": Out(cell),
            "dumps": Out(int(machine.parity)),
            "wrong": In(int(machine.parity)),
        }
        members["state"] = In(wiring.Signature(state))
    return members | loads(machine, memories) | fault_member(machine.parity)


class Groups(wiring.Component):
    """``cell_units`` units, their scales and biases, and the memory of c.

    A tile is taken from the front of the drain group by group, one a cycle, without a pause. Each
    group's new h comes out after ``pipeline.whole - 1`` cycles, and is in memory one later.

    Parameters
    ----------
    parts : keyword arguments
        Parameters and members are those of `groups_members`.
    """

    def __init__(self, **parts):
        self._unit, self._drain, self._program = parts["unit"], parts["drain"], parts["program"]
        self._memories, self._machine = parts["memories"], parts["machine"]
        super().__init__(groups_members(**parts))

    def elaborate(self, platform):
        m = Module()
        unit, drain, program = self._unit, self._drain, self._program
        pipeline, layer = unit.pipeline, unit.layer
        self._wrong = []

        # Groups of the tile at the front, counted down.
        busy = Signal()
        left = Signal(range(max(drain.tile_groups, 2)))
        flags = Signal.like(self.token)
        with m.If(self.arrives):
            m.d.sync += [
                busy.eq(1),
                left.eq(Mux(self.last_tile, drain.last_groups - 1, drain.tile_groups - 1)),
                flags.eq(self.token),
            ]
        with m.Elif(left == 0):
            m.d.sync += busy.eq(0)
        with m.Else():
            m.d.sync += left.eq(left - 1)
        m.d.comb += self.shift.eq(busy)

        # Scales and biases must be there `rows` cycles after the group, so they are read one cycle
        # before it.
        upcoming = Signal()
        stream = Signal(program.stream_bits)
        m.d.comb += [
            upcoming.eq(self.arrives | (busy & (left != 0))),
            stream.eq(Mux(self.arrives, self.token.stream, flags.stream)),
        ]
        rows = self._parameters(m, "rows", upcoming, stream)

        written = delayed(m, busy, pipeline.whole - 1, name="write")
        tokens = delayed(m, flags.as_value(), pipeline.whole - 1, name="flags")
        m.d.comb += [self.write.eq(written), self.write_token.eq(tokens)]
        inputs = [{} for _ in range(drain.cell_units)]
        row_bits = len(rows) // drain.cell_units
        front_bits = sums_struct(unit.sums).size * unit.gates
        for k, given in enumerate(inputs):
            given["sums"] = self.sums.as_value().word_select(k, front_bits)
            given["rows"] = rows.word_select(k, row_bits)
        if len(layer.phases) > 1:
            for given in inputs:
                given["phase"] = flags.index
        if layer.unit_tensors:
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
            m.d.comb += self.h[k].eq(made.h_next)
            if layer.carried is not None:
                m.d.comb += new[k].eq(made.new)
        m.d.comb += self.fault.eq(Cat(self._wrong).any())
        return m

    def _parameters(self, m, name, advance, stream):
        """A memory with one word a group of each pass, read in order; latency is ``memory``."""
        program, latency = self._program, self._unit.pipeline.memory
        groups = self._drain.groups * len(program.passes)
        m.submodules[f"{name}_pointer"] = pointer = GroupPointer(groups, 1)
        m.d.comb += pointer.advance.eq(advance)
        # Where a layer has two directions, a stream is one of them.
        addr = Cat(stream, pointer.group) if program.directions > 1 else pointer.group
        word, wrong = read_memory(
            m,
            self._machine,
            self._memories[name],
            addr,
            latency=latency,
            name=name,
            load=self.load[name],
        )
        self._wrong.append(wrong & delayed(m, advance, latency, name=f"{name}_checks"))
        return word

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
        read_for_step = delayed(m, busy & ~zero, reads + 1, name="checks_c")
        dumps = delayed(m, state.dumps, 1, name="checks_state")
        self._wrong.append(wrong & read_for_step)
        m.d.comb += [*write_in(write.data, chosen), state.wrong.eq(wrong & dumps)]
        for k, unit in enumerate(inputs):
            word = Mux(fresh, 0, old[k].as_value())
            unit["old"] = delayed(m, word, after, name=f"c_{k}", reset_less=True)
        return new
