"""``generate``: Verilog from a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import pascaline
from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_argument
from pascaline.console import bars, print_json, say

__all__ = ["generate"]


@command(example="pascaline generate digits-ternary --ports axi -o out")
@model_argument
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder for the files."
)
@target_option
@machine_options
@output_options
def generate(model: str, *, output: Path, target: str, as_json: bool, **machine: Any) -> None:
    """Generate the Verilog of a MODEL, and a JSON file that describes it."""
    design = find_design(model, machine, target)
    with bars() as progress:
        verilog = pascaline.generate(design, progress=progress)
    paths = verilog.write(output)
    if as_json:
        print_json({"files": [str(path) for path in paths], **verilog.description})
        return
    for path in paths:
        say(f"{path}  {path.stat().st_size:,} bytes")
