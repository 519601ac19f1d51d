"""What stages that see whole vectors of the last layer have in common."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.formats import Format
from pascaline.spec.layout import Layout
from pascaline.spec.machine import Machine
from pascaline.spec.stage import Stage

__all__ = ["VectorStage"]


@dataclass(frozen=True, kw_only=True, eq=False)
class VectorStage(Stage):
    """A stage behind the last layer, which gets its vectors.

    Parameters
    ----------
    name : str
        The stage's name.
    before : Stage
        The stage that gives the vectors.
    inputs : tuple of int
        Elements of a vector by direction; each direction starts with a chunk.
    h : Format
        Format of an element.
    machine : Machine
        The machine.
    """

    name: str
    before: Stage
    inputs: tuple[int, ...]
    h: Format
    machine: Machine

    @property
    def part_chunks(self) -> int:
        """Chunks of a direction."""
        return -(-self.inputs[0] // self.machine.simd)

    @property
    def chunks(self) -> int:
        """Chunks of a vector."""
        return len(self.inputs) * self.part_chunks

    @property
    def stream_bits(self) -> int:
        """Width of the number of a stream."""
        return (self.machine.streams - 1).bit_length()

    @property
    def i_x(self) -> Layout:
        return self.before.o
