"""Scores: how well a vector meets the query."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.parity import fault_member
from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape
from pascaline.hdl.store import loads, read_memory
from pascaline.hdl.tree import tree_sum
from pascaline.spec.formats import Interval, half
from pascaline.spec.stages.attend import Attend

__all__ = ["Score"]


class Score(wiring.Component):
    """Products with the query, added up over the chunks of a vector.

    A chunk a cycle. The score is there ``memory + tree_registers + 3`` cycles after the last chunk
    of its vector, and stays until the first one of the next vector is that long ago.

    Parameters
    ----------
    attend : Attend
        The stage.

    Members
    -------
    taken : In(1)
        There is a chunk.
    chunk : In(range(attend.chunks))
        With ``taken``: its number.
    given : In(data.ArrayLayout(shape(attend.h), simd))
        With ``taken``: its elements. Those beyond the vector do not count.
    query : In(data.ArrayLayout(shape(attend.attention.query), simd))
        The chunk of the query, ``memory`` cycles after ``chunk``; only there if it is none of the
        model's. Elements beyond its end are 0.
    score : Out(shape(attend.attention.score))
        The score.
    load : In(load_layouts(machine, attend.own_memories))
        Writes the query.
    fault : Out(1)
        A word of the query is not as it was written; only there with parity.
    """

    def __init__(self, attend: Attend):
        self._attend = attend
        query = data.ArrayLayout(shape(attend.attention.query), attend.machine.simd)
        super().__init__(
            ({} if attend.own_memories else {"query": In(query)})
            | {
                "taken": In(1),
                "chunk": In(range(attend.chunks)),
                "given": In(data.ArrayLayout(shape(attend.h), attend.machine.simd)),
                "score": Out(shape(attend.attention.score)),
            }
            | loads(attend.machine, attend.own_memories)
            | fault_member(attend.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        attend, attention, machine = self._attend, self._attend.attention, self._attend.machine
        read, memories = attend.memory, attend.own_memories
        if memories:
            place, load = memories["query"], self.load.query
            word, wrong = read_memory(
                m, machine, place, self.chunk, latency=read, name="query", load=load
            )
        else:
            word, wrong = self.query.as_value(), 0
        given = delayed(m, self.given.as_value(), read, name="given", reset_less=True)
        given = data.View(self.given.shape(), given)
        query = data.View(data.ArrayLayout(shape(attention.query), machine.simd), word)
        there = delayed(m, self.taken, read, name="there")
        m.d.comb += self.fault.eq(wrong & there)

        products = attention.query.interval * attend.h.interval
        terms = []
        for k in range(machine.simd):
            product = Signal(shape(products), name=f"product_{k}", reset_less=True)
            m.d.sync += product.eq(given[k] * query[k])
            terms.append((product, None))
        registers = attend.tree_registers
        added, _ = tree_sum(m, terms, products, registers, name="products")
        late = 1 + registers
        first = delayed(m, self.chunk == 0, read + late, name="first", reset_less=True)
        add = Signal()
        m.d.comb += add.eq(delayed(m, there, late, name="adds"))
        # Each part of the sum lies within the range of all, since that has 0 in it.
        shift = attention.shift(attend.h)
        total = Signal(shape(attend.dots), reset_less=True)
        with m.If(add):
            m.d.sync += total.eq(Mux(first, half(shift), total) + added)
        reach = Interval(attend.dots.lo, attend.dots.hi - half(shift))
        score = Signal.like(self.score, reset_less=True)
        m.d.sync += score.eq(
            narrow(m, total, reach, shift, attention.score, name="narrowed", halved=True)
        )
        m.d.comb += self.score.eq(score)
        return m
