"""``export``: the real-valued network of a model, for PyTorch."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

import pascaline
from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_argument
from pascaline.cli.paths import PATH
from pascaline.console import print_json, remark, say

__all__ = ["export"]


@command(example="pascaline export digits-ternary -o digits.safetensors")
@model_argument
@click.option("-o", "--output", required=True, type=PATH, help="The state_dict.")
@output_options
def export(model: str, *, output: Path, as_json: bool) -> None:
    """Write the network of a MODEL in real numbers, to be compared in PyTorch.

    As the state_dict of an nn.LSTM, nn.GRU or nn.RNN called rnn, its scales inside the weights,
    and of a head called fc; or of a HadamRNN with its authors' names. A .safetensors or (with
    PyTorch installed) a .pt or .pth file, and beside it a .json file of what features go through
    before the network, if they do. What is rounded in the model's activations is not in it.
    """
    found = pascaline.export_network(pascaline.load(model), output)
    shapes = {name: list(tensor.shape) for name, tensor in found.tensors.items()}
    again = shlex.join(
        ["pascaline", "import", str(output), *found.again, "-o", "again.safetensors"]
    )
    if as_json:
        result = {"file": str(output), "what": found.what, "tensors": shapes}
        print_json(result | {"notes": list(found.notes), "import": again})
        return
    for name, shape in shapes.items():
        say(f"{name}  {shape}")
    for note in found.notes:
        say(f"note  {note}")
    remark(f"{output}  {output.stat().st_size:,} bytes, {found.what}; read it again with")
    remark(f"  {again}")
