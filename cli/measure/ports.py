"""``measure ports``: what a bus costs, in area and in cycles."""

from __future__ import annotations

import click

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_names
from pascaline.cli.numbers import Whole
from pascaline.cli.synthesis import area_target_option
from pascaline.console import bars, print_json, table

__all__ = ["ports_"]


@command("ports", example="pascaline measure ports tiny-ternary --sequences 3")
@click.argument("model", shell_complete=model_names, default="medium-ternary")
@area_target_option
@click.option(
    "--sequences",
    type=Whole(0),
    default=3,
    help="Simulate this many sequences, and twice as many; 0: area only.",
)
@click.option("--sim", type=click.Choice(known.SIMULATORS), default="verilator", help="Simulator.")
@output_options
def ports_(model: str, *, target_name: str, sequences: int, sim: str, as_json: bool) -> None:
    """Area and cycles of MODEL's machine with plain streams, on AXI and on Wishbone.

    Cycles beyond those of the formula, without pauses, of some sequences and of twice as many: what
    both have in common is the time to store the first packet; the rest, if any, are extra cycles
    per step.
    """
    from pascaline.measure.ports import STEPS, cost_of_ports
    from pascaline.models.catalogue import find_model

    with bars() as progress:
        result = cost_of_ports(
            find_model(model), target_name, sequences=sequences, sim=sim, progress=progress
        )
    if as_json:
        print_json(result)
        return
    rows = result["ports"]
    columns = list(rows["stream"]["whole"])
    for part in ("whole", "bus"):
        table(
            f"{part} of {model} on {target_name}",
            ["ports", *(column.replace("_", " ") for column in columns)],
            [
                [style, *(row[part].get(column, 0) for column in columns)]
                for style, row in rows.items()
            ],
        )
    if sequences:
        shown = ("late_cycles", "cycles_per_step")
        table(
            f"Cycles beyond the formula's, sequences of {STEPS} steps",
            ["ports", "of the first packet", "of a step"],
            [[style, *(row[name] for name in shown)] for style, row in rows.items()],
        )
