"""The memory of states between the registers and the cores."""

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from pascaline.hdl.bus.statememory import StateMemory
from pascaline.hdl.parity import fault_member
from pascaline.hdl.shapes import struct
from pascaline.spec.bus import TID_BITS
from pascaline.spec.design import Design
from pascaline.spec.ports import ports
from pascaline.spec.register import WORD
from pascaline.spec.states import ELEMENT_BITS, core_spans, spans, state_size

__all__ = ["States"]


class States(wiring.Component):
    """A `StateMemory` for each core, and an element of them at hand for the registers.

    A new index is at hand in the next cycle, and so is the next element after a write.

    Parameters
    ----------
    design : Design
        The design, of a machine with ``bus_states``.

    Members
    -------
    i_state, o_state, ... : Out(stream.Signature(...)) or In(stream.Signature(...))
        The streams of states of `spec.ports.ports`, seen from outside of the machine.
    restore : In(1)
        A packet that starts from the memory has gone into the machine; only while not ``hold``.
    stream : In(range(streams))
        With ``restore``: its stream.
    dump : In(1)
        The end of a packet whose state is to be kept has gone into the machine.
    hold : Out(1)
        A core has not got the last packet's state yet.
    busy : In(1)
        Packets are under way.
    ready : Out(1)
        Elements can be written and read.
    index_element : In(stream.Signature(ELEMENT_BITS))
        The number of the next element at hand; taken if there is such an element.
    index_stream : In(stream.Signature(TID_BITS))
        The stream of that element, together with it.
    w_element : In(stream.Signature(WORD))
        A value for the element at hand; taken if ``ready``, and if it fits its format.
    r_element : Out(signed(WORD))
        The element at hand; 0 if there is none, or not ``ready``.
    fault : Out(1)
        A word that was read was wrong, from the next cycle on; only there with parity.
    """

    def __init__(self, design: Design):
        self._design = design
        flows = {"in": Out, "out": In}
        found = ports(design)
        self._given = [name for name in found if name.startswith("i_state")]
        self._taken = [name for name in found if name.startswith("o_state")]
        beats = {
            name: flows[found[name].direction](stream.Signature(struct(found[name].layout)))
            for name in (*self._given, *self._taken)
        }
        super().__init__(
            {
                **beats,
                "restore": In(1),
                "stream": In(range(design.machine.streams)),
                "dump": In(1),
                "hold": Out(1),
                "busy": In(1),
                "ready": Out(1),
                "index_element": In(stream.Signature(ELEMENT_BITS)),
                "index_stream": In(stream.Signature(TID_BITS)),
                "w_element": In(stream.Signature(WORD)),
                "r_element": Out(signed(WORD)),
                **fault_member(design.machine.parity),
            }
        )

    def elaborate(self, platform):
        m = Module()
        memories = self._memories(m)
        free = Signal()
        was_free = Signal()
        m.d.comb += [
            free.eq(Cat(one.idle for one in memories).all() & ~self.busy),
            # What is read is there a cycle later.
            self.ready.eq(free & was_free),
            self.hold.eq(Cat(one.restoring for one in memories).any()),
        ]
        m.d.sync += [
            was_free.eq(free),
            self.fault.eq(self.fault | Cat(one.fault for one in memories).any()),
        ]
        element, sequence, after = self._at_hand(m)
        first = 0
        for number, (memory, core) in enumerate(zip(memories, self._design.cores, strict=True)):
            size = sum(span.count for span in core_spans(core))
            shows = Signal(name=f"shows_{number}")
            m.d.comb += [
                memory.w_data.eq(self.w_element.payload),
                memory.w_index.eq(sequence * size + element - first),
                memory.write.eq(
                    self.w_element.valid & self.w_element.ready & _within(element, first, size)
                ),
                memory.r_index.eq(after.sequence * size + after.element - first),
                memory.read.eq(free & _within(after.element, first, size)),
            ]
            m.d.sync += shows.eq(memory.read)
            with m.If(self.ready & shows):
                m.d.comb += self.r_element.eq(memory.r_data)
            first += size
        return m

    def _memories(self, m):
        """One for each core, connected to its streams."""
        found = []
        names = zip(self._design.cores, self._given, self._taken, strict=True)
        for number, (core, given, taken) in enumerate(names):
            m.submodules[f"memory_{number}"] = one = StateMemory(core)
            connect(m, one.o, flipped(getattr(self, given)))
            connect(m, one.i, flipped(getattr(self, taken)))
            m.d.comb += [
                one.restore.eq(self.restore),
                one.stream.eq(self.stream),
                one.dump.eq(self.dump),
            ]
            found.append(one)
        return found

    def _at_hand(self, m):
        """The element at hand and its stream; and those of the next cycle."""
        design, size = self._design, state_size(self._design)
        element = Signal(range(size + 1))
        sequence = Signal.like(self.stream, name="sequence")
        after = _Place(element, sequence)
        new, word = self.index_element, self.w_element
        exists = (new.payload < size) & (self.index_stream.payload < design.machine.streams)
        m.d.comb += [
            new.ready.eq(exists),
            self.index_stream.ready.eq(exists),
            after.element.eq(element),
            after.sequence.eq(sequence),
        ]
        with m.If(new.valid & new.ready):
            m.d.comb += [
                after.element.eq(new.payload),
                after.sequence.eq(self.index_stream.payload),
            ]
        with m.Elif(word.valid & word.ready):
            m.d.comb += after.element.eq(element + 1)
        m.d.sync += [element.eq(after.element), sequence.eq(after.sequence)]
        for span in spans(design):
            sign = word.payload[span.element.width - 1 :]
            with m.If(_within(element, span.first, span.count)):
                m.d.comb += word.ready.eq(self.ready & (sign.all() | ~sign.any()))
        return element, sequence, after


class _Place:
    """What is at hand in the next cycle."""

    def __init__(self, element, sequence):
        self.element = Signal.like(element, name="element_after")
        self.sequence = Signal.like(sequence, name="stream_after")


def _within(element, first, count):
    """Whether the number of an element is one of these."""
    below = element < first + count
    return below & (element >= first) if first else below
