"""Bits of memories that are flipped, drawn at random."""

from __future__ import annotations

import random
from typing import Any

from pascaline.sim.hierarchy import Array, Hierarchy
from pascaline.sim.job import Flip

__all__ = ["OUTCOMES", "FlippedBit", "draw_flips", "guarded"]

OUTCOMES = {
    "caught": "there was a fault, and all results before it were right",
    "harmless": "the bit was overwritten, or never read before it mattered: all results were right",
    "missed": "a wrong result was given, or one is missing without a fault",
}
"""What can come of a flip."""

BARE = {"entries", "queue"}
"""Instances without parity: tables of activation functions, and queues of requests."""


def guarded(verilog: str, top: str) -> list[Array]:
    """The memories of a machine that have parity."""
    arrays = Hierarchy(verilog, top).arrays()
    return [array for array in arrays if not BARE & set(array.path)]


def draw_flips(arrays: list[Array], count: int, episodes: int, seed: int) -> tuple[Flip, ...]:
    """Random bits of random memories at random times of random episodes."""
    rng = random.Random(seed)
    flips = []
    for _ in range(count):
        array = rng.choice(arrays)
        flips.append(
            Flip(
                memory=array.path,
                word=rng.randrange(array.depth),
                bit=rng.randrange(array.width),
                when=rng.random(),
                episode=rng.randrange(episodes),
            )
        )
    return tuple(flips)


class FlippedBit:
    """A bit of a memory that has just changed, in a simulator.

    Parameters
    ----------
    dut : handle
        The top.
    flip : Flip
        Which bit.
    """

    def __init__(self, dut: Any, flip: Flip) -> None:
        memory = dut
        for name in flip.memory:
            memory = getattr(memory, name)
        self._word = memory[flip.word]
        self._before = int(self._word.value)
        self._after = self._before ^ 1 << flip.bit
        self._word.value = self._after

    def restore(self) -> None:
        """Change it back, unless the word has been written since."""
        if int(self._word.value) == self._after:
            self._word.value = self._before
