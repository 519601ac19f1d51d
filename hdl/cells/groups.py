# amaranth: UnusedElaboratable=no
"""Units side by side: what leaves the drain becomes new c and h."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.cells.gru import GruUnit
from pascaline.hdl.cells.lstm import LstmUnit
from pascaline.hdl.cells.rnn import RnnUnit
from pascaline.hdl.cells.unit import carried_layout
from pascaline.hdl.kinds import place
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.shapes import delayed, shape, sums_struct
from pascaline.hdl.store import loads, read_memory
from pascaline.hdl.vector import GroupPointer
from pascaline.spec.core import Core
from pascaline.spec.image import unit_layout
from pascaline.spec.memories import core_memories

__all__ = ["UNITS", "Groups", "groups_members", "token_layout"]

UNITS = {"lstm": LstmUnit, "gru": GruUnit, "rnn": RnnUnit}
"""The unit of each kind of layer."""


def token_layout(core: Core):
    """What travels with a tile.

    The step starts from zero, has a result, ends its sequence; the stream that it belongs to; the
    number of its pass. For a core that comes after: what the sequence starts from, and whether its
    last state is wanted.
    """
    passes = (len(core.passes) - 1).bit_length()
    onward = core.onward and core.stateful
    fields = {"fresh": 1, "result": 1, "last": 1, "stream": core.stream_bits, "index": passes}
    return data.StructLayout(fields | {"state": 2 * onward, "dump": 1 * onward})


def groups_members(core: Core):
    """What the element-wise part has to do with the rest of a core, whatever it is made of.

    Members
    -------
    loaded : In
        The next cycle has a new tile at the front of the drain.
    last_tile : In
        With ``loaded``: it is the pass' last.
    token : In
        With ``loaded``: flags of the step.
    sums : In
        The front of the drain.
    shift : Out
        Bring the next sums to the front.
    h : Out
        New h of a group.
    write : Out
        ``h`` is there.
    write_token : Out
        With ``write``: flags of the step.
    state : In
        Access to c while no step is on its way (if there is a c): ``addr`` is a group of one of the
        layers and ``stream`` its stream, ``data`` the word of the address ``pipeline.memory``
        cycles ago, ``write_en`` and ``write_data`` write.
    load : In
        What writes scales, biases and tensors of units, if they are loaded.
    fault : Out
        What was read for a step was not as it had been written (if there is parity). With parity,
        ``state`` has also ``dumps``, ``data`` is read to be given out, and ``wrong``, it is not as
        it was written.
    """
    members = {
        "loaded": In(1),
        "last_tile": In(1),
        "token": In(token_layout(core)),
        "sums": In(data.ArrayLayout(sums_struct(core.row_sums), core.front)),
        "shift": Out(1),
        "h": Out(data.ArrayLayout(shape(core.layer.h), core.cell_units)),
        "write": Out(1),
        "write_token": Out(token_layout(core)),
    }
    if core.layer.carried is not None:
        cell = data.ArrayLayout(shape(core.layer.carried), core.cell_units)
        state = {
            "select": Out(1),
            "addr": Out(range(len(core.layers) * core.groups)),
            "stream": Out(core.stream_bits),
            "data": In(cell),
            "write_en": Out(1),
            "write_data": Out(cell),
        }
        if core.machine.parity:
            state |= {"dumps": Out(1), "wrong": In(1)}
        members["state"] = In(wiring.Signature(state))
    memories = core_memories(core)
    tensors = {name: memories[name] for name in ("rows", "units") if name in memories}
    return members | loads(core.machine, tensors) | fault_member(core.machine.parity)


class Groups(wiring.Component):
    """``cell_units`` units, their scales and biases, and the memory of c.

    A tile is taken from the front of the drain group by group, one a cycle, without a pause. Each
    group's new h comes out after ``pipeline.whole - 1`` cycles, and is in memory one later.

    Parameters
    ----------
    core : Core
        The core.

    Members
    -------
    See `groups_members`.
    """

    def __init__(self, core: Core):
        self._core = core
        super().__init__(groups_members(core))

    def elaborate(self, platform):
        m = Module()
        core, pipeline, layer = self._core, self._core.pipeline, self._core.layer
        self._wrong = []

        # Groups of the tile at the front, counted down.
        busy = Signal()
        left = Signal(range(max(core.tile_groups, 2)))
        flags = Signal.like(self.token)
        with m.If(self.loaded):
            m.d.sync += [
                busy.eq(1),
                left.eq(Mux(self.last_tile, core.last_groups - 1, core.tile_groups - 1)),
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
        stream = Signal(core.stream_bits)
        m.d.comb += [
            upcoming.eq(self.loaded | (busy & (left != 0))),
            stream.eq(Mux(self.loaded, self.token.stream, flags.stream)),
        ]
        rows = self._parameters(m, "rows", upcoming, stream)

        written = delayed(m, busy, pipeline.whole - 1, name="write")
        tokens = delayed(m, flags.as_value(), pipeline.whole - 1, name="flags")
        m.d.comb += [self.write.eq(written), self.write_token.eq(tokens)]
        inputs = [{} for _ in range(core.cell_units)]
        row_bits = len(rows) // core.cell_units
        front_bits = sums_struct(core.row_sums).size * core.gates
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
            bits = unit_layout(core).bits
            tensors = self._parameters(m, "units", reading, stream)
            for k, given in enumerate(inputs):
                given["unit"] = tensors.word_select(k, bits)
        if layer.carried is not None:
            new = self._carried(m, busy, flags, inputs)
        for k, given in enumerate(inputs):
            unit = place(m, platform, f"unit_{k}", UNITS[layer.kind](core), **given)
            m.d.comb += self.h[k].eq(unit.h_next)
            if layer.carried is not None:
                m.d.comb += new[k].eq(unit.new)
        if core.machine.parity:
            m.d.comb += self.fault.eq(Cat(self._wrong).any())
        return m

    def _parameters(self, m, name, advance, stream):
        """A memory with one word a group of each pass, read in order; latency is ``memory``."""
        core = self._core
        groups = core.groups * len(core.passes)
        m.submodules[f"{name}_pointer"] = pointer = GroupPointer(groups, 1)
        m.d.comb += pointer.advance.eq(advance)
        # Where a layer has two directions, a stream is one of them.
        addr = Cat(stream, pointer.group) if core.directions > 1 else pointer.group
        load = self.load[name] if core.machine.loadable else None
        word, wrong = read_memory(
            m,
            core.machine,
            core_memories(core)[name],
            addr,
            latency=core.pipeline.memory,
            name=name,
            load=load,
        )
        if core.machine.parity:
            counts = delayed(m, advance, core.pipeline.memory, name=f"{name}_checks")
            self._wrong.append(wrong & counts)
        return word

    def _carried(self, m, busy, flags, inputs):
        """Memory of c: there for the units when they want it, written when they have made it.

        A group's c is written long before the same group of its stream's next step, or phase, is
        read: that waits for h, which is made from c or at the same time.
        """
        core, state, pipeline = self._core, self.state, self._core.pipeline
        word = data.ArrayLayout(carried_layout(core), core.cell_units)
        groups = len(core.layers) * core.groups
        m.submodules.carried = contents = memory.Memory(
            shape=stored(word, parity=core.machine.parity),
            depth=groups << core.stream_bits,
            init=[],
        )
        m.submodules.read_pointer = reader = GroupPointer(groups, 1)
        m.submodules.write_pointer = writer = GroupPointer(groups, 1)
        read, write = contents.read_port(), contents.write_port()
        at_state = Cat(state.stream, state.addr)
        found, wrong = read_out(read.data, parity=core.machine.parity)
        old = delayed(m, found, pipeline.long, name="c_word", reset_less=True)
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
            *[state.data[k].eq(old[k].c) for k in range(core.cell_units)],
            *[given[k].c.eq(state.write_data[k]) for k in range(core.cell_units)],
        ]
        chosen = Signal(word) if core.machine.parity else write.data
        for port, loaded, made in (
            (write.addr, at_state, Cat(write_stream, writer.group)),
            (write.en, state.write_en, written),
            (chosen.as_value(), given.as_value(), new.as_value()),
        ):
            value = Mux(state.select, loaded, made)
            m.d.comb += port.eq(delayed(m, value, pipeline.long, name="c_chosen"))

        # A sequence may start from zero; what a first phase has left stays.
        after = pipeline.cell_memory - pipeline.memory
        zero = flags.fresh & (flags.index == 0) if len(core.layer.phases) > 1 else flags.fresh
        fresh = delayed(m, zero, pipeline.carried - after, name="fresh")
        if core.machine.parity:
            m.d.comb += write_in(write.data, chosen, parity=True)
            read_for_step = delayed(m, busy & ~zero, reads + 1, name="checks_c")
            dumps = delayed(m, state.dumps, 1, name="checks_state")
            self._wrong.append(wrong & read_for_step)
            m.d.comb += state.wrong.eq(wrong & dumps)
        for k, unit in enumerate(inputs):
            word = Mux(fresh, 0, old[k].as_value())
            unit["old"] = delayed(m, word, after, name=f"c_{k}", reset_less=True)
        return new
