"""Bit-parallel evaluation: 63 mutants and the machine in the bits of a word, 8 runs at a time."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mutants.graph import Graph
from pascaline.host.compiled import library
from pascaline.sim.tb_mutants import SELECT

__all__ = ["MUTANTS", "WORDS", "BitParallel", "Run", "selects"]

Words = npt.NDArray[np.uint64]
Bits = npt.NDArray[np.uint8]

WORDS = 8
"""Runs at a time, each with inputs of its own."""

MUTANTS = 63
"""In a run; the 64th bit of its word is the machine."""

SOURCE = Path(__file__).with_name("bitparallel.cpp")

FLAGS = ("-O3", "-march=native", "-Wno-psabi")
"""Of g++."""


@dataclass(frozen=True)
class Run:
    """What 8 runs have shown.

    Attributes
    ----------
    different : ndarray of bool, shape (mutants, WORDS, cycles)
        Whether something at the ports was not as the machine has it.
    infected : ndarray of bool, shape (mutants, latches)
        Registers that ever were not as the machine has them.
    seen : ndarray of uint8, shape (cycles, outputs)
        The machine's outputs; bit k in run k.
    """

    different: npt.NDArray[np.bool_]
    infected: npt.NDArray[np.bool_]
    seen: Bits


class BitParallel:
    """A graph that is evaluated for many mutants at a time, one in each bit of a word.

    Parameters
    ----------
    graph : Graph
        The machine in its environment, with mutants.

    Attributes
    ----------
    free : list of int
        Literals of the inputs that do not choose a mutant.
    """

    def __init__(self, graph: Graph) -> None:
        self._library = library(SOURCE, FLAGS)
        self._selects = selects(graph)
        self.free = [literal for literal in graph.inputs if literal not in self._selects]
        self._inputs = np.array(self.free, dtype=np.int32) >> 1
        self._ands = np.array(graph.ands, dtype=np.int32).reshape(-1, 3)
        self._ands[:, 0] >>= 1
        latches = np.array(graph.latches, dtype=np.int32).reshape(-1, 3)
        self._latches, self._following = latches[:, 0] >> 1, latches[:, 1].copy()
        self._first = latches[:, 2].astype(bool)
        self._outputs = np.array(graph.outputs, dtype=np.int32)
        self._values = _aligned(graph.size)
        self._next = _aligned(len(latches))

    def run(self, numbers: Sequence[int], bits: Bits) -> Run:
        """Run from the first state.

        Parameters
        ----------
        numbers : sequence of int
            Of the mutants, at most `MUTANTS`.
        bits : ndarray of uint8, shape (cycles, inputs)
            The `free` inputs; bit k in run k.
        """
        assert len(numbers) <= MUTANTS
        cycles, latches, outputs = len(bits), len(self._latches), len(self._outputs)
        assert bits.shape == (cycles, len(self.free))
        values = self._values
        values[:] = 0
        for literal, bit in self._selects.items():
            chosen = [place for place, number in enumerate(numbers, start=1) if number >> bit & 1]
            values[literal >> 1] = np.uint64(sum(1 << place for place in chosen))
        values[self._latches[self._first]] = ~np.uint64(0)
        infected, different = _aligned(latches), _aligned(cycles)
        seen = np.zeros((cycles, outputs), dtype=np.uint8)
        given = (
            *(cycles, len(self._inputs), self._inputs, np.ascontiguousarray(bits)),
            *(len(self._ands), self._ands),
            *(latches, self._latches, self._following),
            *(outputs, self._outputs),
            *(values, self._next, infected, different, seen),
        )
        self._library.run(
            *(
                ctypes.c_long(one) if isinstance(one, int) else one.ctypes.data_as(ctypes.c_void_p)
                for one in given
            )
        )
        places = np.arange(1, len(numbers) + 1, dtype=np.uint64)[:, None, None]
        of_word = (different.T[None] >> places & np.uint64(1)).astype(bool)
        reached = np.bitwise_or.reduce(infected, axis=1)
        of_latch = (reached >> places[:, 0] & np.uint64(1)).astype(bool)
        return Run(of_word, of_latch, seen)


def selects(graph: Graph) -> dict[int, int]:
    """Literals of the inputs that choose a mutant, with the bit of each."""
    named = {f"{SELECT}[{bit}]": bit for bit in range(64)}
    return {literal: named[name] for name, literal in graph.names.items() if name in named}


def _aligned(rows: int) -> Words:
    """Zeros that vectors of the processor can be read from."""
    size = 8 * WORDS
    raw = np.zeros((rows + 1) * size, dtype=np.uint8)
    start = -raw.ctypes.data % size
    return raw[start : start + rows * size].view(np.uint64).reshape(rows, WORDS)
