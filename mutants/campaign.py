"""All mutants of a machine against the bench; what it does not notice must change nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from hdl.verilog import generate
from mutants.netlist import equivalent, list_mutants, with_mutants
from sim.cases import draw_traffic
from sim.recipe import Recipe
from sim.runner import build
from sim.simulators import simulator
from spec.configs import configs
from spec.errors import InputError

__all__ = ["CHUNK", "Campaign"]

CHUNK = 50
"""Mutants that one run of the simulator tries."""

CLASSES = {
    "value": r"must be",
    "hang": r"^timeout",
    "stream": r"valid fell|payload changed|unknown bits|nobody expects",
    "cycles": r"^took",
    "crash": r"^the simulator",
}
"""What the bench says, by how it noticed."""


@dataclass(frozen=True)
class Campaign:
    """Mutants of a named configuration with random weights.

    What has been found is kept in a file, so a campaign may be stopped and go on.

    Parameters
    ----------
    name : str
        Of the configuration.
    count : int
        Mutants.
    seed : int
        Of the mutants, and of the traffic.
    cycles : int
        Of each of the two traffics, about.
    folder : Path
        Where the netlist, its build and the findings are kept.
    """

    name: str
    count: int
    seed: int
    cycles: int
    folder: Path

    def run(self, jobs: int, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
        """Try all mutants, then prove what the survivors are.

        Returns
        -------
        dict
            Counts: mutants, killed, by class; survivors proven equivalent; those that are not.
        """
        recipe = self._recipe()
        top, verilog = recipe.design.name, generate(recipe.design).text
        identity = f"{verilog} {self.count} {recipe.model_dump_json()}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:12]
        folder = (self.folder / f"{self.name}-{key}").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock"):
            mutants = self._mutants(verilog, top, folder)
            said = self._simulate(recipe, verilog, mutants, folder, jobs, progress)
            survivors = [number for number, fault in said.items() if number and fault is None]
            proven = self._prove(verilog, top, mutants, survivors, folder, jobs, progress)
        if said[0] is not None:
            raise InputError(self.name, f"fails without any mutant: {said[0]}")
        killed = Counter(_class(fault) for number, fault in said.items() if number and fault)
        left = [mutants[number - 1] for number in survivors if not proven[number]]
        return {
            "configuration": self.name,
            "seed": self.seed,
            "mutants": len(mutants),
            "killed": sum(killed.values()),
            "kill_rate": sum(killed.values()) / len(mutants),
            "killed_by": dict(killed),
            "equivalent": sum(proven.values()),
            "left": left,
        }

    def _recipe(self) -> Recipe:
        config = configs()[self.name]
        assert config.network is not None
        plain: dict[str, Any] = {
            "seed": config.seed,
            "network": config.network,
            "shared_scale": config.shared_scale,
            "machine": config.machine,
        }
        rng = np.random.default_rng(self.seed)
        traffic = draw_traffic(rng, Recipe(**plain).design, self.cycles)
        return Recipe(**plain, traffic=traffic)

    def _mutants(self, verilog: str, top: str, folder: Path) -> list[str]:
        path = folder / "mutants.txt"
        if not path.exists():
            listed = list_mutants(verilog, top, self.count, self.seed)
            path.write_text("\n".join(listed), encoding="utf-8")
        return path.read_text(encoding="utf-8").splitlines()

    def _simulate(
        self,
        recipe: Recipe,
        verilog: str,
        mutants: list[str],
        folder: Path,
        jobs: int,
        progress: Callable[[str, int, int], None],
    ) -> dict[int, str | None]:
        """What the bench says of each mutant by number; 0 is the machine without any."""
        top, tool = recipe.design.name, simulator("verilator")
        netlist = folder / "netlist.v"
        if not netlist.exists():
            netlist.write_text(with_mutants(verilog, top, mutants), encoding="utf-8")
        built = build(netlist, top, tool, folder / "sim")
        recipe.write(folder / "recipe.json")
        findings = folder / "findings.jsonl"
        findings.touch()
        todo = sorted({*range(len(mutants) + 1)} - _read(findings).keys())
        chunks = [todo[first : first + CHUNK] for first in range(0, len(todo), CHUNK)]

        def one(chunk: list[int]) -> None:
            while missing := [number for number in chunk if number not in _read(findings)]:
                _run(tool, built, top, folder, findings, missing)
                if missing[0] not in _read(findings):
                    with findings.open("a", encoding="utf-8") as file:
                        fault = "the simulator ended"
                        file.write(json.dumps({"number": missing[0], "fault": fault}) + "\n")

        with ThreadPoolExecutor(jobs) as pool:
            for future in as_completed([pool.submit(one, chunk) for chunk in chunks]):
                future.result()
                progress(f"mutants of {self.name}", len(_read(findings)), len(mutants) + 1)
        return _read(findings)

    def _prove(
        self,
        verilog: str,
        top: str,
        mutants: list[str],
        survivors: list[int],
        folder: Path,
        jobs: int,
        progress: Callable[[str, int, int], None],
    ) -> dict[int, bool]:
        """Whether each survivor is proven to change nothing."""
        path = folder / "equivalent.jsonl"
        path.touch()

        def one(number: int) -> None:
            found = {"number": number, "fault": equivalent(verilog, top, mutants[number - 1])}
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")

        todo = [number for number in survivors if number not in _read(path)]
        with ThreadPoolExecutor(jobs) as pool:
            for future in as_completed([pool.submit(one, number) for number in todo]):
                future.result()
                progress(f"survivors of {self.name}", len(_read(path)), len(survivors))
        return {number: bool(_read(path)[number]) for number in survivors}


def _run(
    tool: Any, built: Path, top: str, folder: Path, findings: Path, numbers: list[int]
) -> None:
    work = folder / f"run-{numbers[0]}"
    work.mkdir(exist_ok=True)
    with contextlib.suppress(RuntimeError, SystemExit):
        tool.runner().test(
            test_module="sim.tb_mutants",
            hdl_toplevel=top,
            hdl_toplevel_lang="verilog",
            build_dir=built,
            test_dir=work,
            results_xml=str(work / "results.xml"),
            log_file=work / "run.log",
            extra_env={
                "PASCALINE_RECIPE": str(folder / "recipe.json"),
                "PASCALINE_MUTANTS": json.dumps(numbers),
                "PASCALINE_OUTCOME": str(findings),
                "PASCALINE_PROGRESS": str(work / "progress"),
                "COCOTB_REWRITE_ASSERTION_FILES": "",
            },
        )


def _read(findings: Path) -> dict[int, Any]:
    found = {}
    for line in findings.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):  # The last line of a campaign that was stopped.
            record = json.loads(line)
            found[record["number"]] = record["fault"]
    return found


def _class(fault: str) -> str:
    for name, says in CLASSES.items():
        if re.search(says, fault):
            return name
    return "other"
