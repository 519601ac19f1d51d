"""``measure peers``: networks that other generators were measured with, on machines of ours."""

from __future__ import annotations

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import MANY
from pascaline.console import bars, print_json, table

__all__ = ["peers"]


@command(example="pascaline measure peers --samples 10")
@click.option("--samples", type=MANY, default=50, help="Sequences to simulate.")
@output_options
def peers(*, samples: int, as_json: bool) -> None:
    """Cycles, LUTs and exactness beside those of other generators, for the same networks.

    Ours are the cycles of a step that a simulation in Verilator confirms, Yosys' LUTs for Xilinx 7
    without DSP blocks, and output values equal to the golden model's. The others' numbers are
    from docs/peers.md.
    """
    from pascaline.measure.peers import compare_peers

    with bars() as progress:
        result = compare_peers(samples, progress)
    if as_json:
        print_json(result)
        return
    rows = result["machines"]
    keys = [key for key in rows[0] if key != "faults"]
    cells = [["-" if row[key] is None else row[key] for key in keys] for row in rows]
    table("Other generators", [key.replace("_", " ") for key in keys], cells)
