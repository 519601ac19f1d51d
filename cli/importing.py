"""``import``: a model from a network that was trained elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import pascaline
from pascaline.cli.command import command, options, output_options
from pascaline.cli.foreign import foreign_options, formats_of, like_option, say_like, say_reading
from pascaline.cli.numbers import REAL, WHOLE, Real
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, remark, say, table, warn
from pascaline.pages.precision import precision_tables
from pascaline.spec.errors import InputError

__all__ = ["import_"]


@command("import", example="pascaline import net.pt --weights ternary -o net.safetensors")
@click.argument("file", type=PATH)
@click.option("-o", "--output", required=True, type=PATH, help="The model file.")
@like_option
@options(
    "Weights",
    click.option(
        "--weights",
        help="Arithmetic of the weights.",
        show_default="fixed point of as many bits as signals; fixed8",
    ),
    click.option("--recurrent-weights", help="Of those that meet h.", show_default="the same"),
    click.option(
        "--zero-points", is_flag=True, help="Round weights with a zero point of each matrix."
    ),
    click.option(
        "--quantize", is_flag=True, help="Force weights to binary or ternary, at some cost."
    ),
    click.option(
        "--weight-bits", type=WHOLE, help="Bits that it quantises its weights to.", show_default="4"
    ),
)
@options(
    "Formats",
    click.option(
        "--reach",
        type=Real(above=0),
        help="Largest magnitude of the network's inputs; larger ones are cut. Not with --calibrate."
        "",
        show_default="1; 4 standard deviations where the file standardises them",
    ),
    click.option(
        "--calibrate",
        type=PATH,
        metavar="DATA",
        help="Choose all formats by these sequences: a .npy, .npz or .csv file, or a folder"
        " of such.",
    ),
    click.option(
        "--bits", type=WHOLE, help="Width of x, h and of what functions give.", show_default="8"
    ),
    click.option(
        "--target-snr",
        type=REAL,
        metavar="DB",
        help="Or the fewest bits for so many decibels of h.",
    ),
    click.option(
        "--target-agreement",
        type=REAL,
        metavar="PERCENT",
        help="Or the fewest bits with which so many decisions stay as they are.",
    ),
)
@foreign_options
@options(
    "HadamRNN",
    click.option("--block", type=WHOLE, help="Of a HadamRNN: elements of a block of signs."),
)
@click.option("--pooling", type=click.Choice(["none", "max"]), hidden=True)
@click.option("--results", type=click.Choice(["last", "every"]), hidden=True)
@output_options
def import_(
    file: Path,
    *,
    output: Path,
    output_kind: Any,
    pooling: str | None,
    results: str | None,
    said: tuple[str, ...],
    as_json: bool,
    **chosen: Any,
) -> None:
    """Make a model file of a FILE: an LSTM, a GRU or an RNN and, if any, a dense head.

    Of several layers and of both directions, too; or a HadamRNN as its authors keep it. Reads the
    state_dict of an nn.LSTM, nn.GRU or nn.RNN as .safetensors, .npz, and (with PyTorch installed)
    .pt, .pth, .ckpt, .bin or .pkl; (with onnx installed) .onnx; (with h5py installed) .keras and
    .h5; and .brevitas, which pascaline.nn.from_brevitas writes. `pascaline evaluate MODEL --data
    ...` then says how good it is. With --calibrate it is said at once how near it is to the network
    that it comes from.
    """
    from pascaline.importers.calibrate.formats import ASSUMPTIONS

    if output.exists() and file.exists() and output.samefile(file):
        raise InputError("--output", "must not be the file that is read", str(output))
    chosen["result"] = _renamed(chosen["result"], pooling=pooling, results=results)
    with bars() as progress:
        model = pascaline.import_network(
            file,
            output=output_kind,
            name=output.stem,
            formats=formats_of(said),
            progress=progress,
            **chosen,
        )
    pascaline.save(model, output)
    found = model.card.get("precision")
    if as_json:
        result = {"file": str(output), "network": model.network.model_dump(mode="json")}
        result |= model.card["reading"] | {"like": model.card.get("like")}
        print_json(result | ({"precision": found} if found else {}))
        return
    say_reading(model)
    say_like(model)
    remark(f"{output}  {output.stat().st_size:,} bytes")
    for one in precision_tables(found) if found else ():
        table(one.title, one.columns, one.rows)
    if found and found.get("quantized"):
        weights = f"--weights {chosen['weights']} -o tuned.safetensors"
        remark("Learning on usually wins back what these weights cost. Without labels:")
        remark(f"  pascaline distil {file} --data {chosen['calibrate']} {weights}")
        remark(f"or with them: pascaline train TASK --start {file} {weights}")
    if chosen["bits"] and not found:
        say(f"Formats {ASSUMPTIONS}; --calibrate DATA measures it.")


def _renamed(result: str | None, **old: str | None) -> str | None:
    """The result, from options that still work for one release."""
    for option, value in old.items():
        if value is None:
            continue
        present = {"none": None, "max": "max", "last": "last", "every": "every"}[value]
        warn(f"`--{option} {value}` is now `--result {present or 'last'}`")
        result = result or present
    return result
