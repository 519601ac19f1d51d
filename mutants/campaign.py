"""All mutants of a machine against the bench; what it does not notice must change nothing."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mutants.environment import AROUND, busy, environment, usual
from mutants.known import judged, known
from mutants.machines import machine
from mutants.netlist import MOST, list_mutants, netlist, with_counters, with_mutants
from mutants.proofs import Proofs
from mutants.replays import restored, write_replays
from mutants.settled import Settled, digest, settled
from mutants.traffic import with_faults, with_rare, with_traffic
from mutants.trials import Trials, kept
from pascaline.hdl.verilog import generate
from pascaline.sim.case import Case
from pascaline.sim.runner import build
from pascaline.sim.simulators import simulator
from pascaline.sim.tb_mutants import COUNTER, counted
from pascaline.spec.errors import InputError
from pascaline.spec.scratch import locked

__all__ = ["Campaign"]

Progress = Callable[[str, int, int], None]

CLASSES = {
    "value": r"must be|is 0x",
    "register": r"^a (read|write) of|^irq ",
    "hang": r"timeout",
    "stream": r"valid fell|changed while|unknown bits|nobody expects",
    "cycles": r"^took",
    "ports": r"of all outputs differ",
    "bench": r"^[A-Za-z]*(Error|Exception)|^a part of the bench",
    "crash": r"^the simulator",
    "inputs found before": r"^told apart before",
}
"""What the bench says, by how it noticed."""

BEFORE = "told apart before"
"""Of a mutant that an earlier campaign has killed by a replay or rare traffic."""


@dataclass(frozen=True)
class Campaign:
    """Mutants of a machine.

    What has been found is kept in files, so a campaign may be stopped and go on.

    Parameters
    ----------
    name : str
        Of the machine, see `mutants.machines`.
    count : int
        Mutants that are drawn.
    folder : Path
        Where the netlist, its builds and the findings are kept.
    seed : int
        Of the mutants, and of the traffic.
    first, last : int
        Numbers of the mutants that are tried, from 1 on; by default all are.
    cycles : int
        Of each traffic, about.
    random : int
        Cycles of the random runs of each mutant.
    seconds : tuple of int
        For a proof; what is not proven in the first time is tried again with the next, in a graph
        that has no other mutant, and with lemmas.
    replays : Path or None
        Where `mutants.replays` keeps inputs that kill what traffic does not.
    afresh : bool
        Ask also of what is settled or known, see `mutants.settled` and `mutants.known`.

    Raises
    ------
    InputError
        If there is no such machine.
    """

    name: str
    count: int
    folder: Path
    seed: int = 0
    first: int = 1
    last: int = MOST
    cycles: int = 1000
    random: int = 2_000_000
    seconds: tuple[int, ...] = (5, 40)
    replays: Path | None = None
    afresh: bool = False

    def __post_init__(self) -> None:
        _ = self._machine

    def run(self, pool: Executor, progress: Progress) -> dict[str, Any]:
        """Try all mutants; prove that a survivor is equivalent, or find what kills it.

        Parameters
        ----------
        pool : Executor
            Of processes; all that takes time is done in these.
        progress : callable
            Told what is done, how many of it, and of how many.

        Returns
        -------
        dict
            Counts: mutants; killed, also by traffic alone, and by class; those of which an
            earlier campaign knew. Numbers: of survivors proven equivalent, and of those told
            apart by what is not traffic. Those that are neither, and how these are not as
            `mutants.known` has them. Rates are those of traffic alone.
        """
        design = self._machine.design
        verilog = generate(design).text
        content = digest(verilog, self.count, self.seed)
        identity = f"{content} {self.first} {self.last}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:12]
        folder = (self.folder / f"{self.name.replace(':', '-')}-{key}").resolve()
        folder.mkdir(parents=True, exist_ok=True)

        def made(name: str, make: Callable[..., str], *given: Any) -> str:
            return kept(folder, name, lambda: pool.submit(make, *given).result())

        with locked(folder, "campaign"):
            rtlil = made("netlist", netlist, verilog, design.name)
            listed = made("mutants", _listed, rtlil, self.count, self.seed)
            drawn = enumerate(listed.splitlines(), start=1)
            mutants = {n: one for n, one in drawn if self.first <= n <= self.last}
            around = environment(design)
            counters = {f"registers.{name}_count_value": COUNTER + name for name in counted(design)}
            verilogs = {design.name: made("mutated", _mutated, rtlil, mutants, counters)}

            def killed_in(trials: Trials, numbers: list[int]) -> dict[int, str]:
                if not numbers:
                    return {}
                tool = simulator("verilator")

                def built() -> Path:
                    text = verilogs[trials.top]
                    return pool.submit(build, text, trials.top, tool, folder / "sim").result()

                def told(*done: int) -> None:
                    progress(f"{self.name}, {trials.name}", *done)

                [wrong] = trials.run(tool, built, [0], pool, told).values()
                if wrong is not None:
                    raise InputError(self.name, f"fails without any mutant: {wrong}")
                said = trials.run(tool, built, numbers, pool, told)
                return {number: fault for number, fault in said.items() if fault is not None}

            killed: dict[int, str] = {}

            def others() -> list[int]:
                return [number for number in mutants if number not in killed]

            def in_bench(name: str, case: Case) -> Trials:
                return Trials(name, case, "pascaline.sim.tb_mutants", design.name, folder)

            for name, case in self._traffic.items():
                killed |= killed_in(in_bench(name, case), others())
            by_traffic = set(killed)
            before = Settled() if self.afresh else settled(self.name, content)
            killed |= dict.fromkeys(before.told_apart.intersection(others()), BEFORE)
            equal = set(before.equivalent.intersection(others()))
            vain = {} if self.afresh else known(self.name, self.count, self.seed)
            asked = [n for n in others() if n not in equal and n not in vain]
            quiet = {number: mutants[number] for number in asked}
            name = f"{AROUND} {sorted(quiet)}"
            verilogs[AROUND] = made(name, _mutated, rtlil, quiet, counters, around)
            proofs = Proofs(
                rtlil=rtlil,
                mutants=quiet,
                environment=around,
                usual=usual(design),
                busy=busy(design),
                cycles=self.random,
                folder=folder,
                pool=pool,
                progress=lambda what, *done: progress(f"{self.name}, {what}", *done),
            )
            replay = Trials("replay", self._machine, "pascaline.sim.tb_replay", AROUND, folder)

            def open_ones() -> list[int]:
                return [number for number in quiet if number not in killed.keys() | equal]

            killed |= killed_in(replay, proofs.told_apart())
            for place, seconds in enumerate(self.seconds):
                left = open_ones()
                if place == 0:
                    verdicts = proofs.settled(left, seconds)
                else:
                    verdicts = proofs.alone(left, self.name, seconds)
                equal |= {number for number in left if verdicts[number] == "equivalent"}
                killed |= killed_in(replay, [n for n in left if verdicts[n] == "different"])
            killed |= killed_in(replay, proofs.sought(open_ones()))
            replayed = killed.keys() - by_traffic - before.told_apart
            if left := open_ones():
                killed |= killed_in(in_bench("rare", with_rare(self._machine, self.seed)), left)
            if self.replays is not None:
                path = self.replays / f"{self.name.replace(':', '-')}.json.gz"
                needed = killed_in(replay, restored(path, folder, open_ones()))
                killed |= needed
                if replayed or needed:
                    write_replays(path, folder, replayed, sorted(needed))
        left = [number for number in others() if number not in equal]
        judgement = judged(self.name, self.count, self.seed, mutants, left)
        return {
            "configuration": self.name,
            "seed": self.seed,
            "mutants": len(mutants),
            "killed": len(killed),
            "killed_by_traffic": len(by_traffic),
            "kill_rate": len(by_traffic) / len(mutants),
            "kill_rate_of_others": len(by_traffic) / max(1, len(mutants) - len(equal)),
            "killed_by": dict(Counter(map(_class, killed.values()))),
            "settled_before": len({*before.equivalent, *before.told_apart}.intersection(mutants)),
            "content": content,
            "equivalent": sorted(equal),
            "told_apart": sorted(killed.keys() - by_traffic),
            "left": [f"{number}: {mutants[number]}" for number in left],
            "new": judgement.new,
            "no_longer_left": judgement.settled,
        }

    @cached_property
    def _machine(self) -> Case:
        """The machine, without any traffic."""
        return machine(self.name)

    @property
    def _traffic(self) -> dict[str, Case]:
        """What all mutants go through, by name."""
        found = {"traffic": with_traffic(self._machine, self.seed, self.cycles)}
        return found | ({"faults": with_faults(self._machine)} if self._on_bus else {})

    @property
    def _on_bus(self) -> bool:
        return self._machine.machine.on_bus


def _listed(rtlil: str, count: int, seed: int) -> str:
    return "\n".join(list_mutants(rtlil, count, seed))


def _mutated(
    rtlil: str, mutants: dict[int, str], counters: dict[str, str], around: str = ""
) -> str:
    return f"{with_counters(with_mutants(rtlil, mutants), counters)}{around}"


def _class(fault: str) -> str:
    for name, says in CLASSES.items():
        if re.search(says, fault):
            return name
    return "other"
