"""``explore``: many machines for a model, and which of them are worth building."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pascaline.cli.catalogue import find_base, find_model
from pascaline.cli.console import bar, json_option, print_json, say, table, warn
from pascaline.cli.points import Job, keep, kept
from pascaline.cli.ranges import AUTO, range_options, read_ranges
from pascaline.cli.result import command_line
from pascaline.cli.synthesis import Synthesis, synthesis_options
from pascaline.cli.workers import Outcomes, in_processes, on_dask
from pascaline.host.tools import cores
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.folders import build_folder
from pascaline.spec.machine import Machine
from pascaline.synth.choice import best_lane
from pascaline.synth.explore import Point, front, objectives, powers, sweep
from pascaline.synth.targets import Target

__all__ = ["explore"]

OPERATIONS = 256
"""Weight operations a cycle at most, where ``units`` or ``simd`` is not given."""

UNITS = {
    "memory_bits": "bits",
    "cycles_per_step": "cycles",
    "clock_mhz": "MHz",
    "steps_per_second": "1/s",
    "energy_per_step_nj": "nJ",
}
"""What the numbers of a point are, beside its area."""


@click.command()
@click.argument("model")
@synthesis_options
@range_options
@click.option(
    "--machine",
    "path",
    type=click.Path(path_type=Path),
    help="TOML file with the other parameters.",
)
@click.option(
    "--operations-at-most",
    "operations",
    type=click.IntRange(min=1),
    help=f"Weight operations a cycle. [{OPERATIONS} unless --units and --simd are given]",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Of machines."
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes. [one a core]")
@click.option("--dask", metavar="ADDRESS", help="Compute on this Dask scheduler's workers instead.")
@click.option("--all", "everything", is_flag=True, help="Print all machines, not just the front.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="JSON file to write, too.")
@json_option
def explore(
    model: str,
    *,
    synthesis: Synthesis,
    path: Path | None,
    operations: int | None,
    limit: int,
    jobs: int | None,
    dask: str | None,
    everything: bool,
    output: Path | None,
    as_json: bool,
    **ranges: str | None,
) -> None:
    """Sweep machines for a MODEL and find the Pareto front of what they cost and how fast they are.

    Each parameter of a machine takes values with commas between them. Without them, units and simd
    are powers of two, and lanes are what costs least on the target. What was computed before is
    not computed again.
    """
    target = synthesis.target
    if jobs is not None and dask is not None:
        raise InputError("--jobs", "goes without --dask")
    found = find_model(model)
    base, values = find_base(found, path), read_ranges(ranges, found, target.name)
    if path is None and "lane" not in values:
        values["lane"] = [best_lane(target.name, found.network)]
    if operations is None and not {"units", "simd"} <= values.keys():
        operations = OPERATIONS
    values |= powers(found, values, operations or OPERATIONS)
    grid = sweep(found, base, values, limit=limit, operations=operations)
    job = Job.here(found, synthesis)

    def compute(machines: Sequence[Machine]) -> Outcomes:
        if dask is not None:
            return on_dask(job, machines, dask)
        return in_processes(job, machines, jobs or cores())

    machines = [design.machine for design in grid.designs]
    points, failed, old = _collect(job, machines, compute)
    result = {
        "model": found.name,
        "target": target.name,
        "columns": {"area": target.unit} | UNITS,
        "command": command_line(click.get_current_context(), without=("as_json", "jobs", "dask")),
        "tool_versions": job.tools,
        "points": [
            asdict(point) | {"steps_per_second": point.steps_per_second, "pareto": pareto}
            for point, pareto in zip(points, front(points), strict=True)
        ],
        "failed": failed,
        "skipped": grid.skipped,
    }
    text = json.dumps(result, indent=1) + "\n"
    stored = build_folder() / "explore" / f"{found.name}-{target.name}.json"
    for file in (stored, output):
        # Where everything failed, an earlier exploration is worth more.
        if file is not None and points:
            write_atomic(file, text)
    if as_json:
        print_json(result | {"from_cache": old})
    else:
        if points:
            _show(points, target, found.name, everything=everything)
        new = len(points) - old
        say(f"{len(points)} machines: {old} from the cache, {new} computed; {len(failed)} failed")
        if grid.skipped:
            say(f"{grid.skipped} cannot be built, the first because of {grid.reason}")
    sys.exit(1 if failed else 0)


def _collect(
    job: Job, machines: Sequence[Machine], compute: Callable[[Sequence[Machine]], Outcomes]
) -> tuple[list[Point], list[dict[str, Any]], int]:
    """Points in the order of the machines, those that failed, and how many were in the cache."""
    points = {machine: point for machine in machines if (point := kept(job, machine))}
    missing = [machine for machine in machines if machine not in points]
    old = len(points)
    failed: list[dict[str, Any]] = []
    varying = _varying([machine.model_dump(mode="json") for machine in machines])
    if not missing:
        return [points[machine] for machine in machines], failed, old
    with bar(f"exploring {job.model.name}") as progress, closing(compute(missing)) as outcomes:
        progress(old, len(machines))
        for machine, outcome in outcomes:
            if isinstance(outcome, Point):
                keep(job, machine, outcome)
                points[machine] = outcome
            else:
                plain = machine.model_dump(mode="json")
                failed.append({"machine": plain, "error": outcome})
                name = " ".join(f"{key}={plain[key]}" for key in varying or plain)
                warn(f"{name}: {outcome}")
            progress(len(points) + len(failed), len(machines))
    return [points[machine] for machine in machines if machine in points], failed, old


def _varying(machines: Sequence[dict[str, Any]]) -> list[str]:
    """Parameters in which these machines differ."""
    return [key for key in Machine.model_fields if len({each[key] for each in machines}) > 1]


def _show(points: list[Point], target: Target, name: str, *, everything: bool) -> None:
    """Print the front, or all, by area."""
    varying = _varying([point.machine for point in points])
    chosen = sorted(
        (point.area, index, on_front)
        for index, (point, on_front) in enumerate(zip(points, front(points), strict=True))
        if on_front or everything
    )
    rows = []
    for _, index, on_front in chosen:
        point = points[index]
        cells: list[tuple[str, Any]] = [
            (key.replace("_", " "), AUTO if point.machine[key] is None else point.machine[key])
            for key in varying
        ]
        cells += [(target.unit.replace("_", " "), point.area), ("memory bits", point.memory_bits)]
        cells += [
            (column.replace("_", " "), point.counts[column])
            for column in ("block_rams", "multipliers")
            if any(each.counts.get(column) for each in points)
        ]
        cells += [("cycles a step", point.cycles_per_step)]
        if point.clock_mhz is not None and point.step_us is not None:
            cells += [("MHz", round(point.clock_mhz, 1)), ("us a step", round(point.step_us, 3))]
        if point.energy_per_step_nj is not None:
            cells += [("nJ a step", round(point.energy_per_step_nj, 3))]
        if everything:
            cells += [("front", "*" if on_front else "")]
        rows.append(dict(cells))
    what = ", ".join(objectives(points))
    title = f"{name} on {target.title}, " + ("all machines" if everything else "the Pareto front")
    table(f"{title}: {what}", list(rows[0]), [list(row.values()) for row in rows])
