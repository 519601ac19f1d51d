"""The bench on one mutant after the other."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pascaline.host.cache import remembered
from pascaline.sim.case import Case
from pascaline.sim.simulator import Simulator

__all__ = ["Trials", "kept", "read_lines", "write_line"]

CHUNK = 25
"""Mutants that one run of the simulator tries."""


@dataclass(frozen=True)
class Trials:
    """What a bench says of mutants; kept in a file that belongs to it.

    Parameters
    ----------
    name : str
        Of the files.
    case : Case
        The machine, and its traffic, if the bench needs that.
    module : str
        The bench.
    top : str
        What it drives.
    folder : Path
        Where all is kept.
    """

    name: str
    case: Case
    module: str
    top: str
    folder: Path

    def run(
        self,
        simulator: Simulator,
        build: Callable[[], Path],
        numbers: Iterable[int],
        pool: Executor,
        progress: Callable[[int, int], None],
    ) -> dict[int, str | None]:
        """Try those mutants that have not been tried before.

        Parameters
        ----------
        simulator : Simulator
            The simulator.
        build : callable
            Builds the machine for it; gives the folder.
        numbers : iterable of int
            Of the mutants.
        pool : Executor
            Of processes.
        progress : callable
            Told how many are done, and of how many.

        Returns
        -------
        dict
            What the bench says of each, None if nothing is wrong.
        """
        self._findings.touch()
        wanted = sorted(numbers)
        self.case.write(self._findings.with_suffix(".json"))
        todo = [number for number in wanted if number not in read_lines(self._findings)]
        built = build() if todo else self.folder
        chunks = [todo[first : first + CHUNK] for first in range(0, len(todo), CHUNK)]

        for future in as_completed(
            [pool.submit(self._try, simulator, built, chunk) for chunk in chunks]
        ):
            future.result()
            found = read_lines(self._findings)
            progress(sum(number in found for number in wanted), len(wanted))
        found = read_lines(self._findings)
        return {number: found[number] for number in wanted}

    def _try(self, simulator: Simulator, built: Path, chunk: list[int]) -> None:
        """Until something is known of each; a simulator that ends takes one of them with it."""
        while missing := [n for n in chunk if n not in read_lines(self._findings)]:
            self._simulate(simulator, built, missing)
            if missing[0] not in read_lines(self._findings):
                write_line(self._findings, missing[0], "the simulator ended")

    @cached_property
    def _findings(self) -> Path:
        identity = f"{self.case.model_dump_json()} {self.module}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:12]
        return self.folder / f"{self.name}-{key}.jsonl"

    def _simulate(self, simulator: Simulator, built: Path, numbers: list[int]) -> None:
        work = self.folder / f"{self.name}-{numbers[0]}"
        work.mkdir(exist_ok=True)
        with contextlib.suppress(RuntimeError, SystemExit):
            simulator.runner().test(
                test_module=self.module,
                hdl_toplevel=self.top,
                hdl_toplevel_lang="verilog",
                build_dir=built,
                test_dir=work,
                results_xml=str(work / "results.xml"),
                log_file=work / "run.log",
                extra_env={
                    "PASCALINE_CASE": str(self._findings.with_suffix(".json")),
                    "PASCALINE_MUTANTS": json.dumps(numbers),
                    "PASCALINE_OUTCOME": str(self._findings),
                    "PASCALINE_PROGRESS": str(work / "progress"),
                    "COCOTB_REWRITE_ASSERTION_FILES": "",
                },
            )


def kept(folder: Path, name: str, make: Callable[[], str]) -> str:
    """A text of that name, which depends on nothing but what the folder is named after."""
    text: str = remembered(folder / "made", [name], lambda: {"text": make()})["text"]
    return text


def read_lines(path: Path) -> dict[int, Any]:
    """What was found of each mutant."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):  # The last line of a campaign that was stopped.
            record = json.loads(line)
            found[record["number"]] = record["fault"]
    return found


def write_line(path: Path, number: int, fault: Any) -> None:
    """Note what was found of a mutant."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"number": number, "fault": fault}) + "\n")
