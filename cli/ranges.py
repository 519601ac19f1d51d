"""Options for several machines at once: each parameter of a machine takes a list of values."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pascaline.cli.command import Decorator, options
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine

if TYPE_CHECKING:
    from pascaline.spec.model import Model

__all__ = ["AUTO", "range_options", "read_ranges"]

AUTO = "auto"
"""As a lane, what costs least on the target; of the other parameters, some have a default that is
computed from the rest of the machine."""


def _range_option(name: str, said: str) -> Decorator:
    """The option of a parameter of which this is said."""
    first, _, _ = " ".join(said.split()).replace("`", "").partition(". ")
    return click.option(
        f"--{name.replace('_', '-')}",
        metavar="A,B,...",
        help=f"{first.rstrip('.')}." if first else None,
    )


SAID = dict(
    re.findall(r"^(\w+) : .*\n {4}((?:.|\n(?= {4}))+)", inspect.getdoc(Machine) or "", re.M)
)

NAMES = [name for name in Machine.model_fields if name != "layer_units"]
STORED = NAMES.index("weights")


def _group(title: str, names: list[str]) -> Decorator:
    return options(
        title,
        *(_range_option(name, SAID.get(name, "")) for name in names),
        note="Each takes values with commas between them; by default, that of --machine.",
    )


def range_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """An option for each parameter of a machine."""
    function = _group("Parameters to sweep: memories and ports", NAMES[STORED:])(function)
    return _group("Parameters to sweep: lanes, cell units and head", NAMES[:STORED])(function)


def read_ranges(texts: dict[str, str | None], model: Model, target: str) -> dict[str, list[Any]]:
    """The values of each parameter that was given.

    Raises
    ------
    InputError
        If a value cannot be one of that parameter's.
    """
    return {
        name: [_value(name, piece.strip(), model, target) for piece in text.split(",")]
        for name, text in texts.items()
        if text is not None
    }


def _value(name: str, text: str, model: Model, target: str) -> Any:
    from pascaline.synth.choice import best_lane

    value: Any
    if text == AUTO and name == "lane":
        value = best_lane(target, model.network)
    elif text == AUTO and Machine.model_fields[name].default is None:
        value = None
    else:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = text
    if text == "":
        raise InputError(f"--{name.replace('_', '-')}", "must be values separated by commas")
    return getattr(Machine.parse({name: value}, thing="machine"), name)
