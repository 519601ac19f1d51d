"""Collects the vectors that results are made of, where these are not those of one core."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.dense import Dense
from pascaline.spec.formats import Format
from pascaline.spec.machine import Machine

__all__ = ["Gather"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Gather:
    """A memory of two vectors a stream, and what reads it.

    Parameters
    ----------
    parts : tuple of int
        Elements of a vector by direction; each part starts with a chunk.
    h : Format
        Format of an element.
    machine : Machine
        The machine.
    pools : bool
        Whether elements are the largest of all steps.
    replayed : bool
        Whether vectors come whole, or a direction at a time, each by its stream.
    dense : Dense or None
        Head that reads the vectors.
    """

    parts: tuple[int, ...]
    h: Format
    machine: Machine
    pools: bool
    replayed: bool
    dense: Dense | None

    @property
    def part_chunks(self) -> int:
        """Chunks of a part."""
        return -(-self.parts[0] // self.machine.simd)

    @property
    def chunks(self) -> int:
        """Chunks of a vector."""
        return len(self.parts) * self.part_chunks

    @property
    def stream_bits(self) -> int:
        """Width of the number of a stream of results."""
        return (self.machine.streams - 1).bit_length()

    @property
    def arrivals(self) -> int:
        """Vectors that arrive for each whole one."""
        return 1 if self.replayed else len(self.parts)
