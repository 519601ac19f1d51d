"""What ``fuzz --files`` does: hostile inputs of some formats."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import click

from pascaline.cli.hostile import FORMATS
from pascaline.console import bars, print_json, say, table
from pascaline.measure.fuzz_files import simulate_files
from pascaline.measure.hostile import OUTCOMES, Tried, try_inputs

__all__ = ["ALL", "fuzz_files"]

ALL = "all"
"""Instead of a format: every one."""

SIMULATED = 10
"""Good ones of the broken model files that are simulated."""


def fuzz_files(
    count: int, seed: int, names: Sequence[str], *, sim: str, jobs: int, as_json: bool
) -> bool:
    """Try so many inputs of each format and print what has come of them; whether none failed."""
    chosen = list(FORMATS) if ALL in names else list(dict.fromkeys(names))
    needs = {name: FORMATS[name].needs for name in chosen}
    skipped = {
        name: f"{library} is not installed"
        for name, library in needs.items()
        if library is not None and find_spec(library) is None
    }
    forms = {name: FORMATS[name] for name in chosen if name not in skipped}
    result: dict[str, Any] = {"seed": seed}
    failures: list[dict[str, Any]] = []
    with bars() as progress:
        tried = try_inputs(forms, range(seed, seed + count), jobs=jobs, progress=progress)
        failures += [
            {"format": name, "seed": at, "fault": fault}
            for name, one in tried.items()
            for at, fault in one.failures
        ]
        if "model" in tried:
            found = simulate_files(tried["model"].right, SIMULATED, sim, progress)
            result |= {"simulated": found.files, "values": found.values}
            failures += [{"format": "model", "seed": None, "fault": one} for one in found.faults]
    result["formats"] = {name: one.card() for name, one in tried.items()}
    result |= {"skipped": skipped, "failures": failures}
    if as_json:
        print_json(result)
    else:
        _print(result, tried)
    for failure in failures:
        again = f"pascaline fuzz --files 1 --format {failure['format']} --seed {failure['seed']}"
        shown = f" (again: {again})" if failure["seed"] is not None else ""
        click.echo(f"{failure['format']}: {failure['fault']}{shown}", err=True)
    return not failures


def _print(result: dict[str, Any], tried: dict[str, Tried]) -> None:
    columns = ["tried", *OUTCOMES]
    if len(tried) == 1:
        [(name, one)] = tried.items()
        rows = [
            [mutation, counts.total(), *(counts[outcome] for outcome in OUTCOMES)]
            for mutation, counts in sorted(one.by_mutation.items())
        ]
        rows.append(["all", *one.counts.values()])
        table(f"Hostile inputs: {name}", ["mutation", *columns], rows)
    else:
        numbers = {name: [*one.counts.values(), round(one.seconds)] for name, one in tried.items()}
        numbers["all"] = [sum(column) for column in zip(*numbers.values(), strict=True)]
        rows = [[name, *row] for name, row in numbers.items()]
        table("Hostile inputs", ["format", *columns, "seconds"], rows)
    if "simulated" in result:
        say(f"{result['values']} values of {result['simulated']} models compared in a simulator")
    for name, reason in result["skipped"].items():
        say(f"{name}: skipped, {reason}")
    say(f"{len(result['failures'])} failures")
