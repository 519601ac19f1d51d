"""``distil``: a model with quantised weights that learns from a float network."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import pascaline
from pascaline.cli import known
from pascaline.cli.command import command, options, output_options
from pascaline.cli.device import device_option
from pascaline.cli.foreign import foreign_options, formats_of, say_reading
from pascaline.cli.numbers import REAL, SEED, WHOLE
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, remark, table
from pascaline.pages.precision import precision_tables
from pascaline.spec.errors import InputError
from pascaline.spec.files import beside

__all__ = ["distil"]


@command(example="pascaline distil net.pt --data recordings --weights ternary -o net.safetensors")
@click.argument("file", type=PATH)
@click.option(
    "--data",
    required=True,
    type=PATH,
    help="Sequences without labels: a .npy, .npz or .csv file, or a folder of such.",
)
@click.option("-o", "--output", required=True, type=PATH, help="The model file.")
@options(
    "Weights",
    click.option("--weights", default="ternary", help=f"{', '.join(known.ARITHMETICS)}."),
    click.option("--recurrent-weights", help="Of those that meet h.", show_default="the same"),
    click.option(
        "--shared-scale/--separate-scale", default=False, help="One scale a row, or one a product."
    ),
    click.option(
        "--bits",
        type=WHOLE,
        default=12,
        help="Width of x, h and of what functions give.",
    ),
)
@options(
    "Learning",
    click.option("--epochs", type=WHOLE, default=100, help="Passes over the data."),
    click.option("--batch", type=WHOLE, default=16, help="Pieces in a batch."),
    click.option("--length", type=WHOLE, default=200, help="Steps of a piece."),
    click.option("--rate", type=REAL, default=0.01, help="Learning rate at the start."),
    click.option("--seed", type=SEED, default=0, help="Seed of the pieces that are drawn."),
    device_option,
    click.option("--resume", is_flag=True, help="Continue a killed run."),
)
@foreign_options
@output_options
def distil(
    file: Path,
    *,
    data: Path,
    output: Path,
    output_kind: Any,
    said: tuple[str, ...],
    as_json: bool,
    **chosen: Any,
) -> None:
    """Teach quantised weights what the float network in FILE does. Needs PyTorch, but no labels.

    FILE is what `pascaline import` reads. The model has its shape; it begins as `import --quantize
    --calibrate` would make it, and learns that its outputs are those of the float network. A fifth
    of the sequences, the last ones, is held out: how near both are to it there is said and kept.
    """
    try:
        from pascaline.nn import distil as taught
    except ImportError as error:
        raise InputError("distil", f"needs {error.name} (pip install pascaline[train])") from None
    with bars() as progress:
        model = taught(
            file,
            data,
            output=output_kind,
            name=output.stem,
            formats=formats_of(said),
            snapshot=beside(output, ".training"),
            progress=progress,
            **chosen,
        )
    where = output.name if output.is_absolute() else output.as_posix()
    command = f"{model.card['command']} {shlex.join(['-o', where])}"
    model = replace(model, card=model.card | {"command": command})
    pascaline.save(model, output)
    found, near = model.card["distilled"], model.card["precision"]
    if as_json:
        result = {"file": str(output), "network": model.network.model_dump(mode="json")}
        print_json(result | model.card["reading"] | {"distilled": found, "precision": near})
        return
    say_reading(model)
    remark(f"{output}  {output.stat().st_size:,} bytes")
    what = "decisions" if near["head"] else "largest outputs"
    rows = [
        [when, f"{found[when]['snr']:.1f} dB", f"{found[when]['agreement']:.2f} %"]
        for when in ("before", "after")
    ]
    table("Distillation, on held-out sequences", ["", "h of the last layer", f"same {what}"], rows)
    for one in precision_tables(near):
        table(one.title, one.columns, one.rows)
