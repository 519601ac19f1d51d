"""Whether mutants change anything at the ports of a machine: random runs, and proofs by ABC.

A proof goes by induction over time. As long as a mutant has done what the machine does both are in
the same state, so one set of registers is enough for both; only those in which random runs saw a
difference that reached no port are there twice. ABC then shows that no state is ever reached in
which the two would differ in any other register, or at the ports.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mutants.graph import Builder, Graph
from sim.tb_mutants import SELECT
from spec.tools import find_tool

__all__ = ["Difference", "equivalent", "random_runs"]

Words = npt.NDArray[np.uint64]

ALL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


@dataclass(frozen=True)
class Difference:
    """What random runs saw of a mutant.

    Attributes
    ----------
    cycle : int or None
        The first in which something differed at the ports.
    latches : tuple of int
        Places of those that ever differed.
    """

    cycle: int | None
    latches: tuple[int, ...]


def random_runs(
    graph: Graph,
    numbers: Sequence[int],
    cycles: int,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict[int, Difference]:
    """Run mutants beside the machine on the same random inputs, 64 runs of each at a time."""
    step = _Levels(graph)
    values = np.zeros((graph.size, len(numbers) + 1), dtype=np.uint64)
    selects = _selects(graph)
    free = [literal >> 1 for literal in graph.inputs if literal not in selects]
    for literal, bit in selects.items():
        chosen = [ALL if number >> bit & 1 else np.uint64(0) for number in (0, *numbers)]
        values[literal >> 1] = chosen
    for literal, _, first in graph.latches:
        values[literal >> 1] = ALL * np.uint64(first)
    latches = np.array([literal >> 1 for literal, _, _ in graph.latches])
    following = [latch[1] for latch in graph.latches]
    infected = np.zeros((len(latches), len(numbers) + 1), dtype=bool)
    cycle = np.full(len(numbers) + 1, -1)
    for now in range(cycles):
        values[free] = rng.integers(0, ALL, (len(free), 1), np.uint64, endpoint=True)
        step.run(values)
        seen = _read(values, graph.outputs)
        cycle[(seen != seen[:, :1]).any(axis=0) & (cycle < 0)] = now
        state = _read(values, following)
        infected |= state != state[:, :1]
        values[latches] = state
        progress(now + 1, cycles)
    return {
        number: Difference(
            None if cycle[place] < 0 else int(cycle[place]),
            tuple(np.flatnonzero(infected[:, place]).tolist()),
        )
        for place, number in enumerate(numbers, start=1)
    }


def equivalent(graph: Graph, number: int, latches: Sequence[int], seconds: int) -> bool:
    """Whether a mutant is proven to be the same at the ports.

    Parameters
    ----------
    graph : Graph
        The machine in its environment, with mutants.
    number : int
        Of the mutant.
    latches : sequence of int
        Places of those that may differ.
    seconds : int
        After these the answer is no.
    """
    selects = _selects(graph)
    free = [literal for literal in graph.inputs if literal not in selects]
    builder = Builder(len(free), len(graph.latches) + len(latches))
    own = dict(zip(latches, builder.latches[len(graph.latches) :], strict=True))
    places = range(len(graph.latches))

    def copy(chosen: int, state: dict[int, int]) -> tuple[list[int], list[int]]:
        values = dict(zip(free, builder.inputs, strict=True))
        values |= {literal: chosen >> bit & 1 for literal, bit in selects.items()}
        values |= {graph.latches[place][0]: state[place] for place in places}
        return builder.copy(graph, values)

    shared = dict(zip(places, builder.latches, strict=False))
    following, seen = copy(0, shared)
    changed, noticed = copy(number, shared | own)
    pairs = [(following[place], changed[place]) for place in places if place not in own]
    different = builder.differs([*pairs, *zip(seen, noticed, strict=True)])
    if different == 0:
        return True
    first = [latch[2] for latch in graph.latches]
    state = list(zip(following, first, strict=True))
    state += [(changed[place], first[place]) for place in own]
    return _unreachable(builder.aiger(state, different), seconds)


def _unreachable(aiger: bytes, seconds: int) -> bool:
    """Whether ABC proves that the output is never true."""
    abc = find_tool("yosys-abc", "apt install yosys")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "claim.aig").write_bytes(aiger)
        command = [abc, "-c", "read_aiger claim.aig; scleanup; pdr"]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return False
    return "Property proved" in done.stdout


class _Levels:
    """The conjunctions of a graph in groups that can be evaluated at once."""

    def __init__(self, graph: Graph) -> None:
        level = [0] * graph.size
        for literal, a, b in graph.ands:
            level[literal >> 1] = 1 + max(level[a >> 1], level[b >> 1])
        rows = np.array(graph.ands, dtype=np.int64)
        depth = np.array([level[literal >> 1] for literal, _, _ in graph.ands])
        self._groups = []
        for group in (rows[depth == one] for one in range(1, int(depth.max(initial=0)) + 1)):
            columns = [
                (group[:, k] >> 1, (group[:, k, None] & 1).astype(np.uint64) * ALL) for k in (1, 2)
            ]
            self._groups.append((group[:, 0] >> 1, *columns))

    def run(self, values: Words) -> None:
        """Evaluate all of them."""
        for place, (a, not_a), (b, not_b) in self._groups:
            values[place] = (values[a] ^ not_a) & (values[b] ^ not_b)


def _read(values: Words, literals: Sequence[int]) -> Words:
    found = np.array(literals, dtype=np.int64)
    read: Words = values[found >> 1] ^ _inverted(found)
    return read


def _inverted(literals: npt.NDArray[np.int64]) -> Words:
    return (literals[:, None] & 1).astype(np.uint64) * ALL


def _selects(graph: Graph) -> dict[int, int]:
    """Literals of the inputs that choose a mutant, with the bit of each."""
    named = {f"{SELECT}[{bit}]": bit for bit in range(64)}
    return {literal: named[name] for name, literal in graph.names.items() if name in named}
