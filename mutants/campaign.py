"""All mutants of a machine against the bench; what it does not notice must change nothing."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from hdl.verilog import generate
from mutants.environment import environment
from mutants.netlist import list_mutants, netlist, with_mutants
from mutants.proofs import Proofs
from mutants.trials import Trials, kept
from sim.cases import draw_traffic
from sim.recipe import Recipe
from sim.runner import build
from sim.simulators import simulator
from spec.configs import configs
from spec.errors import InputError

__all__ = ["Campaign"]

Progress = Callable[[str, int, int], None]

ROUNDS = 12
"""A longer trial has so many times the traffic of the first."""

FAULTS = 2
"""Of each kind, on a bus."""

STALLS, STALLED = 3, {"o": 0.95, "o_state": 0.95}
"""One traffic in so many of a longer trial has outputs that wait until all queues are full."""

ON_BUS = 4
"""Cycles of traffic on a bus, where draws have fewer, are so many times those of others."""

LONGEST = 16
"""Vectors of a packet on a bus: as many as fill the buffers in a short time."""

QUICK, PATIENT = 10, 120
"""Seconds for a proof: at first, and of what longer traffic leaves over."""

CLASSES = {
    "value": r"must be|is 0x",
    "register": r"^a (read|write) of|^irq ",
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
    longer : int
        Longer trials, at most.
    folder : Path
        Where the netlist, its build and the findings are kept.
    """

    name: str
    count: int
    seed: int
    cycles: int
    longer: int
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
        with FileLock(folder / "lock"):
            rtlil = kept(folder / "netlist.il", lambda: netlist(verilog, design.name))
            listed = kept(folder / "mutants.txt", partial(self._listed, rtlil))
            mutants = dict(enumerate(listed.splitlines(), start=1))
            source = folder / "mutants.v"
            kept(source, lambda: with_mutants(rtlil, mutants))
            tool = simulator("verilator")
            built = build(source, design.name, tool, folder / "sim")

            def survivors(trials: Sequence[Trials], numbers: list[int]) -> list[int]:
                for trial in trials:
                    if not numbers:
                        break
                    told = partial(progress, f"{self.name}, {trial.name}")
                    said = trial.run(tool, built, [0, *numbers], jobs, told)
                    if said[0] is not None:
                        raise InputError(self.name, f"fails without any mutant: {said[0]}")
                    killed.update({n: fault for n, fault in said.items() if fault is not None})
                    numbers = [number for number in numbers if number not in killed]
                return numbers

            killed: dict[int, str] = {}
            quiet = survivors(self._first(folder), list(mutants))
            at_first = len(killed)
            equal: set[int] = set()

            proofs = Proofs(
                rtlil=rtlil,
                mutants={number: mutants[number] for number in quiet},
                environment=environment(design),
                folder=folder,
                progress=lambda what, *done: progress(f"{self.name}, {what}", *done),
            )

            def unproven(numbers: list[int], seconds: int) -> list[int]:
                equal.update(proofs.equivalent(numbers, seconds, jobs))
                return [number for number in numbers if number not in equal]

            left = survivors(self._longer(folder), unproven(quiet, QUICK))
            left = unproven(left, PATIENT)
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

    def _first(self, folder: Path) -> list[Trials]:
        """What all mutants go through."""
        rng = np.random.default_rng(self.seed)
        trials = [Trials("traffic", self._recipe(rng, 1), 0, folder)]
        if self._on_bus:
            trials.append(Trials("faults", self._machine, FAULTS, folder))
        return trials

    def _longer(self, folder: Path) -> list[Trials]:
        """What those go through that are not proven equivalent."""
        rngs = (np.random.default_rng((self.seed, number)) for number in range(self.longer))
        recipes = (self._recipe(rng, ROUNDS) for rng in rngs)
        return [Trials(f"longer-{n}", r, 0, folder) for n, r in enumerate(recipes)]

    def _recipe(self, rng: np.random.Generator, rounds: int) -> Recipe:
        cycles = self.cycles * (ON_BUS if self._on_bus else 1)
        drawn = [draw_traffic(rng, self._machine.design, cycles) for _ in range(rounds)]
        for number in range(1, rounds, STALLS):
            plain, rough = drawn[number]
            drawn[number] = plain, rough.model_copy(update={"pauses": rough.pauses | STALLED})
        traffic = tuple(one for pair in drawn for one in pair)
        return self._machine.model_copy(update={"traffic": traffic})

    @property
    def _on_bus(self) -> bool:
        return self._machine.machine.ports != "stream"


def _class(fault: str) -> str:
    for name, says in CLASSES.items():
        if re.search(says, fault):
            return name
    return "other"
