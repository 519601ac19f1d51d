"""The states of a core in a memory, one of each stream of sequences."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, signed
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.bus.ending import UNDER_WAY
from pascaline.hdl.delay import delayed
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.shapes import struct
from pascaline.spec.core import Core
from pascaline.spec.payloads import core_ports
from pascaline.spec.states import core_spans, state_width

__all__ = ["StateMemory"]


class StateMemory(wiring.Component):
    """Gives states to a core and takes them from it, an element a cycle.

    A group takes as many cycles as it has elements, and two more on its way to the core. After
    reset all elements become 0, one a cycle. States that the core gives are taken at once, so that
    one that is wanted later is that one.

    Parameters
    ----------
    core : Core
        The core.

    Members
    -------
    i : In(stream.Signature(struct(core_ports(core)["o_state"].layout)))
        Final states.
    o : Out(stream.Signature(struct(core_ports(core)["i_state"].layout)))
        States to start from.
    restore : In(1)
        A strobe: the core will ask for a state; only while not ``restoring``.
    stream : In(range(streams))
        With ``restore``: the stream whose state it is.
    dump : In(1)
        A strobe: the core will give a state.
    restoring : Out(1)
        The core has not got that state yet.
    idle : Out(1)
        Nothing is moved, nor will be until the next strobe: the rest may be used.
    write : In(1)
        Write a word; only while ``idle``, as for ``read``.
    w_index : In(range(streams * size))
        Which one; the state of a stream has ``size`` of them.
    w_data : In(signed(width))
        What is written.
    read : In(1)
        Read a word, not the one that is written.
    r_index : In(range(streams * size))
        Which one.
    r_data : Out(signed(width))
        The word that was read in the last cycle.
    fault : Out(1)
        A word that was read was wrong, from the next cycle on; only there with parity.
    """

    def __init__(self, core: Core):
        self._core = core
        layouts = {name: struct(port.layout) for name, port in core_ports(core).items()}
        self._spans = core_spans(core)
        self._size = sum(span.count for span in self._spans)
        self._word = signed(state_width(core))
        self._depth = core.streams * self._size
        super().__init__(
            {
                "i": In(stream.Signature(layouts["o_state"])),
                "o": Out(stream.Signature(layouts["i_state"])),
                "restore": In(1),
                "stream": In(range(core.streams)),
                "dump": In(1),
                "restoring": Out(1),
                "idle": Out(1),
                "write": In(1),
                "w_index": In(range(self._depth)),
                "w_data": In(self._word),
                "read": In(1),
                "r_index": In(range(self._depth)),
                "r_data": Out(self._word),
                **fault_member(core.machine.parity),
            }
        )

    def elaborate(self, platform):
        m = Module()
        parity = self._core.machine.parity
        m.submodules.memory = words = memory.Memory(
            shape=stored(self._word, parity=parity), depth=self._depth, init=[]
        )
        writer, reader = words.write_port(), words.read_port()
        cleared = self._clear(m, writer)

        whose = Signal.like(self.stream)
        unstored = Signal(range(self._core.streams * UNDER_WAY))
        giving = Signal()
        with m.If(self.restore):
            m.d.sync += [self.restoring.eq(1), whose.eq(self.stream)]
        at = self._walk(m)
        taking = Signal()
        m.d.comb += [
            taking.eq(cleared & self.i.valid & ~giving),
            self.i.ready.eq(taking & at.end),
            self.idle.eq(cleared & ~self.restoring & (unstored == 0)),
        ]
        stored_one = self.i.valid & self.i.ready & at.final
        m.d.sync += unstored.eq(unstored + self.dump - stored_one)

        # A core asks for a state after it has given those of earlier sequences.
        asked = cleared & self.restoring & self.o.ready & ~self.i.valid
        fetch, given = self._give(m, giving, at, reader)
        with m.If(~giving):
            m.d.sync += giving.eq(asked)
        with m.If(given & at.final):
            m.d.sync += [giving.eq(0), self.restoring.eq(0)]
        m.d.comb += [at.go.eq(taking | fetch), at.next.eq(Mux(giving, given, self.i.ready))]

        tagged = self._core.stream_bits
        place = Signal(range(self._depth))
        start = Mux(giving, whose, self.i.p.stream) if tagged else 0
        m.d.comb += place.eq(start * self._size + at.element)
        numbers = [number for name in self._kinds for number in self.i.p[name]]
        word = Signal(self._word)
        m.d.comb += word.eq(Array(numbers)[at.number])
        with m.If(taking):
            m.d.comb += [
                writer.en.eq(~at.beyond),
                writer.addr.eq(place),
                *write_in(writer.data, word),
            ]
        with m.Elif(self.write):
            m.d.comb += [
                writer.en.eq(1),
                writer.addr.eq(self.w_index),
                *write_in(writer.data, self.w_data),
            ]
        m.d.comb += [
            reader.en.eq((fetch & ~at.beyond) | self.read),
            reader.addr.eq(Mux(giving, place, self.r_index)),
        ]
        found, wrong = read_out(reader.data)
        read = delayed(m, reader.en, 1, name="read")
        m.d.comb += self.r_data.eq(found)
        m.d.sync += self.fault.eq(self.fault | (read & wrong))
        return m

    @property
    def _kinds(self):
        """What a unit has: h, and perhaps c."""
        return list(dict.fromkeys(span.name for span in self._spans))

    def _clear(self, m, writer):
        """Write 0 everywhere; returns whether that is done."""
        cleared = Signal()
        clearing = Signal(range(self._depth))
        with m.If(~cleared):
            m.d.comb += [writer.en.eq(1), writer.addr.eq(clearing), *write_in(writer.data, 0)]
            m.d.sync += clearing.eq(clearing + 1)
            with m.If(clearing == self._depth - 1):
                m.d.sync += cleared.eq(1)
        return cleared

    def _walk(self, m):
        """Where in a state the element at hand is: group after group, h and then c of each."""
        core, at = self._core, _Walk(self._core, self._size, len(self._kinds))
        units, groups, layers = core.cell_units, core.drain.groups, core.program.layers
        hidden, kinds = core.layer.hidden, len(self._kinds)
        base = Signal.like(at.element, name="group_element")
        group = Signal(range(groups))
        layer = Signal(range(layers))
        side = Signal()
        last = Signal()
        m.d.comb += [
            side.eq(at.number >= units),
            last.eq(group == groups - 1),
            at.element.eq(base + at.number + Mux(side, hidden - units, 0)),
            at.beyond.eq(last & (at.number - Mux(side, units, 0) >= hidden - (groups - 1) * units)),
            at.end.eq(at.number == kinds * units - 1),
            at.final.eq(last & (layer == layers - 1)),
        ]
        with m.If(at.go):
            m.d.sync += at.number.eq(Mux(at.end, 0, at.number + 1))
        with m.If(at.next):
            m.d.sync += [group.eq(group + 1), base.eq(base + units)]
            with m.If(last):
                m.d.sync += [
                    group.eq(0),
                    layer.eq(layer + 1),
                    base.eq(base + kinds * hidden - (groups - 1) * units),
                ]
            with m.If(at.final):
                m.d.sync += [layer.eq(0), base.eq(0)]
        return at

    def _give(self, m, giving, at, reader):
        """Collect a group and give it; strobes when an element is read, and a group is taken."""
        core = self._core
        full = Signal()
        fetch = Signal()
        given = Signal()
        word = data.ArrayLayout(self._word, len(self._kinds) * core.cell_units)
        group = Signal(word, reset_less=True)
        arrives = delayed(m, fetch, 1, name="arrives")
        filled = delayed(m, fetch & at.end, 1, name="filled")
        m.d.comb += [
            fetch.eq(giving & ~full & ~filled),
            self.o.valid.eq(full),
            given.eq(full & self.o.ready),
        ]
        m.d.sync += full.eq(Mux(full, ~self.o.ready, filled))
        with m.If(arrives):
            shifted = Cat(group.as_value(), read_out(reader.data)[0])
            m.d.sync += group.as_value().eq(shifted[self._word.width :])
        for kind, name in enumerate(self._kinds):
            for unit in range(core.cell_units):
                m.d.comb += self.o.p[name][unit].eq(group[kind * core.cell_units + unit])
        return fetch, given


class _Walk:
    """The place of an element: its number in its group and in its state, and what ends with it."""

    def __init__(self, core, size, kinds):
        self.number = Signal(range(kinds * core.cell_units), name="number")
        self.element = Signal(range(size), name="element")
        self.beyond = Signal(name="beyond")
        self.end = Signal(name="ends_group")
        self.final = Signal(name="ends_state")
        self.go = Signal(name="go")
        self.next = Signal(name="next_group")
