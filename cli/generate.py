"""``generate``: Verilog from a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import pascaline
from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.console import bars, json_option, print_json, say

__all__ = ["generate"]


@click.command()
@click.argument("model")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder for the files."
)
@click.option(
    "--prefix",
    help="Before the names of all modules but the top; by default the top's name.",
)
@target_option
@machine_options
@json_option
def generate(
    model: str, *, output: Path, prefix: str | None, target: str, as_json: bool, **machine: Any
) -> None:
    """Generate the Verilog of a MODEL, and a JSON file that describes it.

    The folder has one design: what an earlier run has written there, and this one does not, is
    removed. Files of yours are left alone.
    """
    design = find_design(model, machine, target)
    with bars() as progress:
        verilog = pascaline.generate(design, prefix=prefix, progress=progress)
    removed: list[Path] = []
    paths = verilog.write(output, removed.append)
    if as_json:
        files = {"files": [str(path) for path in paths], "removed": [str(path) for path in removed]}
        print_json({**files, **verilog.description})
        return
    for path in removed:
        say(f"{path}  removed, of an earlier run")
    for path in paths:
        say(f"{path}  {path.stat().st_size:,} bytes")
