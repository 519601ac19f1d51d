"""A decoder: a layer that gives symbols, step by step, and looks at the vectors before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar

from pascaline.spec.clock import NEVER
from pascaline.spec.core import Core
from pascaline.spec.decoder import Decoder
from pascaline.spec.flow import End, HeadClock, ReaderClock, StageClock
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.image import vector_words
from pascaline.spec.layout import Layout
from pascaline.spec.memories import Memories, Memory, core_memories, head_memories
from pascaline.spec.payloads import result_layout
from pascaline.spec.stage import Part, Phases, Views
from pascaline.spec.stages.attend import Attend
from pascaline.spec.stages.core import CoreStage
from pascaline.spec.stages.vectors import VectorStage
from pascaline.spec.tensors import Integers

__all__ = ["Decode"]

PHASES = ("take", "feed", "step", "look", "tell")
"""What the decoder does: takes the vectors of a sequence; gives the core the last symbol and the
last context; waits for h; attends to the vectors; waits for the symbol, and until it is taken."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Decode(VectorStage):
    """A memory of the vectors of a sequence, and what decodes it: a core, attention and a head.

    All vectors of a sequence are taken, a chunk a cycle, and kept. Then the parts work one after
    the other, an output symbol at a time: the core gets the embedding of the last symbol and the
    last context, and gives h; attention weighs all vectors by how well they meet h, which makes the
    next context; the head makes a symbol of both. The next sequence is taken after the last symbol.

    Parameters
    ----------
    decoder : Decoder
        What is computed.
    core : Core
        The decoder's layer on the machine.
    embedding : Integers
        Embeddings, (classes, decoder.embedding).
    head : HeadUnit
        The head, which reads h of the decoder and the context.
    name, before, inputs, h, machine
        As of `VectorStage`; vectors come whole.
    """

    decoder: Decoder
    core: Core
    embedding: Integers
    head: HeadUnit

    kind: ClassVar[str] = "decode"

    @cached_property
    def attend(self) -> Attend:
        """Attention with h of the decoder as the query."""
        return Attend(
            name="attend",
            before=self.before,
            attention=self.decoder.attention,
            query=None,
            inputs=self.inputs,
            h=self.h,
            machine=self.machine,
        )

    @cached_property
    def core_stage(self) -> CoreStage:
        """The core as a stage."""
        return CoreStage(name="core", core=self.core)

    @property
    def hidden_chunks(self) -> int:
        """Chunks of h."""
        return self.core.h_product.chunks

    @property
    def embedding_chunks(self) -> int:
        """Chunks of an embedding."""
        return -(-self.decoder.embedding // self.machine.simd)

    @property
    def memory(self) -> int:
        """Cycles from an address to a word."""
        return self.attend.memory

    @cached_property
    def o(self) -> Layout:
        return result_layout(self.head, self.h, self.machine.simd, 1)

    @property
    def memories(self) -> Memories:
        return {self.name: self.own_memories}

    @property
    def own_memories(self) -> Memories:
        """The model's memories in it."""
        simd, width = self.machine.simd, self.h.width
        embedding = Memory(
            len(self.embedding) * self.embedding_chunks, simd * width, partial(_rows, self)
        )
        return {
            "core": core_memories(self.core),
            "embedding": embedding,
            "head": head_memories(self.head),
        }

    @property
    def head_unit(self) -> HeadUnit | None:
        return self.head

    @property
    def parts(self) -> tuple[Part, ...]:
        core = [
            Part(part.name, tuple(f"core.{at}".rstrip(".") for at in part.instances))
            for part in self.core_stage.parts
            if part.name != "head"
        ]
        return (
            Part("decoder", ("",)),
            *core,
            Part("attention", ("attend",)),
            Part("head", ("outputs",)),
        )

    @property
    def views(self) -> Views:
        nets = "phase first symbol number chunk i_x__valid i_x__ready"
        nets += " o__valid o__ready o__payload"
        return {"": {"": nets}}

    @property
    def phases(self) -> Phases:
        *words, last = PHASES
        own = {word: f"phase == {number}" for number, word in enumerate(words)} | {last: ""}
        core = {f"core.{inside}": rules for inside, rules in self.core_stage.phases.items()}
        return {"": own, **core}

    @property
    def title(self) -> str:
        return "decoder"

    @property
    def lines(self) -> tuple[str, ...]:
        layer = self.core.layer
        return (
            f"{layer.full_title}: {layer.hidden:,} units, embeddings of {self.decoder.embedding:,}",
            f"attention to {sum(self.inputs):,} elements of up to {self.machine.longest:,} steps",
            f"up to {self.decoder.most:,} symbols",
        )

    @property
    def pace(self) -> float:
        return self.chunks

    def clock(self, after: StageClock, end: End) -> StageClock:
        return _Clock(self, end)


def _rows(decode: Decode) -> list[int]:
    """Embeddings, each in chunks."""
    simd, width = decode.machine.simd, decode.h.width
    parts = (decode.decoder.embedding,)
    return [word for row in decode.embedding for word in vector_words(row, parts, simd, width)]


class _Last(StageClock):
    """Remembers when a vector was taken; there is always room."""

    def __init__(self) -> None:
        self.taken = NEVER

    def room(self, stream: int) -> int:
        return NEVER

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self.taken = taken


class _Clock(StageClock):
    """One sequence at a time."""

    def __init__(self, decode: Decode, end: End) -> None:
        self._decode = decode
        self._end = end
        self._h, self._context, self._symbol = _Last(), _Last(), End()
        self._core = decode.core_stage.clock(self._h, end)
        self._attend = decode.attend.clock(self._context, end)
        self._head = HeadClock(decode.head, self._symbol)
        self._steps = 0
        self._free = NEVER

    def room(self, stream: int) -> int:
        return self._free

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self._steps += 1
        if not last:
            return
        decode = self._decode
        for number in range(self._end.symbols()):
            # The first word is read a cycle after what came before it.
            fed = taken + decode.core.x_product.chunks + decode.memory
            self._core.push(fed, 0, first=number == 0, last=True)
            self._look(self._h.taken)
            self._head.give(self._context.taken + 1)
            taken = self._symbol.last
        self._end.push(taken, stream, first=False, last=True)
        self._free = taken + 1
        self._steps = 0

    def _look(self, taken: int) -> None:
        """Attention to all vectors, after the last chunk of h was taken."""
        reader = ReaderClock()
        for step in range(self._steps):
            reader.give(self._decode.chunks, taken + 1, self._attend.room(0))
            self._attend.push(reader.taken, 0, first=step == 0, last=step == self._steps - 1)
