"""``train``: a model from data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.console import bars, json_option, print_json, say
from train.options import TASKS, Options

__all__ = ["train"]


@click.command()
@click.argument("task")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="The model file."
)
@click.option(
    "--weights", type=click.Choice(["binary", "ternary"]), default="ternary", show_default=True
)
@click.option("--hidden", type=int, default=100, show_default=True, help="Hidden units.")
@click.option(
    "--normaliser", type=click.Choice(["scale", "batchnorm"]), default="scale", show_default=True
)
@click.option("--shared-scale/--separate-scale", default=True, show_default=True)
@click.option("--epochs", type=int, help="Passes over the training part.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--validation", is_flag=True, help="Measure on a part of the training data instead.")
@json_option
def train(task: str, *, output: Path, as_json: bool, **chosen: Any) -> None:
    """Train a TASK, freeze it to integers, measure it and write a model file. Needs PyTorch."""
    from train.recipe import train as train_task

    options = Options.parse(chosen, thing="train")
    if task not in TASKS:
        raise click.UsageError(f"task: must be one of {', '.join(TASKS)}, not {task!r}")
    with bars() as report:
        model = train_task(task, options, output, report=report)
    if as_json:
        print_json({"file": str(output), "name": model.name, "card": model.card})
        return
    accuracy = model.card["accuracy"]
    for form in ("float", "integer"):
        score = accuracy[form]
        share = 100 * score["correct"] / score["total"]
        say(f"{form:8} {score['correct']}/{score['total']} ({share:.2f} %) {accuracy['part']}")
    say(f"{output}  {output.stat().st_size:,} bytes")
