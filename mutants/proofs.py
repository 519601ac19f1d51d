"""What mutants are that the bench does not notice: the same at the ports, or not; one by one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from mutants.alone import alone
from mutants.bitparallel import MUTANTS, BitParallel
from mutants.equivalence import Verdict, settle
from mutants.graph import Graph
from mutants.netlist import netlist_graph
from mutants.runs import Difference, Runs
from mutants.trials import kept, read_lines, write_line
from pascaline.spec.files import write_atomic

__all__ = ["Proofs"]

Progress = Callable[[str, int, int], None]

BUSY = 10
"""How many times the cycles of random runs there are in which nothing pauses."""


@dataclass(frozen=True)
class Proofs:
    """What can be said of mutants; kept in files.

    Parameters
    ----------
    rtlil : str
        The netlist.
    mutants : mapping
        Those in question, by number.
    environment : str
        What is around the machine; see `mutants.environment`.
    usual, busy : mapping
        Values of inputs: usual ones, and such with which nothing pauses.
    cycles : int
        Of the random runs of each mutant.
    folder : Path
        Where all is kept; the inputs that tell a mutant from the machine in ``witness-N.json``.
    pool : Executor
        Where all that takes time is done.
    progress : callable
        Told what is done, how many of it, and of how many.
    """

    rtlil: str
    mutants: Mapping[int, str]
    environment: str
    usual: Mapping[str, Sequence[int]]
    busy: Mapping[str, int]
    cycles: int
    folder: Path
    pool: Executor
    progress: Progress

    def told_apart(self) -> list[int]:
        """Those that random runs tell from the machine."""
        found = self._run("random", list(self.mutants), 1)
        return [number for number, latches in found.items() if latches is None]

    def settled(self, numbers: Sequence[int], seconds: int) -> dict[int, str | None]:
        """What others are, after questions of so many seconds each.

        Returns
        -------
        dict
            ``"equivalent"``; ``"different"``, then there is a witness; or None.
        """
        path = self.folder / f"verdicts-{self._key}-{seconds}.jsonl"
        path.touch()
        todo = [number for number in numbers if number not in read_lines(path)]
        latches = self._run("random", list(self.mutants), 1)
        asked = {
            self.pool.submit(_settle, self._place, number, latches[number] or (), seconds): number
            for number in todo
        }
        for future in as_completed(asked):
            write_line(path, asked[future], future.result())
            found = read_lines(path)
            self.progress("proofs", sum(number in found for number in numbers), len(numbers))
        found = read_lines(path)
        return {number: found[number] for number in numbers}

    def alone(self, numbers: Sequence[int], name: str, seconds: int) -> dict[int, str | None]:
        """What those of a machine are of which that is not known, see `mutants.alone`."""
        sources = sorted(Path(__file__).with_name("lemmas").glob("*.py"))
        digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
        path = self.folder / f"alone-{self._key}-{digest.hexdigest()[:12]}-{seconds}.jsonl"
        path.touch()
        asked = {}
        for number in numbers:
            if number not in read_lines(path):
                given = self.rtlil, number, self.mutants[number], self.environment
                values = dict(self.usual), dict(self.busy)
                asked[self.pool.submit(alone, *given, *values, name, seconds)] = number
        for done, future in enumerate(as_completed(asked), start=1):
            verdict, number = future.result(), asked[future]
            _write(self.folder, number, verdict)
            write_line(path, number, verdict.known)
            self.progress("proofs of graphs alone", done, len(asked))
        found = read_lines(path)
        return {number: found[number] for number in numbers}

    def sought(self, numbers: Sequence[int]) -> list[int]:
        """Those that more runs, in which nothing pauses, tell from the machine."""
        found = self._run("busy", numbers, BUSY)
        return [number for number, latches in found.items() if latches is None]

    def _run(self, kind: str, numbers: Sequence[int], times: int) -> dict[int, list[int] | None]:
        """Places of registers that differed in runs of mutants; None if the ports did.

        Parameters
        ----------
        kind : {"random", "busy"}
            With any inputs, or with those with which nothing pauses.
        numbers : sequence of int
            Of the mutants.
        times : int
            How often there are so many cycles.
        """
        path = self.folder / f"{kind}-{self._key}-{self.cycles}.jsonl"
        path.touch()
        todo = [number for number in numbers if number not in read_lines(path)]
        groups = [todo[first : first + MUTANTS] for first in range(0, len(todo), MUTANTS)]
        asked = {
            self.pool.submit(_run, self._place, kind, group, self.cycles, seed): place
            for place, group in enumerate(groups)
            for seed in range(times)
        }
        parts: list[list[dict[int, list[int] | None]]] = [[] for _ in groups]
        for done, future in enumerate(as_completed(asked), start=1):
            parts[asked[future]].append(future.result())
            self.progress(f"{kind} runs", done, len(asked))
            if len(same := parts[asked[future]]) == times:
                for number in groups[asked[future]]:
                    every = [part[number] for part in same]
                    apart = None in every
                    union = {latch for latches in every for latch in latches or ()}
                    write_line(path, number, None if apart else sorted(union))
        found = read_lines(path)
        return {number: found[number] for number in numbers}

    @cached_property
    def _key(self) -> str:
        identity = f"{self.rtlil} {self.mutants} {self.environment} {self.usual}"
        return hashlib.sha256(identity.encode()).hexdigest()[:12]

    @cached_property
    def _place(self) -> _Place:
        def make() -> str:
            asked = self.pool.submit(netlist_graph, self.rtlil, self.mutants, self.environment)
            return asked.result()

        name = f"graph-{self._key}"
        kept(self.folder, name, make)
        return _Place(self.folder, name, json.dumps(dict(self.usual)), json.dumps(dict(self.busy)))


@dataclass(frozen=True)
class _Place:
    """Where a process finds the graph, and with what inputs it is run."""

    folder: Path
    name: str
    usual: str
    busy: str


@lru_cache(maxsize=8)
def _loaded(place: _Place) -> tuple[Graph, Runs]:
    """Read once in each process."""
    graph = Graph.read(kept(place.folder, place.name, _missing))
    return graph, Runs(graph, BitParallel(graph), json.loads(place.usual), json.loads(place.busy))


def _missing() -> str:
    raise RuntimeError("the graph was damaged while it was in use")


def _run(
    place: _Place, kind: str, numbers: Sequence[int], cycles: int, seed: int
) -> dict[int, list[int] | None]:
    _, runs = _loaded(place)
    pausing = kind == "random"
    rng = np.random.default_rng([seed, numbers[0], pausing])
    found = runs.random(numbers, cycles, rng, pausing=pausing)
    for number, one in found.items():
        _write(place.folder, number, one)
    return {n: None if one.witness is not None else list(one.latches) for n, one in found.items()}


def _settle(place: _Place, number: int, latches: Sequence[int], seconds: int) -> str | None:
    graph, runs = _loaded(place)
    verdict = settle(graph, runs, number, latches, seconds)
    _write(place.folder, number, verdict)
    return verdict.known


def _write(folder: Path, number: int, found: Difference | Verdict) -> None:
    if found.witness is not None:
        text = json.dumps(asdict(found.witness))
        write_atomic(folder / f"witness-{number}.json", text)
