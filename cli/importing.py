"""``import``: a model from a PyTorch checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.console import json_option, print_json, say
from spec.modelfile import write_model

__all__ = ["import_"]


@click.command("import")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="The model file."
)
@click.option("--weights", default="fixed8", show_default=True, help="Arithmetic of the weights.")
@click.option("--quantize", is_flag=True, help="Force weights to binary or ternary, at some cost.")
@click.option(
    "--output-kind",
    "output_kind",
    type=click.Choice(["class", "logits"]),
    default="class",
    show_default=True,
)
@click.option("--results", type=click.Choice(["last", "every"]), default="last", show_default=True)
@json_option
def import_(
    checkpoint: Path, *, output: Path, output_kind: str, as_json: bool, **chosen: Any
) -> None:
    """Make a model file of a CHECKPOINT: the state_dict of an nn.LSTM and, if any, a linear head.

    Reads .safetensors, .npz, and (with PyTorch installed) .pt files.
    """
    from train.checkpoint import read_checkpoint
    from train.convert import Conversion, convert

    conversion = Conversion.parse(chosen | {"output": output_kind}, thing="import")
    model = convert(read_checkpoint(checkpoint), conversion, name=output.stem)
    write_model(model, output)
    if as_json:
        print_json({"file": str(output), "network": model.network.model_dump(mode="json")})
        return
    say(f"{output}  {output.stat().st_size:,} bytes")
