"""``evaluate``: the golden model on a whole data set."""

from __future__ import annotations

from typing import Any

import click

from cli.catalogue import find_model
from cli.console import bars, json_option, print_json, say
from train.data import PARTS

__all__ = ["evaluate"]


@click.command()
@click.argument("model")
@click.option("--part", type=click.Choice(PARTS), default="held-out", show_default=True)
@json_option
def evaluate(model: str, *, part: str, as_json: bool) -> None:
    """Count how often a MODEL is right on real data, by the golden model.

    Fetches the data set that the model was trained on, once.
    """
    from train.evaluate import evaluate as evaluate_model

    found = find_model(model)
    with bars() as report:
        score = evaluate_model(found, part, report)
    recorded = found.card.get("accuracy", {}).get("integer", {})
    result: dict[str, Any] = {
        "model": found.name,
        "part": part,
        "correct": score.correct,
        "samples": score.total,
        "accuracy": score.accuracy,
        "recorded": recorded.get("correct") if part == "held-out" else None,
    }
    if as_json:
        print_json(result)
        return
    say(f"{found.name}: {score} correct on {part}, integer arithmetic")
