"""Vector memories: banks of a vector each, written in groups of elements and read in chunks."""

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.parity import read_out, stored, write_in

__all__ = ["GroupPointer", "VectorMemory", "read_signature", "write_signature"]


def read_signature(element, chunks, simd, *, banks=2, parity=False):
    """A read port: the chunk of a bank, one cycle later, held while ``en`` is 0.

    ``wrong``, which has a bit with parity, tells that what was read in the cycle before is not what
    was written.
    """
    members = {
        "en": Out(1),
        "bank": Out(range(banks)),
        "chunk": Out(range(chunks)),
        "data": In(data.ArrayLayout(element, simd)),
        "wrong": In(int(parity)),
    }
    return wiring.Signature(members)


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
    groups : int or None
        Groups of ``units`` that a vector has, if not all of its chunks; those after them are never
        written.
    parity : bool
        Whether each group has a parity bit.

    Members
    -------
    write : In(write_signature(element, chunks, simd, units, banks=banks))
        Writes a group.
    read_0, read_1, ... : In(read_signature(element, chunks, simd, banks=banks, parity=parity))
        Each reads a chunk a cycle.
    """

    def __init__(self, element, *, chunks, simd, units, reads, banks=2, groups=None, parity=False):
        self._element = element
        self._chunks = chunks
        self._simd = simd
        self._units = units
        self._reads = reads
        self._tail = (simd // units if groups is None else groups - 1) % (simd // units) + 1
        self._parity = parity
        members = {"write": In(write_signature(element, chunks, simd, units, banks=banks))}
        for k in range(reads):
            read = read_signature(element, chunks, simd, banks=banks, parity=parity)
            members[f"read_{k}"] = In(read)
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        # The bank is the low part of the address: no word is lost where chunks are no power of 2.
        depth, slots = self._chunks << len(self.write.bank), self._simd // self._units
        given = Signal(stored(len(self.write.data.as_value()), parity=self._parity))
        m.d.comb += write_in(given, self.write.data.as_value())
        words = data.ArrayLayout(given.shape(), slots)
        m.submodules.memory = contents = memory.Memory(shape=words, depth=depth, init=[])
        write = contents.write_port(granularity=1)
        m.d.comb += [
            write.addr.eq(Cat(self.write.bank, self.write.chunk)),
            write.en.eq(self.write.en << self.write.slot),
            write.data.eq(given.as_value().replicate(slots)),
        ]
        for k in range(self._reads):
            port = getattr(self, f"read_{k}")
            read = contents.read_port()
            m.d.comb += [
                read.en.eq(port.en),
                read.addr.eq(Cat(port.bank, port.chunk)),
            ]
            # What is read in this cycle is checked in the next one.
            reads, tail = Signal(name=f"reads_{k}"), Signal(name=f"tail_{k}")
            m.d.sync += [reads.eq(port.en), tail.eq(port.chunk == self._chunks - 1)]
            found = [read_out(read.data[slot]) for slot in range(slots)]
            wrong = [
                wrong & ~(tail if slot >= self._tail else C(0, 1))
                for slot, (_, wrong) in enumerate(found)
            ]
            m.d.comb += [
                port.data.eq(Cat(word for word, _ in found)),
                port.wrong.eq(reads & Cat(wrong).any()),
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
    advance : In(1)
        Go on to the next group; from the last to the first.
    group : Out(range(groups))
        Number of the group.
    chunk : Out(range(ceil(groups / slots)))
        Its chunk: ``group == chunk * slots + slot``.
    slot : Out(range(slots))
        Its place in the chunk.
    last : Out(1)
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
