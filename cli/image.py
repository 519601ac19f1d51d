"""``image``: what is loaded into a machine that has been generated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_argument
from pascaline.cli.paths import PATH
from pascaline.console import print_json, say
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.machine import Machine
from pascaline.spec.outside import json_of, text_of

if TYPE_CHECKING:
    from pascaline.spec.network import Network

__all__ = ["image"]


@command(example="pascaline image mine.safetensors --for out/digits_ternary.json -o mine.bin")
@model_argument
@click.option(
    "--for",
    "description",
    required=True,
    type=PATH,
    help="The JSON file beside the Verilog of the machine to load.",
)
@click.option("-o", "--output", required=True, type=PATH, help="The image.")
@output_options
def image(model: str, *, description: Path, output: Path, as_json: bool) -> None:
    """Make the image of a MODEL for a machine with --weights ram that has been generated.

    The model must fit the machine: its network is the same, and its integers have no more bits
    than there are.
    """
    from pascaline.models.catalogue import find_model
    from pascaline.spec.design import Design
    from pascaline.spec.fitting import fitted
    from pascaline.spec.loading import header
    from pascaline.spec.loading import image as make_image

    network, machine, wanted = _read(description)
    design = Design(model=fitted(find_model(model), network), machine=machine)
    if (found := header(design)) != wanted:
        words = [
            f"{word} {value}, not {wanted.get(word)}"
            for word, value in found.items()
            if value != wanted.get(word)
        ]
        rule = f"must be of this release, whose images have {', '.join(words)}"
        raise InputError(str(description), rule)
    content = make_image(design)
    write_atomic(output, content)
    if as_json:
        print_json({"file": str(output), "bytes": len(content), **header(design)})
        return
    say(f"{output}  {len(content):,} bytes")


def _read(path: Path) -> tuple[Network, Machine, dict[str, int]]:
    """The network and the machine of a description, and the header of its images."""
    from pascaline.spec.network import Network

    found = json_of(text_of(path), str(path))
    parts = {"network", "machine", "image"}
    if not isinstance(found, dict) or not isinstance(found.get("image"), dict | None):
        raise InputError(str(path), "must be the description of a machine")
    if not parts <= found.keys() or not found["image"]:
        raise InputError(str(path), "must describe a machine with --weights ram")
    network = Network.parse(json.dumps(found["network"]), thing=f"{path}: network")
    machine = Machine.parse(json.dumps(found["machine"]), thing=f"{path}: machine")
    return network, machine, found["image"]
