"""``generate``: Verilog from a model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import click

from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.console import json_option, print_json, say, spinner
from pascaline.spec.design import Design

__all__ = ["generate", "make_verilog"]


@click.command()
@click.argument("model")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder for the files."
)
@target_option
@machine_options
@json_option
def generate(model: str, *, output: Path, target: str, as_json: bool, **machine: Any) -> None:
    """Generate the Verilog of a MODEL, and a JSON file that describes it."""
    verilog = make_verilog(find_design(model, machine, target))
    paths = verilog.write(output)
    if as_json:
        print_json({"files": [str(path) for path in paths], **verilog.description})
        return
    for path in paths:
        say(f"{path}  {path.stat().st_size:,} bytes")


@lru_cache(maxsize=1)
def make_verilog(design: Design) -> Any:
    """The Verilog of a design, an `hdl.verilog.Verilog`; that of the last design is kept."""
    from pascaline.hdl.verilog import generate as generate_verilog

    with spinner(f"generating {design.name}"):
        return generate_verilog(design)
