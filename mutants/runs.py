"""Random runs of mutants beside the machine, and what tells one from the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mutants.bitparallel import MUTANTS, WORDS, BitParallel, Bits
from mutants.graph import Graph
from pascaline.sim.tb_replay import FREE_RESET

__all__ = ["Difference", "Runs", "Witness"]

BLOCK = 1000
"""Cycles of a run, from the first state on."""

SEGMENT = 50
"""Cycles in which the bits of an input are drawn alike."""

CHANCES = (1 / 32, 1 / 8, 1 / 4, 1 / 2, 1 / 2, 3 / 4, 7 / 8, 31 / 32)
"""How likely a bit is 1: there are times in which nearly nothing comes or goes."""

HELD = 0.2
"""How likely an input keeps its value for a segment."""

USUAL = 0.8
"""How likely an input that has a usual value keeps that for a segment."""

RESETTING = 3
"""Cycles of reset at the start."""

ONWARD = 8
"""Random ways in which a trace may go on."""


@dataclass(frozen=True)
class Witness:
    """Inputs after which a mutant shows something else at the ports than the machine.

    Attributes
    ----------
    inputs : dict of str to list of int
        The value of each input in each cycle.
    seen : list of int
        What the machine shows in each cycle; a mutant shows something else in the last one.
    """

    inputs: dict[str, list[int]]
    seen: list[int]


@dataclass(frozen=True)
class Difference:
    """What runs saw of a mutant.

    Attributes
    ----------
    witness : Witness or None
        If something differed at the ports.
    latches : tuple of int
        Places of those that ever differed.
    """

    witness: Witness | None
    latches: tuple[int, ...]


class Runs:
    """Mutants beside the machine, on the same inputs.

    Parameters
    ----------
    graph : Graph
        The machine in its environment, with mutants.
    parallel : BitParallel
        Evaluates the graph.
    usual : mapping of str to sequence of int, optional
        Values of inputs, without which hardly anything happens.
    busy : mapping of str to int, optional
        Values of inputs with which nothing pauses.

    Attributes
    ----------
    busy : dict of int to int
        By literal, a bit each.
    places : list of tuple
        Name and bit of each free input.
    """

    def __init__(
        self,
        graph: Graph,
        parallel: BitParallel,
        usual: Mapping[str, Sequence[int]] | None = None,
        busy: Mapping[str, int] | None = None,
    ) -> None:
        self._parallel = parallel
        names = {literal: name for name, literal in graph.names.items()}
        split = [names[literal].rstrip("]").partition("[") for literal in parallel.free]
        self.places = [(name, int(bit or 0)) for name, _, bit in split]
        pins = sorted({name for name, _ in self.places})
        self._pins = np.array([pins.index(name) for name, _ in self.places], dtype=np.int64)
        self._resets = np.array([name == FREE_RESET for name, _ in self.places], dtype=bool)
        self._plain = np.array([name == FREE_RESET for name in pins], dtype=bool)
        self._usual = {pins.index(name): np.array(values) for name, values in (usual or {}).items()}
        self._bits = np.array([bit for _, bit in self.places])
        places = dict(zip(parallel.free, self.places, strict=True))
        self.busy = {
            literal: busy[name] >> bit & 1
            for literal, (name, bit) in places.items()
            if busy and name in busy
        }
        self._fixed = np.array([self.busy.get(literal, -1) for literal in parallel.free])

    def random(
        self,
        numbers: Sequence[int],
        cycles: int,
        rng: np.random.Generator,
        progress: Callable[[int, int], None] = lambda *_: None,
        *,
        pausing: bool = True,
    ) -> dict[int, Difference]:
        """Run mutants on random inputs, each for about so many cycles; or on `busy` ones."""
        found = {}
        blocks = -(-cycles // (BLOCK * WORDS))
        groups = [numbers[k : k + MUTANTS] for k in range(0, len(numbers), MUTANTS)]
        for place, group in enumerate(groups):
            left = list(group)
            infected = dict.fromkeys(left, False)
            for block in range(blocks if left else 0):
                bits = self.draw(rng, BLOCK)
                if not pausing:
                    bits[RESETTING:, self._fixed == 0] = 0
                    bits[RESETTING:, self._fixed == 1] = 255
                run = self._parallel.run(left, bits)
                for lane, number in enumerate(left):
                    infected[number] = infected[number] | run.infected[lane]
                    witness = self._witness(run.different[lane], bits, run.seen)
                    if witness is not None:
                        found[number] = Difference(witness, ())
                left = [number for number in left if number not in found]
                progress(place * blocks + block + 1, len(groups) * blocks)
            for number in left:
                latches = np.flatnonzero(infected[number]).tolist()
                found[number] = Difference(None, tuple(latches))
        return found

    def follow(
        self, number: int, trace: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> Difference:
        """What a mutant does on a trace, and on random inputs after it.

        Parameters
        ----------
        number : int
            Of the mutant.
        trace : ndarray of bool, shape (cycles, inputs)
            After a reset.
        rng : numpy.random.Generator
            Of what comes then.

        Returns
        -------
        Difference
            A witness, or what differs at the end of the trace.
        """
        before = np.zeros((RESETTING, len(self._pins)), dtype=np.uint8)
        before[:, self._resets] = 255
        start = np.concatenate([before[: RESETTING * self._resets.any()], 255 * trace])
        start = start.astype(np.uint8)
        for _ in range(ONWARD):
            bits = np.concatenate([start, self.draw(rng, BLOCK)[RESETTING:]])
            run = self._parallel.run([number], bits)
            witness = self._witness(run.different[0], bits, run.seen)
            if witness is not None:
                return Difference(witness, ())
        latches = np.flatnonzero(self._parallel.run([number], start).infected[0])
        return Difference(None, tuple(latches.tolist()))

    def draw(self, rng: np.random.Generator, cycles: int) -> Bits:
        """Inputs of some cycles after a reset; the first bit is that of the first run.

        Each is drawn in its own way for a while, now rare, now frequent, now constant. In half of
        the runs there is no other reset.
        """
        shape = (-(-cycles // SEGMENT), len(self._plain), WORDS)
        chance = rng.choice(np.array(CHANCES, dtype=np.float32), shape)
        held = rng.random(shape) < HELD
        chance[:, self._plain], held[:, self._plain] = 0.5, False
        drawn = rng.random((cycles, len(self._pins), WORDS), dtype=np.float32)
        bits = np.empty(drawn.shape, dtype=bool)
        for k, first in enumerate(range(0, cycles, SEGMENT)):
            part = slice(first, first + SEGMENT)
            bits[part] = drawn[part] < chance[k, self._pins]
            bits[part] = np.where(held[k, self._pins], bits[first], bits[part])
            for pin, values in self._usual.items():
                places = self._pins == pin
                value = rng.choice(values, WORDS) >> self._bits[places, None] & 1
                usual = rng.random(WORDS) < USUAL
                bits[part, places] = np.where(usual, value, bits[part, places])
        if self._resets.any():
            bits[:, self._resets] &= rng.random(WORDS) < 0.5
            bits[:RESETTING, self._resets] = True
        return np.packbits(bits, axis=2, bitorder="little")[..., 0]

    def _witness(self, different: npt.NDArray[np.bool_], bits: Bits, seen: Bits) -> Witness | None:
        """The earliest difference of a mutant in any of the runs."""
        cycles = np.flatnonzero(different.any(axis=0))
        if len(cycles) == 0:
            return None
        last = int(cycles[0]) + 1
        run = int(np.flatnonzero(different[:, last - 1])[0])
        inputs: dict[str, list[int]] = {}
        for (name, bit), column in zip(self.places, bits[:last].T.tolist(), strict=True):
            values = inputs.setdefault(name, [0] * last)
            for cycle, value in enumerate(column):
                values[cycle] |= (value >> run & 1) << bit
        shown = [
            sum((v >> run & 1) << k for k, v in enumerate(row)) for row in seen[:last].tolist()
        ]
        return Witness(inputs, shown)
