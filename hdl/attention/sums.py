"""Weighted sums of the elements of vectors."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.parity import fault_member, read_late, stored, write_in
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval
from pascaline.spec.stages.attend import Attend

__all__ = ["WeightedSums"]


class WeightedSums(wiring.Component):
    """A memory of a sum for each element of each stream.

    A chunk a cycle is read, shifted, and written with what is added to it ``memory + 1`` cycles
    later. Until then it is not read again.

    Parameters
    ----------
    attend : Attend
        The stage.

    Members
    -------
    chunk : In(range(attend.chunks))
        The chunk that is read.
    stream : In(attend.stream_bits)
        Its stream, until it has been written.
    add : In(1)
        It is added to. What is added follows ``attend.memory`` cycles later.
    given : In(data.ArrayLayout(shape(attend.h), simd))
        Elements, ``attend.memory`` cycles after ``add``.
    first : In(1)
        As of `hdl.attention.weights.Weights`, that long after ``add``; so are the next two.
    grown : In(range(exponents + 1))
        By how much the largest whole part has grown.
    weight : In(shape(attend.attention.weights))
        What the elements weigh.
    found : Out(data.ArrayLayout(shape(attend.sums), simd))
        Sums, ``attend.memory`` cycles after ``chunk``.
    used : In(1)
        With ``found``: they are used.
    fault : Out(1)
        What was added to, or used, is not as it was written; only there with parity.
    """

    def __init__(self, attend: Attend):
        self._attend = attend
        attention, simd = attend.attention, attend.machine.simd
        exponents = attention.exponents
        super().__init__(
            {
                "chunk": In(range(attend.chunks)),
                "stream": In(attend.stream_bits),
                "add": In(1),
                "given": In(data.ArrayLayout(shape(attend.h), simd)),
                "first": In(1),
                "grown": In(range(exponents.hi - exponents.lo + 1)),
                "weight": In(shape(attention.weights)),
                "found": Out(data.ArrayLayout(shape(attend.sums), simd)),
                "used": In(1),
            }
            | fault_member(attend.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        attend, machine, h = self._attend, self._attend.machine, self._attend.h
        words = self.found.shape()
        m.submodules.partial = sums = memory.Memory(
            shape=stored(words, parity=machine.parity),
            depth=attend.chunks << attend.stream_bits,
            init=[],
        )
        write = sums.write_port()
        read = sums.read_port()
        latency, address = attend.memory, Cat(self.stream, self.chunk)
        found, wrong = read_late(m, read, latency, name="word")
        added = delayed(m, self.add, latency, name="added")
        m.d.comb += [
            read.addr.eq(address),
            self.found.eq(found),
            self.fault.eq(wrong & ((added & ~self.first) | self.used)),
        ]

        # A sum is at most the total of the weights times the largest number that is weighed.
        raised = Interval(0, h.interval.hi - h.interval.lo)
        product_range = attend.attention.weights * raised
        total = Signal(words)
        for k in range(machine.simd):
            number = Signal(shape(raised), name=f"raised_{k}")
            kept = Signal(shape(attend.sums), name=f"kept_{k}", reset_less=True)
            product = Signal(shape(product_range), name=f"product_{k}", reset_less=True)
            m.d.comb += [
                number.eq(self.given[k] - h.interval.lo),
                total[k].eq(kept + product),
            ]
            m.d.sync += [
                kept.eq(Mux(self.first, 0, found[k] >> self.grown)),
                product.eq(self.weight * number),
            ]
        m.d.comb += [
            write.en.eq(delayed(m, added, 1, name="write")),
            write.addr.eq(delayed(m, address, latency + 1, name="address", reset_less=True)),
            *write_in(write.data, total),
        ]
        return m
