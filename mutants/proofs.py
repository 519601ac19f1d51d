"""What mutants are that the bench does not notice: the same at the ports, or not; one by one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from threading import local

import numpy as np

from mutants.bitparallel import BitParallel
from mutants.equivalence import settle
from mutants.graph import Graph
from mutants.netlist import netlist_graph
from mutants.runs import Difference, Runs, Witness
from mutants.trials import kept, read_lines, write_line
from pascaline.spec.files import write_atomic

__all__ = ["Proofs"]

Progress = Callable[[str, int, int], None]

RANDOM = 2_000_000
"""Cycles of the random runs of each mutant."""


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
    folder : Path
        Where all is kept; the inputs that tell a mutant from the machine in ``witness-N.json``.
    progress : callable
        Told what is done, how many of it, and of how many.
    """

    rtlil: str
    mutants: Mapping[int, str]
    environment: str
    usual: Mapping[str, Sequence[int]]
    busy: Mapping[str, int]
    folder: Path
    progress: Progress

    def told_apart(self) -> list[int]:
        """Those that random runs tell from the machine."""
        return [number for number, latches in self._random.items() if latches is None]

    def sought(self, numbers: Sequence[int]) -> list[int]:
        """Those that ten times as many runs in which nothing pauses tell from the machine."""
        key = hashlib.sha256(f"{self._key} {numbers}".encode()).hexdigest()[:12]

        def make() -> str:
            rng, told = np.random.default_rng(1), partial(self.progress, "busy runs")
            found = self._runs().random(numbers, 10 * RANDOM, rng, told, pausing=False)
            return json.dumps(self._written(found))

        found: list[int] = json.loads(kept(self.folder, f"sought-{key}-{RANDOM}", make))
        return found

    def settled(self, numbers: Sequence[int], seconds: int, jobs: int) -> dict[int, str | None]:
        """What others are, after questions of so many seconds each.

        Returns
        -------
        dict
            ``"equivalent"``; ``"different"``, then there is a witness; or None.
        """
        path = self.folder / f"verdicts-{self._key}-{seconds}.jsonl"
        path.touch()
        todo = [number for number in numbers if number not in read_lines(path)]
        own = local()

        def one(number: int) -> None:
            if not hasattr(own, "runs"):
                own.runs = self._runs()
            latches = self._random[number]
            assert latches is not None
            verdict = settle(self._graph, own.runs, number, latches, seconds)
            if verdict.witness is not None:
                self._write(number, verdict.witness)
            said = "equivalent" if verdict.equivalent else None
            write_line(path, number, "different" if verdict.witness is not None else said)

        with ThreadPoolExecutor(jobs) as pool:
            for future in as_completed([pool.submit(one, number) for number in todo]):
                future.result()
                found = read_lines(path)
                self.progress("proofs", sum(number in found for number in numbers), len(numbers))
        found = read_lines(path)
        return {number: found[number] for number in numbers}

    @cached_property
    def _key(self) -> str:
        identity = f"{self.rtlil} {self.mutants} {self.environment} {self.usual}"
        return hashlib.sha256(identity.encode()).hexdigest()[:12]

    @cached_property
    def _graph(self) -> Graph:
        def make() -> str:
            return netlist_graph(self.rtlil, self.mutants, self.environment)

        return Graph.read(kept(self.folder, f"graph-{self._key}", make))

    def _runs(self) -> Runs:
        return Runs(self._graph, BitParallel(self._graph), self.usual, self.busy)

    @cached_property
    def _random(self) -> dict[int, list[int] | None]:
        """Places of registers that differed in random runs; None if the ports did."""

        def make() -> str:
            rng, told = np.random.default_rng(0), partial(self.progress, "random runs")
            found = self._runs().random(list(self.mutants), RANDOM, rng, told)
            told_apart = self._written(found)
            return json.dumps({n: None if n in told_apart else found[n].latches for n in found})

        found = json.loads(kept(self.folder, f"runs-{self._key}-{RANDOM}", make))
        return {int(number): latches for number, latches in found.items()}

    def _written(self, found: Mapping[int, Difference]) -> list[int]:
        """Those that have a witness."""
        for number, one in found.items():
            if one.witness is not None:
                self._write(number, one.witness)
        return [number for number, one in found.items() if one.witness is not None]

    def _write(self, number: int, witness: Witness) -> None:
        write_atomic(self.folder / f"witness-{number}.json", json.dumps(asdict(witness)))
