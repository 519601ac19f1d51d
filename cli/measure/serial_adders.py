"""``measure serial-adders``: cells of products whose adders take a bit a cycle."""

from __future__ import annotations

import click

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import Real, numbers
from pascaline.console import bars, print_json, table

__all__ = ["serial_adders"]


@command(example="pascaline measure serial-adders --sizes 64 --kinds binary,ternary --tool yosys")
@click.option(
    "--sizes",
    metavar="A,BxC,...",
    default="16,32,64",
    help="Random matrices: inputs of as many outputs, or inputs x outputs.",
)
@click.option(
    "--kinds",
    metavar="A,B,...",
    default=",".join(known.KINDS_OF_MATRICES),
    help="Kinds of random matrices.",
)
@click.option(
    "--seeds", metavar="A,B,...", default="0", callback=numbers, help="Of random matrices."
)
@click.option("--effort", type=Real(0, 100_000), default=1.0, help="Seconds for each graph.")
@click.option(
    "--tool",
    type=click.Choice(known.YOSYS),
    default=known.YOSYS[0],
    help="Yosys of PyPI, or the one that is installed.",
)
@output_options
def serial_adders(
    *, sizes: str, kinds: str, seeds: list[int], effort: float, tool: str, as_json: bool
) -> None:
    """LUTs and flip-flops of constant products on Xilinx 7 that take a bit of each input a cycle.

    Nothing but the product is in it: no register of the vector or of the sums.
    """
    from pascaline.measure.serial_adders import measure_serial

    with bars() as progress:
        result = measure_serial(
            sizes=sizes.split(","),
            kinds=kinds.split(","),
            seeds=seeds,
            effort=effort,
            tool=tool,
            progress=progress,
        )
    if as_json:
        print_json(result)
        return
    names = ("name", "seed", "adders", "luts", "flip_flops", "carries")
    rows = [[one[name] for name in names] for one in result["products"]]
    titles = [name.replace("_", " ") for name in names]
    table(f"products (inputs x outputs), {result['tool_version']}", titles, rows)
