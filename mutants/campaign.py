"""All mutants of a machine against the bench; what it does not notice must change nothing."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from hdl.verilog import generate
from mutants.environment import environment
from mutants.equivalence import equivalent, random_runs
from mutants.graph import Graph
from mutants.netlist import list_mutants, netlist, netlist_graph, with_mutants
from mutants.trials import Trials, read_lines, write_line
from sim.cases import draw_traffic
from sim.recipe import Recipe, Traffic
from sim.runner import build
from sim.simulators import simulator
from spec.configs import configs
from spec.errors import InputError

__all__ = ["Campaign"]

Progress = Callable[[str, int, int], None]

ROUNDS = 12
"""Traffics of the second trial, each as long as that of the first."""

FAULTS = 2
"""Of each kind, on a bus."""

ON_BUS = 4
"""Cycles of traffic on a bus, where draws have fewer, are so many times those of others."""

LONGEST = 16
"""Vectors of a packet on a bus: as many as fill the buffers in a short time."""

RUNS = 300
"""Cycles of the 64 random runs of each survivor."""

QUICK, PATIENT = 10, 120
"""Seconds for a proof: at first, and of what longer traffic leaves over."""

CLASSES = {
    "value": r"must be|is 0x",
    "hang": r"timeout",
    "stream": r"valid fell|changed while|unknown bits|nobody expects",
    "cycles": r"^took",
    "bench": r"^[A-Za-z]*(Error|Exception)|^a part of the bench",
    "crash": r"^the simulator",
}
"""What the bench says, by how it noticed."""


@dataclass(frozen=True)
class Campaign:
    """Mutants of a named configuration with random weights.

    What has been found is kept in files, so a campaign may be stopped and go on.

    Parameters
    ----------
    name : str
        Of the configuration; behind a colon the ports, if not streams: ``tiny-ternary:axi``.
    count : int
        Mutants.
    seed : int
        Of the mutants, and of the traffic.
    cycles : int
        Of each traffic, about.
    folder : Path
        Where the netlist, its build and the findings are kept.
    """

    name: str
    count: int
    seed: int
    cycles: int
    folder: Path

    def run(self, jobs: int, progress: Progress) -> dict[str, Any]:
        """Try all mutants, prove what the survivors are, and try the others for longer.

        Returns
        -------
        dict
            Counts: mutants; killed, also by the first trials alone, and by class; survivors proven
            equivalent; those that are neither.
        """
        design = self._machine.design
        verilog = generate(design).text
        identity = f"{verilog} {self.count} {self.seed}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:12]
        folder = (self.folder / f"{self.name.replace(':', '-')}-{key}").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        *first, last = self._trials(folder)
        with FileLock(folder / "lock"):
            rtlil = _kept(folder / "netlist.il", lambda: netlist(verilog, design.name))
            listed = _kept(folder / "mutants.txt", partial(self._listed, rtlil))
            mutants = dict(enumerate(listed.splitlines(), start=1))
            source = folder / "mutants.v"
            _kept(source, lambda: with_mutants(rtlil, mutants))
            tool = simulator("verilator")
            built = build(source, design.name, tool, folder / "sim")

            def survivors(trials: Sequence[Trials], numbers: list[int]) -> list[int]:
                for trial in trials:
                    told = partial(progress, f"{self.name}, {trial.name}")
                    said = trial.run(tool, built, [0, *numbers], jobs, told)
                    if said[0] is not None:
                        raise InputError(self.name, f"fails without any mutant: {said[0]}")
                    killed.update({n: fault for n, fault in said.items() if fault is not None})
                    numbers = [number for number in numbers if number not in killed]
                return numbers

            killed: dict[int, str] = {}
            quiet = survivors(first, list(mutants))
            at_first = len(killed)
            equal: set[int] = set()

            def unproven(numbers: list[int], seconds: int) -> list[int]:
                chosen = {number: mutants[number] for number in numbers}
                equal.update(self._equal(rtlil, chosen, seconds, folder, jobs, progress))
                return [number for number in numbers if number not in equal]

            left = unproven(survivors([last], unproven(quiet, QUICK)), PATIENT)
        return {
            "configuration": self.name,
            "seed": self.seed,
            "mutants": len(mutants),
            "killed": len(killed),
            "killed_at_first": at_first,
            "kill_rate": len(killed) / len(mutants),
            "kill_rate_of_others": len(killed) / max(1, len(mutants) - len(equal)),
            "killed_by": dict(Counter(map(_class, killed.values()))),
            "equivalent": len(equal),
            "left": [f"{number}: {mutants[number]}" for number in left],
        }

    def _listed(self, rtlil: str) -> str:
        return "\n".join(list_mutants(rtlil, self.count, self.seed))

    @cached_property
    def _machine(self) -> Recipe:
        """The machine, without any traffic."""
        name, _, style = self.name.partition(":")
        config = configs()[name]
        assert config.network is not None
        ports = {"ports": style, "longest": LONGEST} if style else {}
        return Recipe(
            seed=config.seed,
            network=config.network,
            shared_scale=config.shared_scale,
            machine=config.machine.model_copy(update=ports),
        )

    def _trials(self, folder: Path) -> list[Trials]:
        """Those of all mutants, and then one of those that are not proven equivalent."""
        rng = np.random.default_rng(self.seed)
        design = self._machine.design
        on_bus = design.machine.ports != "stream"
        cycles = self.cycles * (ON_BUS if on_bus else 1)

        def traffic(rounds: int) -> tuple[Traffic, ...]:
            drawn = (draw_traffic(rng, design, cycles) for _ in range(rounds))
            return tuple(one for pair in drawn for one in pair)

        def trial(name: str, rounds: int, faults: int = 0) -> Trials:
            recipe = self._machine.model_copy(update={"traffic": traffic(rounds)})
            return Trials(name, recipe, faults, folder)

        injected = [trial("faults", 0, FAULTS)] if on_bus else []
        return [trial("traffic", 1), *injected, trial("longer", ROUNDS)]

    def _equal(
        self,
        rtlil: str,
        mutants: dict[int, str],
        seconds: int,
        folder: Path,
        jobs: int,
        progress: Progress,
    ) -> set[int]:
        """Those that are proven to change nothing, each in so many seconds."""
        path = folder / f"proofs-{seconds}.jsonl"
        path.touch()
        if todo := [number for number in mutants if number not in read_lines(path)]:
            chosen = {number: mutants[number] for number in todo}
            text = environment(self._machine.design)
            graph = Graph.read(netlist_graph(rtlil, chosen, text))
            told = partial(progress, f"{self.name}, random runs")
            runs = random_runs(graph, todo, RUNS, np.random.default_rng(self.seed), told)

            def one(number: int) -> None:
                run = runs[number]
                same = run.cycle is None and equivalent(graph, number, run.latches, seconds)
                write_line(path, number, same)

            with ThreadPoolExecutor(jobs) as pool:
                for future in as_completed([pool.submit(one, number) for number in todo]):
                    future.result()
                    progress(f"{self.name}, proofs", len(read_lines(path)), len(mutants))
        found = read_lines(path)
        return {number for number in mutants if found[number]}


def _kept(path: Path, make: Callable[[], str]) -> str:
    """What a file holds; made if there is none."""
    if not path.exists():
        path.write_text(make(), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _class(fault: str) -> str:
    for name, says in CLASSES.items():
        if re.search(says, fault):
            return name
    return "other"
