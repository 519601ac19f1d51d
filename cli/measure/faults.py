"""``measure faults``: wrong packets on a bus, and whether all is right after each."""

from __future__ import annotations

import sys
from typing import Any

import click

from pascaline.cli import known
from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_names
from pascaline.cli.numbers import COUNT, SEED
from pascaline.console import bars, print_json, table

__all__ = ["faults"]


@command(example="pascaline measure faults tiny-ternary --ports axi --count 20")
@click.argument("model", shell_complete=model_names, required=False)
@click.option("--count", type=COUNT, default=100, help="Faults of each kind.")
@click.option("--sim", type=click.Choice(known.SIMULATORS), default="verilator", help="Simulator.")
@click.option("--seed", type=SEED, default=0, help="Seed of the faults.")
@target_option
@machine_options
@output_options
def faults(
    model: str | None,
    *,
    count: int,
    sim: str,
    seed: int,
    target: str,
    as_json: bool,
    **machine: Any,
) -> None:
    """Inject COUNT faults of each kind into a MODEL on a bus, right packets around each.

    A packet that is cut or too long, has an unknown TID, comes before the machine is enabled or
    while weights are loaded, or has a number out of range; a wrong image of weights; a bit of a
    memory that changes; and a reset in any cycle. The registers must report each fault, nothing may
    come out, and the next packet must have the right results, bit by bit (after a bit that has
    changed: after a reset). Without MODEL, on a small network whose inputs leave room in their
    bytes for numbers that are out of range, on a machine with --weights ram --parity.
    """
    from pascaline.measure.faults import inject, small_design

    design = small_design(machine) if model is None else find_design(model, machine, target)
    with bars() as progress:
        result = inject(design, count, sim=sim, seed=seed, progress=progress)
    good = result.pop("good")
    if as_json:
        print_json(result)
    else:
        rows = [[kind, n, result["recovered"][kind]] for kind, n in result["injected"].items()]
        compared = f"{result['values']:,} values compared, {result['mismatches']} mismatches"
        title = f"Faults on {design.machine.ports}, {design.name} in {sim}: {compared}"
        table(title, ["fault", "injected", "recovered"], rows)
    for fault in result["faults"]:
        click.echo(fault, err=True)
    sys.exit(0 if good else 1)
