"""``image``: what is loaded into a machine that has been generated."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_argument
from pascaline.console import print_json, say
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.machine import Machine
from pascaline.spec.outside import json_of, text_of

__all__ = ["image"]


@command(example="pascaline image mine.safetensors --for out/digits_ternary.json -o mine.bin")
@model_argument
@click.option(
    "--for",
    "description",
    required=True,
    type=click.Path(path_type=Path),
    help="The JSON file beside the Verilog of the machine to load.",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The image.")
@output_options
def image(model: str, *, description: Path, output: Path, as_json: bool) -> None:
    """Make the image of a MODEL for a machine with --weights ram that has been generated.

    The model must have the shape of the one that the machine was generated for: the same network
    but for its integers.
    """
    from pascaline.models.catalogue import find_model
    from pascaline.spec.design import Design
    from pascaline.spec.loading import header
    from pascaline.spec.loading import image as make_image

    machine, wanted = _read(description)
    design = Design(model=find_model(model), machine=machine)
    if header(design) != wanted:
        raise InputError(f"model {design.model.name}", f"must have the shape of {description}")
    content = make_image(design)
    write_atomic(output, content)
    if as_json:
        print_json({"file": str(output), "bytes": len(content), **header(design)})
        return
    say(f"{output}  {len(content):,} bytes")


def _read(path: Path) -> tuple[Machine, dict[str, int]]:
    """The machine of a description, and the header of its images."""
    found = json_of(text_of(path), str(path))
    if not isinstance(found, dict) or not found.get("image") or "machine" not in found:
        raise InputError(str(path), "must describe a machine with --weights ram")
    return Machine.parse(json.dumps(found["machine"]), thing=str(path)), found["image"]
