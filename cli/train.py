"""``train``: a model from data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli import known
from pascaline.cli.command import command, options, output_options
from pascaline.cli.device import device_option
from pascaline.cli.foreign import like_option, say_like
from pascaline.cli.numbers import REAL, SEED, WHOLE
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, remark, say
from pascaline.pages.curves import draw, sparkline
from pascaline.spec.files import write_atomic

__all__ = ["train"]

AS_TASK = "Where no default is said, it is the task's, or follows from the cell."


@command(example="pascaline train recordings -o mine.safetensors")
@click.argument("task")
@click.option("-o", "--output", required=True, type=PATH, help="The model file.")
@options(
    "Network",
    click.option(
        "--cell",
        help=f"Of all layers, or of each, with commas: {', '.join(known.FORMS)}.",
        show_default=known.CELLS[0],
    ),
    click.option("--layers", type=WHOLE, help="Number of layers.", show_default="1"),
    click.option("--bidirectional", is_flag=True, default=None, help="Bidirectional layers."),
    click.option(
        "--residual", is_flag=True, help="Add x to h in the output of all layers where both fit."
    ),
    click.option(
        "--pooling",
        type=click.Choice(known.POOLINGS),
        default="none",
        help="What the head sees: the last outputs, or of all steps the largest, the mean, or a"
        " mean in which they count as is learned.",
    ),
    click.option("--hidden", type=WHOLE, help="Hidden units."),
    click.option(
        "--block", type=WHOLE, help="Elements of a block of the transform in a cell that has one."
    ),
    click.option("--state-bits", type=WHOLE, help="Bits of h of a linear cell."),
    click.option(
        "--activation",
        default="table",
        help="How the machine makes sigmoid and tanh: table, or as pwl64, pieces16 or pieces16x4.",
    ),
    click.option(
        "--rectified/--not-rectified", default=None, help="Whether the head sees max(h, 0) or h."
    ),
    click.option(
        "--normaliser",
        type=click.Choice(known.NORMALISERS),
        help="Normaliser; layernorm and madnorm are in the machine, others in its scales.",
    ),
    click.option(
        "--normalise-cell",
        is_flag=True,
        help="With layernorm or madnorm: the cells of an LSTM are standardised, too.",
    ),
    note=AS_TASK,
)
@options(
    "Weights",
    click.option(
        "--weights",
        default="ternary",
        help=f"{', '.join(known.ARITHMETICS)} or float.",
    ),
    click.option(
        "--recurrent-weights",
        help="Of those that meet h; orthogonal: real, in a linear cell.",
        show_default="the same",
    ),
    click.option(
        "--head-weights", help="Of the head.", show_default="rounded to the task's format"
    ),
    click.option(
        "--rule",
        help="How weights are quantised: ardakani, ott, uniform, asymmetric; else as usual.",
    ),
    click.option(
        "--stochastic", is_flag=True, help="Draw quantised weights at random in every step."
    ),
    click.option(
        "--draw", is_flag=True, help="Freeze such a draw instead of the deterministic weights."
    ),
    click.option(
        "--shared-scale/--separate-scale", default=None, help="One scale a row, or one a product."
    ),
    note=AS_TASK,
)
@options(
    "Learning",
    click.option("--epochs", type=WHOLE, help="Passes over the training part."),
    click.option("--batch", type=WHOLE, help="Sequences in a batch."),
    click.option("--rate", type=REAL, help="Learning rate at the start."),
    click.option("--dropout", type=REAL, help="Fraction of the units hidden from the head."),
    click.option(
        "--augment/--no-augment", default=None, help="Whether sequences change as they are learned."
    ),
    click.option("--sign-pace", type=REAL, help="How fast its signs turn.", show_default="1"),
    click.option(
        "--tuned", type=REAL, help="Last part of training, in which activations are rounded."
    ),
    click.option("--seed", type=SEED, default=0, help="Of everything random."),
    click.option(
        "--validation", is_flag=True, help="Measure on a part of the training data instead."
    ),
    device_option,
    click.option("--resume", is_flag=True, help="Continue a killed run."),
    note=AS_TASK,
)
@options(
    "Fine-tuning",
    click.option(
        "--start",
        type=PATH,
        help="Fine-tune: a file that `import` reads, whose weights are the first ones.",
    ),
    click.option(
        "--start-preprocess",
        type=PATH,
        help="JSON file with offset and gain of each input, if that network did not get raw"
        " features.",
    ),
    click.option("--start-head", help="The module that is that network's dense head, or none."),
)
@options(
    "Further files",
    click.option(
        "--keep-float",
        type=PATH,
        metavar="FILE",
        help="Write the float network, too: a .safetensors that `import` reads, FILE.json"
        " beside it.",
    ),
    click.option(
        "--plot",
        type=PATH,
        help="SVG file for the plot of the learning curve.",
    ),
)
@like_option
@output_options
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
    from pascaline.data.excess import Excess
    from pascaline.importers.foreign import Reading
    from pascaline.importers.sources import read_foreign
    from pascaline.models.catalogue import find_model
    from pascaline.train.options import Options
    from pascaline.train.recipe import train as train_task
    from pascaline.train.tasks import task as find_task

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
    remark(f"{output}  {output.stat().st_size:,} bytes")


def shown(score: dict[str, Any]) -> str:
    """A score of a model's card, for people."""
    from pascaline.data.edits import Edits

    if "bits" in score:
        return f"{score['bits']:.4f} bits a character ({score['total']:,})"
    if "edits" in score:
        return str(Edits(**score))
    return f"{score['correct']}/{score['total']} ({100 * score['correct'] / score['total']:.2f} %)"
