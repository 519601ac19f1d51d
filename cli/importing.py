"""``import``: a model from a network that was trained elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

import pascaline
from pascaline.console import json_option, print_json, say, warn
from pascaline.importers.network import RESULTS
from pascaline.spec.cells import FORMS

__all__ = ["import_"]


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="The model file."
)
@click.option("--cell", help=f"{', '.join(FORMS)}.  [default: by the number of gates]")
@click.option("--weights", default="fixed8", show_default=True, help="Arithmetic of the weights.")
@click.option("--recurrent-weights", help="Of those that meet h.  [default: the same]")
@click.option("--quantize", is_flag=True, help="Force weights to binary or ternary, at some cost.")
@click.option(
    "--reach",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Largest magnitude of the network's inputs; larger ones are cut.",
)
@click.option(
    "--preprocess",
    type=click.Path(path_type=Path),
    help="JSON file with offset and gain of each input, if the network did not get raw features.",
)
@click.option(
    "--output-kind",
    "output_kind",
    type=click.Choice(["class", "logits"]),
    help="What a head gives.  [default: what the file says; class]",
)
@click.option("--head", help="The module that is the dense head, or none.")
@click.option(
    "--result",
    type=click.Choice(list(RESULTS)),
    help="What the head sees of the outputs of all steps.  [default: what the file says; last]",
)
@click.option("--part", help="How the names of the tensors begin that are the network.")
@click.option("--pooling", type=click.Choice(["none", "max"]), hidden=True)
@click.option("--results", type=click.Choice(["last", "every"]), hidden=True)
@json_option
def import_(
    file: Path,
    *,
    output: Path,
    output_kind: Any,
    pooling: str | None,
    results: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Make a model file of a FILE: an LSTM, a GRU or an RNN and, if any, a dense head.

    Of several layers and of both directions, too. Reads the state_dict of an nn.LSTM, nn.GRU or
    nn.RNN as .safetensors, .npz, and (with PyTorch installed) .pt, .pth, .ckpt, .bin or .pkl; (with
    onnx installed) .onnx; (with h5py installed) .keras and .h5; and .brevitas, which
    pascaline.nn.from_brevitas writes. `pascaline evaluate MODEL --data ...` then says how good it
    is.
    """
    chosen["result"] = _renamed(chosen["result"], pooling=pooling, results=results)
    model = pascaline.import_network(file, output=output_kind, name=output.stem, **chosen)
    pascaline.save(model, output)
    if as_json:
        network = model.network.model_dump(mode="json")
        print_json({"file": str(output), "network": network} | model.card["reading"])
        return
    for kind, lines in model.card["reading"].items():
        for line in lines:
            say(escape(f"{kind.replace('_', ' '):10}  {line}"))
    say(f"{output}  {output.stat().st_size:,} bytes")


def _renamed(result: str | None, **old: str | None) -> str | None:
    """The result, from options that still work for one release."""
    for option, value in old.items():
        if value is None:
            continue
        present = {"none": None, "max": "max", "last": "last", "every": "every"}[value]
        warn(f"`--{option} {value}` is now `--result {present or 'last'}`")
        result = result or present
    return result
