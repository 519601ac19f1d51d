"""``explore``: many machines for a model, and which of them are worth building."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import pascaline
from pascaline.cli import known
from pascaline.cli.command import command, options, output_options
from pascaline.cli.command_line import command_line
from pascaline.cli.completion import model_argument
from pascaline.cli.html import html_option, write_page
from pascaline.cli.numbers import COUNT, JOBS
from pascaline.cli.paths import PATH
from pascaline.cli.ranges import AUTO, range_options, read_ranges
from pascaline.cli.synthesis import synthesis_options
from pascaline.console import bars, print_json, say, table, warn
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.folders import build_folder

if TYPE_CHECKING:
    from pascaline.measure.exploration import Exploration
    from pascaline.measure.synthesis import Synthesis

__all__ = ["explore"]


@command(example="pascaline explore digits-ternary --target ecp5 --units 4,8,16 --simd 8,16")
@model_argument
@synthesis_options
@range_options
@options(
    "Sweep",
    click.option(
        "--machine",
        "path",
        type=PATH,
        help="TOML file with the other parameters.",
    ),
    click.option(
        "--operations-at-most",
        "operations",
        type=COUNT,
        help="Weight operations a cycle, but for wired weights.",
        show_default=f"{known.OPERATIONS} unless --units and --simd are given",
    ),
    click.option("--limit", type=COUNT, default=200, help="Machines at most."),
    click.option("--jobs", type=JOBS, help="Processes.", show_default="one a core"),
    click.option(
        "--dask", metavar="ADDRESS", help="Compute on this Dask scheduler's workers instead."
    ),
    click.option(
        "--all", "everything", is_flag=True, help="Print all machines, not just the front."
    ),
    click.option("-o", "--output", type=PATH, help="JSON file to write, too."),
)
@html_option
@output_options
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
    html: Path | None,
    output: Path | None,
    as_json: bool,
    **ranges: str | None,
) -> None:
    """Sweep machines for a MODEL and find the Pareto front of area, speed and energy.

    Each parameter of a machine takes values separated by commas. By default, units and simd are
    powers of two, and lanes are the smallest on the target. Earlier results are reused.
    """
    from pascaline.models.catalogue import base_machine, find_model
    from pascaline.synth.choice import best_lane

    if jobs is not None and dask is not None:
        raise InputError("--jobs", "must not be given with --dask")
    found = find_model(model)
    target = synthesis.target
    base, values = base_machine(found, path), read_ranges(ranges, found, target.name)
    if path is None and "lane" not in values:
        values["lane"] = [best_lane(target.name, found.network)]
    command = command_line(click.get_current_context(), without=("as_json", "html", "jobs", "dask"))
    with bars() as progress:
        explored = pascaline.explore(
            found,
            values,
            synthesis=synthesis,
            base=base,
            operations=operations,
            limit=limit,
            jobs=jobs,
            dask=dask,
            progress=progress,
            failing=warn,
        )
    result = explored.as_dict(command)
    text = json.dumps(result, indent=1) + "\n"
    stored = build_folder() / "explore" / f"{found.name}-{target.name}.json"
    for file in (stored, output):
        # Where everything failed, an earlier exploration is worth more.
        if file is not None and explored.points:
            write_atomic(file, text)
    if as_json:
        print_json(result | {"from_cache": explored.cached})
    else:
        if explored.points:
            _show(explored, everything=everything)
        new = len(explored.points) - explored.cached
        counted = f"{explored.cached} from the cache, {new} computed; {len(explored.failed)} failed"
        say(f"{len(explored.points)} machines: {counted}")
        if explored.skipped:
            say(f"{explored.skipped} cannot be built, the first because of {explored.reason}")
    if html is not None and explored.points:
        from pascaline.pages.exploration import page  # Plots take a second to import.

        write_page(html, page(result), quiet=as_json)
    sys.exit(1 if explored.failed else 0)


def _show(explored: Exploration, *, everything: bool) -> None:
    """Print the front, or all, by area."""
    from pascaline.measure.exploration import value_of, varying
    from pascaline.measure.words import lead_words
    from pascaline.synth.explore import front, leads, objectives

    points, target = explored.points, explored.synthesis.target
    differing = varying([point.machine for point in points])
    chosen = sorted(
        (point.area, index, on_front)
        for index, (point, on_front) in enumerate(zip(points, front(points), strict=True))
        if on_front or everything
    )
    rows = []
    for _, index, on_front in chosen:
        point = points[index]
        cells: list[tuple[str, Any]] = [
            (key.replace("_", " "), AUTO if value is None else value)
            for key in differing
            for value in [value_of(point.machine, key)]
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
    title = f"{explored.model} on {target.title}, " + (
        "all machines" if everything else "the Pareto front"
    )
    table(f"{title}: {what}", list(rows[0]), [list(row.values()) for row in rows])
    if len({point.machine["weights"] for point in points}) > 1:
        say(f"smallest: {lead_words([asdict(lead) for lead in leads(points)])}")
