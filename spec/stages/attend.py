"""Makes one vector of those of all steps of a sequence, each weighed by its score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar

from pascaline.spec.attention import Attention
from pascaline.spec.clock import NEVER
from pascaline.spec.flow import End, StageClock
from pascaline.spec.formats import Interval
from pascaline.spec.image import vector_words
from pascaline.spec.layout import Layout
from pascaline.spec.memories import Memories, Memory
from pascaline.spec.payloads import result_layout
from pascaline.spec.pipeline import Timing
from pascaline.spec.stage import Part, Views
from pascaline.spec.stages.vectors import VectorStage
from pascaline.spec.tensors import Integers

__all__ = ["Attend"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Attend(VectorStage):
    """Attention: a memory of one vector, one of weighted sums, and dividers.

    A vector is taken, a chunk a cycle, and kept. ``scored`` cycles after its last chunk it is read
    again and added to the sums of its stream, a chunk a cycle; the next one is taken when all of it
    has been read. After the last vector of a sequence the sums are read, and those of a chunk are
    divided side by side, a bit of each quotient a cycle, until all chunks have been given.

    Parameters
    ----------
    attention : Attention
        The formats.
    query : Integers or None
        The query, an element for each of a vector; None: it comes from outside, and its format is
        that of the vectors.
    name, before, inputs, h, machine
        As of `VectorStage`; vectors come whole.
    """

    attention: Attention
    query: Integers | None

    kind: ClassVar[str] = "attend"

    @property
    def tail(self) -> int:
        """Elements of the last chunk of a direction; what is beyond is no element."""
        return self.inputs[0] - (self.part_chunks - 1) * self.machine.simd

    @property
    def dots(self) -> Interval:
        """Range of a sum of products, with the half that rounds it or without."""
        return self.attention.dots(self.h, sum(self.inputs))

    @property
    def totals(self) -> Interval:
        """Range of the sum of the weights of a sequence."""
        return self.attention.totals(self.machine.longest)

    @property
    def sums(self) -> Interval:
        """Range of the weighted sum of an element, less the least of its format."""
        return self.attention.sums(self.h, self.machine.longest)

    @property
    def dividends(self) -> Interval:
        """Range of what is divided by a total: the sum, and half of the total to round it."""
        return self.sums + Interval(0, self.totals.hi // 2)

    @property
    def memory(self) -> int:
        """Cycles from an address to a word."""
        return Timing(self.machine.pipelined).memory

    @property
    def tree_registers(self) -> int:
        """Registers of the tree that adds the products of a chunk; these have one, too."""
        wanted = max(self.machine.tree_registers, int(self.machine.pipelined))
        return 1 + min(wanted, (self.machine.simd - 1).bit_length())

    @property
    def scored(self) -> int:
        """Cycles from the last chunk of a vector to when the first one is read again.

        The sum of all products is there ``memory + tree_registers + 2`` cycles after the last
        chunk, its score, its shifts and its weight a cycle later each; that is when the first chunk
        must have been read.
        """
        return self.tree_registers + 5

    @property
    def vector_cycles(self) -> int:
        """Cycles from the last chunk of a vector to when the next one may be taken."""
        return self.scored + self.chunks

    @property
    def first_cycles(self) -> int:
        """Cycles from the last chunk of a sequence to when the first chunk of its result is given.

        The last sum is written ``memory + 1`` cycles after it has been read, and then the first one
        is read and divided.
        """
        return self.vector_cycles + 2 * self.memory + 1 + self.chunk_cycles

    @property
    def chunk_cycles(self) -> int:
        """Cycles from a chunk of a result to the next one: a load, and a bit a cycle."""
        return 1 + self.h.width

    @cached_property
    def o(self) -> Layout:
        return result_layout(None, self.h, self.machine.simd, self.machine.streams)

    @property
    def memories(self) -> Memories:
        return {self.name: self.own_memories}

    @property
    def own_memories(self) -> Memories:
        """Its memory of the model, the query: a word a chunk, 0 beyond an end."""
        if self.query is None:
            return {}
        simd, width = self.machine.simd, self.attention.query.width
        make = partial(vector_words, self.query, self.inputs, simd, width)
        return {"query": Memory(self.chunks, simd * width, make)}

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("attention", ("",)),)

    @property
    def views(self) -> Views:
        return {
            "": {
                "": "i_x__valid i_x__ready i_x__payload chunk ends dividing phase"
                " o__valid o__ready o__payload"
            },
            "score": {"scoring": "taken given add narrowed_biased score"},
            "weights": {"weights": "strobe score first grown behind weight total"},
            "sums": {"sums": "add chunk first raised_0 product_0 kept_0"},
        }

    @property
    def title(self) -> str:
        return "attention"

    @property
    def lines(self) -> tuple[str, ...]:
        return (f"weighted mean of all steps: {sum(self.inputs):,} elements",)

    @property
    def pace(self) -> float:
        return self.chunks - 1 + self.vector_cycles

    def clock(self, after: StageClock, end: End) -> StageClock:
        return _Clock(self, after)


class _Clock(StageClock):
    """One vector at a time, and at the end of a sequence its result."""

    def __init__(self, attend: Attend, after: StageClock) -> None:
        self._attend = attend
        self._after = after
        self._free = NEVER

    def room(self, stream: int) -> int:
        return self._free

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        attend = self._attend
        self._free = taken + attend.vector_cycles
        if not last:
            return
        begins = max(taken + attend.first_cycles, self._after.room(stream))
        given = begins + (attend.chunks - 1) * attend.chunk_cycles
        self._after.push(given, stream, first=True, last=True)
        self._free = given + 1
