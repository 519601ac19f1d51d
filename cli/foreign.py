"""What commands have in common that read a network from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pascaline.cli import known
from pascaline.cli.command import options
from pascaline.cli.completion import model_names
from pascaline.cli.paths import PATH
from pascaline.console import say
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from pascaline.spec.model import Model

__all__ = ["foreign_options", "formats_of", "like_option", "say_like", "say_reading"]

OPTIONS = (
    click.option(
        "--cell", help=f"{', '.join(known.FORMS_READ)}.", show_default="by the number of gates"
    ),
    click.option("--head", help="The module that is the dense head, or none."),
    click.option(
        "--result",
        type=click.Choice(known.RESULTS),
        help="What the head sees of the outputs of all steps.",
        show_default="what the file says; last",
    ),
    click.option("--part", help="How the names of the tensors begin that are the network."),
    click.option(
        "--preprocess",
        type=PATH,
        help="JSON file with offset and gain of each input, if the network did not get raw"
        " features.",
    ),
    click.option(
        "--classes",
        metavar="A,B,...",
        help="Names of the classes in the order of the head's rows, or a .json or .txt file.",
        show_default="what the file says, or id2label of a config.json beside it",
    ),
    click.option(
        "--output-kind",
        "output_kind",
        type=click.Choice(["class", "logits"]),
        help="What a head gives.",
        show_default="what the file says; class",
    ),
    click.option(
        "--format",
        "said",
        multiple=True,
        metavar="[LAYER.]FIELD=FORMAT",
        help="A format that is not to be chosen, as cell=Q5.10 or 1.pre=Q3.12.  [repeatable]",
    ),
)


foreign_options = options("What a file does not say", *OPTIONS)
"""The options about that, and about formats said by hand."""


def formats_of(said: tuple[str, ...]) -> dict[str, str]:
    """Formats by their fields; raises `InputError` for a text that says none."""
    made = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise InputError("--format", "must be as cell=Q5.10", text)
        if name in made:
            raise InputError(f"--format {name}", "must be said once")
        made[name] = value
    return made


like_option = click.option(
    "--like",
    metavar="MODEL",
    shell_complete=model_names,
    help="Fit the machine of this model, whose weights are loaded: round as far as that takes.",
)
"""For commands that make a model of learned numbers."""


def say_like(model: Model) -> None:
    """Print what that took, and what does not fit."""
    for line in model.card.get("like", {"lines": []})["lines"]:
        say(f"{'like':10}  {line}")


def say_reading(model: Model) -> None:
    """Print what was understood of a file, assumed and left out."""
    for kind, lines in model.card["reading"].items():
        for line in lines:
            say(f"{kind.replace('_', ' '):10}  {line}")
