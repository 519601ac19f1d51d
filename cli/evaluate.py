"""``evaluate``: the golden model on a whole data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import pascaline
from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_argument
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, say, table
from pascaline.pages.precision import precision_tables

if TYPE_CHECKING:
    from pascaline.data.evaluate import Score
    from pascaline.importers.calibrate.evaluation import Beside

__all__ = ["evaluate"]


@command(example="pascaline evaluate digits-ternary")
@model_argument
@click.option("--data", help="A data set, or the path of a folder or a text file.")
@click.option(
    "--part", type=click.Choice(known.PARTS), default="held-out", help="Part of the data."
)
@click.option(
    "--float",
    "real",
    type=PATH,
    metavar="FILE",
    help="Compare with the float network of this file, from which the model was imported.",
)
@output_options
def evaluate(model: str, *, data: str | None, part: str, real: Path | None, as_json: bool) -> None:
    """Measure how good a MODEL is on real data, by the golden model.

    By default on the data set that it was trained on, which is fetched once. Models of characters
    are measured in bits per character, decoders in edits of what they give.
    """
    from pascaline.data.evaluate import Score
    from pascaline.importers.calibrate.evaluation import Beside
    from pascaline.spec.classes import class_names

    found = pascaline.load(model)
    with bars() as progress:
        measured = pascaline.evaluate(found, data=data, part=part, float=real, progress=progress)
    if isinstance(measured, Beside):
        _show_both(found.name, measured, as_json=as_json)
        return
    recorded = (found.card.get("accuracy") or {}).get("integer", {})
    card = measured.card()
    result: dict[str, Any] = {"model": found.name, "data": data, "part": part} | {
        "samples": card["total"],
        **{key: value for key, value in card.items() if key in ("correct", "bits", "edits")},
    }
    if "correct" in card:
        result["accuracy"] = card["correct"] / card["total"]
    named = class_names(found)
    if isinstance(measured, Score) and found.network.single:
        result["by_class"] = _by_class(measured, named)
    beyond = measured.beyond
    if beyond is not None and beyond.cut:
        result["cut"] = beyond.card()
    if data is None and part == "held-out":
        kept = [recorded[key] for key in ("correct", "bits", "edits") if key in recorded]
        result["recorded"] = kept[0] if kept else None
    if as_json:
        print_json(result)
        return
    if named and "by_class" in result:
        rows = [list(one.values()) for one in result["by_class"]]
        table(f"classes of {found.name}", ["number", "name", "correct", "of"], rows)
    if beyond is not None and beyond.cut:
        say(str(beyond))
    kind = "correct " if "correct" in card else ""
    say(f"{found.name}: {measured} {kind}on {part}, integer arithmetic")


def _by_class(score: Score, names: Sequence[str]) -> list[dict[str, Any]]:
    """What is right of each class, with its number and, if it has one, its name."""
    return [
        {"number": number, **({"name": names[number]} if names else {}), "correct": right, "of": of}
        for number, (right, of) in score.by_class.items()
    ]


def _show_both(name: str, found: Beside, *, as_json: bool) -> None:
    """How a model and its float network do."""
    if as_json:
        print_json({"model": name} | found.card())
        return
    for one in precision_tables(found.precision):
        table(one.title, one.columns, one.rows)
    say(f"{name}: {found}")
