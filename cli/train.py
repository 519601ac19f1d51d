"""``train``: a model from data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from pascaline.cli.foreign import like_option, say_like
from pascaline.cli.numbers import REAL, SEED, WHOLE
from pascaline.console import bars, json_option, print_json, say
from pascaline.data.edits import Edits
from pascaline.data.excess import Excess
from pascaline.models.catalogue import find_model
from pascaline.pages.curves import draw, sparkline
from pascaline.spec.arithmetic import FAMILIES
from pascaline.spec.cells import FORMS, USUAL
from pascaline.spec.files import write_atomic
from pascaline.spec.network import Pooling
from pascaline.train.options import NormaliserName, Options
from pascaline.train.tasks import task as find_task

__all__ = ["train"]


@click.command()
@click.argument("task")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="The model file."
)
@click.option(
    "--cell",
    help=f"Of all layers, or of each, with commas: {', '.join(FORMS)}.  [default: {USUAL}]",
)
@click.option("--layers", type=WHOLE, help="Number of layers.  [default: 1]")
@click.option("--bidirectional", is_flag=True, default=None, help="Bidirectional layers.")
@click.option(
    "--residual", is_flag=True, help="Add x to h in the output of all layers where both fit."
)
@click.option(
    "--pooling",
    type=click.Choice(get_args(Pooling)),
    default="none",
    show_default=True,
    help="What the head sees: the last outputs, or of all steps the largest, the mean, or a mean"
    " in which they count as is learned.",
)
@click.option(
    "--block", type=WHOLE, help="Elements of a block of the transform in a cell that has one."
)
@click.option("--sign-pace", type=REAL, help="How fast its signs turn.  [default: 1]")
@click.option("--state-bits", type=WHOLE, help="Bits of h of a linear cell.")
@click.option(
    "--activation",
    default="table",
    show_default=True,
    help="How the machine makes sigmoid and tanh: table, or as pwl64, pieces16 or pieces16x4.",
)
@click.option(
    "--rectified/--not-rectified", default=None, help="Whether the head sees max(h, 0) or h."
)
@click.option(
    "--weights",
    default="ternary",
    show_default=True,
    help=f"{', '.join(FAMILIES)} or float.",
)
@click.option(
    "--recurrent-weights",
    help="Of those that meet h; orthogonal: real, in a linear cell.  [default: the same]",
)
@click.option("--head-weights", help="Of the head.  [default: rounded to the task's format]")
@click.option(
    "--rule", help="How weights are quantised: ardakani, ott, uniform, asymmetric; else as usual."
)
@click.option("--stochastic", is_flag=True, help="Draw quantised weights at random in every step.")
@click.option(
    "--draw", is_flag=True, help="Freeze such a draw instead of the deterministic weights."
)
@click.option("--hidden", type=WHOLE, help="Hidden units.")
@click.option(
    "--normaliser",
    type=click.Choice(get_args(NormaliserName)),
    help="Normaliser; layernorm and madnorm are in the machine, others in its scales.",
)
@click.option(
    "--normalise-cell",
    is_flag=True,
    help="With layernorm or madnorm: the cells of an LSTM are standardised, too.",
)
@click.option(
    "--shared-scale/--separate-scale", default=None, help="One scale a row, or one a product."
)
@click.option("--epochs", type=WHOLE, help="Passes over the training part.")
@click.option("--batch", type=WHOLE, help="Sequences in a batch.")
@click.option("--rate", type=REAL, help="Learning rate at the start.")
@click.option("--dropout", type=REAL, help="Fraction of the units hidden from the head.")
@click.option(
    "--augment/--no-augment", default=None, help="Whether sequences change as they are learned."
)
@click.option("--tuned", type=REAL, help="Last part of training, in which activations are rounded.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--validation", is_flag=True, help="Measure on a part of the training data instead.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="auto: a GPU, if there is one.",
)
@click.option(
    "--start",
    type=click.Path(path_type=Path),
    help="Fine-tune: a file that `import` reads, whose weights are the first ones.",
)
@click.option(
    "--start-preprocess",
    type=click.Path(path_type=Path),
    help="JSON file with offset and gain of each input, if that network did not get raw features.",
)
@click.option("--start-head", help="The module that is that network's dense head, or none.")
@click.option(
    "--keep-float",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the float network, too: a .safetensors that `import` reads, FILE.json beside it.",
)
@click.option(
    "--plot", type=click.Path(path_type=Path), help="SVG file for the plot of the learning curve."
)
@like_option
@click.option("--resume", is_flag=True, help="Continue a killed run.")
@json_option
def train(
    task: str,
    *,
    output: Path,
    start: Path | None,
    start_preprocess: Path | None,
    start_head: str | None,
    keep_float: Path | None,
    plot: Path | None,
    like: str | None,
    resume: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Train a TASK, freeze it to integers, measure it and write a model file. Needs PyTorch.

    TASK is a name (digits, rows, ...) or your own data: a folder of sequences, with a folder for
    each class, or a text file.
    """
    from pascaline.importers.foreign import Reading
    from pascaline.importers.sources import read_foreign
    from pascaline.train.recipe import train as train_task

    options = Options.parse(chosen, thing="train")
    find_task(task)
    other = None if like is None else find_model(like)
    with bars() as report:
        begin = None
        if start is not None:
            reading = Reading(cell=options.cell, head=start_head)
            begin = read_foreign(start, reading, preprocess=start_preprocess)
        model = train_task(
            task,
            options,
            output,
            start=begin,
            keep_float=keep_float,
            like=other,
            resume=resume,
            progress=report,
        )
    curve = model.card["curve"]
    if plot is not None:
        write_atomic(plot, draw(curve, f"{model.name}: loss in nats"))
    if as_json:
        print_json({"file": str(output), "name": model.name, "card": model.card})
        return
    accuracy = model.card["accuracy"]
    say(f"loss     {curve[0][1]:.3f} {sparkline([loss for _, loss in curve])} {curve[-1][1]:.3f}")
    for form in ("float", "integer"):
        say(f"{form:8} {shown(accuracy[form])} {accuracy['part']}")
    if cut := model.card.get("cut"):
        say(f"inputs   {Excess(**cut, format=str(model.network.x))}")
    say_like(model)
    say(f"{output}  {output.stat().st_size:,} bytes")


def shown(score: dict[str, Any]) -> str:
    """A score of a model's card, for people."""
    if "bits" in score:
        return f"{score['bits']:.4f} bits a character ({score['total']:,})"
    if "edits" in score:
        return str(Edits(**score))
    return f"{score['correct']}/{score['total']} ({100 * score['correct'] / score['total']:.2f} %)"
