"""The memories of a model: how large they are, and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pascaline.spec.core import Core
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.image import (
    gate_weight_words,
    head_layout,
    head_row_words,
    head_weight_words,
    initial_c_words,
    initial_h_words,
    row_words,
    unit_words,
)
from pascaline.spec.zeros import ZeroPoints

__all__ = [
    "COLUMN",
    "WIDEST",
    "Memories",
    "Memory",
    "core_memories",
    "flat",
    "head_memories",
]

COLUMN = 32
"""Bits of a column: of what is loaded at a time, and what has a parity bit."""

WIDEST = (1 << 16) - 1
"""Bits that a word can have: Amaranth numbers those of a cell of a netlist with 16 bits."""


@dataclass(frozen=True)
class Memory:
    """A memory of the model's integers.

    Attributes
    ----------
    depth, bits : int
        Words, and bits of each.
    make : callable
        Gives the words.
    """

    depth: int
    bits: int
    make: Callable[[], list[int]]

    @property
    def words(self) -> list[int]:
        """The words."""
        words = self.make()
        assert len(words) == self.depth
        return words

    def stored(self, parity: bool) -> int:
        """Bits of a word as it is stored: with parity, one more for each column."""
        return self.bits + parity * self.columns

    @property
    def columns(self) -> int:
        """Parts of `COLUMN` bits that a word has; the last one may have fewer."""
        return -(-self.bits // COLUMN)


Memories = dict[str, "Memory | Memories"]
"""Memories by name; those of a part of the machine are together."""


def core_memories(core: Core) -> Memories:
    """Weights of the lanes, scales and biases of rows; then what a core has or has not."""
    unit, drain = core.unit, core.drain
    groups = core.directions * drain.groups * len(core.passes)
    fronts = drain.gates * drain.cell_units // drain.front
    found: Memories = {}
    if not core.wired:
        found["weights"] = Memory(
            core.program.words, core.weight_bits, partial(gate_weight_words, core)
        )
    found["rows"] = Memory(
        groups * fronts, unit.row_layout.bits * drain.front, partial(row_words, core)
    )
    if unit.unit_layout.bits:
        bits = unit.unit_layout.bits * drain.cell_units
        found["units"] = Memory(groups, bits, partial(unit_words, core))
    layer = core.layer
    if layer.initial:
        banks = core.directions << core.program.vector_bits
        bits = core.machine.simd * layer.h.width
        chunks = core.h_product.chunks
        found["initial_h"] = Memory(chunks * banks, bits, partial(initial_h_words, core))
    if layer.initial and layer.carried is not None:
        bits = core.cell_units * layer.carried.width
        found["initial_c"] = Memory(groups, bits, partial(initial_c_words, core))
    if core.zeros is not None and core.zeros.loaded:
        found["zeros"] = _zeros(core.zeros)
    if core.head_unit is not None:
        found["head"] = head_memories(core.head_unit)
    return found


def head_memories(head_unit: HeadUnit) -> Memories:
    """Weights of a head, scales and biases of its rows, a zero point that is loaded."""
    product = head_unit.product
    bits = product.lanes * product.simd * head_unit.head.weights.bits
    found: Memories = {
        "weights": Memory(
            product.tiles * product.chunks, bits, partial(head_weight_words, head_unit)
        ),
        "rows": Memory(
            head_unit.head.classes, head_layout(head_unit).bits, partial(head_row_words, head_unit)
        ),
    }
    if head_unit.zeros is not None and head_unit.zeros.loaded:
        found["zeros"] = _zeros(head_unit.zeros)
    return found


def _zeros(zeros: ZeroPoints) -> Memory:
    return Memory(len(zeros.rows), zeros.layout.bits, zeros.words)


def flat(memories: Memories) -> Iterator[tuple[tuple[str, ...], Memory]]:
    """All memories with where they are, in order."""
    for name, one in memories.items():
        if isinstance(one, Memory):
            yield (name,), one
        else:
            for path, memory in flat(one):
                yield (name, *path), memory
