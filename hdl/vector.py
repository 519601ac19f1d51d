"""Vector memories: banks of a vector each, written in groups of elements and read in chunks."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["GroupPointer", "VectorMemory", "read_signature", "write_signature"]


def read_signature(element, chunks, simd, *, banks=2):
    """A read port: the chunk of a bank, one cycle later, held while ``en`` is 0."""
    return wiring.Signature(
        {
            "en": Out(1),
            "bank": Out(range(banks)),
            "chunk": Out(range(chunks)),
            "data": In(data.ArrayLayout(element, simd)),
        }
    )


def write_signature(element, chunks, simd, units, *, banks=2):
    """A write port: ``units`` elements, at place ``slot`` of a chunk."""
    return wiring.Signature(
        {
            "en": Out(1),
            "bank": Out(range(banks)),
            "chunk": Out(range(chunks)),
            "slot": Out(range(simd // units)),
            "data": Out(data.ArrayLayout(element, units)),
        }
    )


class VectorMemory(wiring.Component):
    """Vectors, one a bank.

    A word that is written in a cycle can be read from the next cycle on; reading it in the same
    cycle gives either content, and no machine does.

    Parameters
    ----------
    element : Shape
        Shape of an element.
    chunks : int
        Chunks of a vector.
    simd : int
        Elements of a chunk.
    units : int
        Elements written at a time; divides ``simd``.
    reads : int
        Read ports.
    banks : int
        Vectors.

    Members
    -------
    write : In
        See `write_signature`.
    read_0, read_1, ... : In
        See `read_signature`.
    """

    def __init__(self, element, *, chunks, simd, units, reads, banks=2):
        self._element = element
        self._chunks = chunks
        self._simd = simd
        self._units = units
        self._reads = reads
        members = {"write": In(write_signature(element, chunks, simd, units, banks=banks))}
        for k in range(reads):
            members[f"read_{k}"] = In(read_signature(element, chunks, simd, banks=banks))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        # The bank is the low part of the address: no word is lost where chunks are no power of 2.
        words = data.ArrayLayout(self._element, self._simd)
        depth = self._chunks << len(self.write.bank)
        m.submodules.memory = contents = memory.Memory(shape=words, depth=depth, init=[])
        write = contents.write_port(granularity=self._units)
        slots = self._simd // self._units
        m.d.comb += [
            write.addr.eq(Cat(self.write.bank, self.write.chunk)),
            write.en.eq(self.write.en << self.write.slot),
            write.data.eq(self.write.data.as_value().replicate(slots)),
        ]
        for k in range(self._reads):
            port = getattr(self, f"read_{k}")
            read = contents.read_port()
            m.d.comb += [
                read.en.eq(port.en),
                read.addr.eq(Cat(port.bank, port.chunk)),
                port.data.eq(read.data),
            ]
        return m


class GroupPointer(wiring.Component):
    """Counts the groups of a vector: which chunk, which place in it.

    Parameters
    ----------
    groups : int
        Groups of a vector.
    slots : int
        Groups of a chunk.

    Members
    -------
    advance : In
        Go on to the next group; from the last to the first.
    group : Out
        Number of the group.
    chunk, slot : Out
        Where it is: ``group == chunk * slots + slot``.
    last : Out
        This is the last group.
    """

    def __init__(self, groups, slots):
        self._groups = groups
        self._slots = slots
        super().__init__(
            {
                "advance": In(1),
                "group": Out(range(groups)),
                "chunk": Out(range(-(-groups // slots))),
                "slot": Out(range(slots)),
                "last": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        group = Signal.like(self.group)
        chunk = Signal.like(self.chunk)
        slot = Signal.like(self.slot)
        last = Signal(init=self._groups == 1)
        m.d.comb += [
            self.group.eq(group),
            self.chunk.eq(chunk),
            self.slot.eq(slot),
            self.last.eq(last),
        ]
        with m.If(self.advance):
            m.d.sync += last.eq(group == (self._groups - 2) % self._groups)
            with m.If(last):
                m.d.sync += [group.eq(0), chunk.eq(0), slot.eq(0)]
            with m.Else():
                m.d.sync += group.eq(group + 1)
                with m.If(slot == self._slots - 1):
                    m.d.sync += [chunk.eq(chunk + 1), slot.eq(0)]
                with m.Else():
                    m.d.sync += slot.eq(slot + 1)
        return m
