"""Proofs that mutants change nothing, of one after the other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from mutants.equivalence import Difference, equivalent, random_runs
from mutants.graph import Graph
from mutants.netlist import netlist_graph
from mutants.trials import kept, read_lines, write_line

__all__ = ["Proofs"]

Progress = Callable[[str, int, int], None]

RUNS = 300
"""Cycles of the 64 random runs of each mutant."""


@dataclass(frozen=True)
class Proofs:
    """What can be proven of mutants; kept in files.

    Parameters
    ----------
    rtlil : str
        The netlist.
    mutants : mapping
        Those in question, by number.
    environment : str
        What is around the machine; see `mutants.environment`.
    folder : Path
        Where all is kept.
    progress : callable
        Told what is done, how many of it, and of how many.
    """

    rtlil: str
    mutants: Mapping[int, str]
    environment: str
    folder: Path
    progress: Progress

    def equivalent(self, numbers: Iterable[int], seconds: int, jobs: int) -> set[int]:
        """Those that are proven to change nothing, each in so many seconds."""
        path = self.folder / f"proofs-{seconds}.jsonl"
        path.touch()
        wanted = list(numbers)
        todo = [number for number in wanted if number not in read_lines(path)]

        def one(number: int) -> None:
            run = self._runs[number]
            same = run.cycle is None and equivalent(self._graph, number, run.latches, seconds)
            write_line(path, number, same)

        if todo:
            assert self._runs  # Not by all threads at once.
        with ThreadPoolExecutor(jobs) as pool:
            for future in as_completed([pool.submit(one, number) for number in todo]):
                future.result()
                found = read_lines(path)
                self.progress("proofs", sum(number in found for number in wanted), len(wanted))
        found = read_lines(path)
        return {number for number in wanted if found[number]}

    @cached_property
    def _key(self) -> str:
        identity = f"{self.rtlil} {self.mutants} {self.environment}"
        return hashlib.sha256(identity.encode()).hexdigest()[:12]

    @cached_property
    def _graph(self) -> Graph:
        def make() -> str:
            return netlist_graph(self.rtlil, self.mutants, self.environment)

        return Graph.read(kept(self.folder / f"graph-{self._key}.aag", make))

    @cached_property
    def _runs(self) -> dict[int, Difference]:
        def make() -> str:
            rng, told = np.random.default_rng(0), partial(self.progress, "random runs")
            runs = random_runs(self._graph, list(self.mutants), RUNS, rng, told)
            return json.dumps({number: asdict(run) for number, run in runs.items()})

        runs = json.loads(kept(self.folder / f"runs-{self._key}.json", make))
        return {
            int(number): Difference(run["cycle"], tuple(run["latches"]))
            for number, run in runs.items()
        }
