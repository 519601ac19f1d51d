"""``measure states``: how few bits the state of a linear network needs."""

from __future__ import annotations

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_names
from pascaline.cli.numbers import COUNT, Whole
from pascaline.console import bars, print_json, table
from pascaline.spec.errors import InputError

__all__ = ["states_"]

LONG = "copy-1000"
"""The data set of which sequences can be made anew."""


@command("states", example="pascaline measure states copy-1000-hadamard --fewest 8")
@click.argument("model", shell_complete=model_names, default="copy-1000-hadamard")
@click.option("--fewest", type=Whole(2), default=8, help="Bits to end at.")
@click.option(
    "--fresh",
    type=COUNT,
    help="Sequences of the long copy task that are made anew, instead of the held-out part.",
)
@output_options
def states_(*, model: str, fewest: int, fresh: int | None, as_json: bool) -> None:
    """Held-out results of a linear network with a transform, for a state of fewer and fewer bits.

    The model is the one that training has made; bits behind the binary point of its state are left
    out one by one, and nothing is trained again.
    """
    from pascaline.data.own import learned_from, trained_on
    from pascaline.data.readers import fresh_copies
    from pascaline.measure.states import coarser, states
    from pascaline.models.catalogue import find_model

    found = find_model(model)
    coarser(found, 0)
    data = trained_on(found).name
    if fresh is not None and data != LONG:
        raise InputError("--fresh", f"must be left out: {model} was trained on {data}, not {LONG}")
    part = learned_from(found) if fresh is None else fresh_copies(fresh)
    dropped = range(max(found.network.layer.h.width - fewest, 0) + 1)
    with bars() as progress:
        rows = states(found, part, dropped, progress=progress)
    if as_json:
        print_json({"model": model, "states": rows})
        return
    shown = [[*row.values(), f"{100 * row['correct'] / row['total']:.3f}"] for row in rows]
    table(f"{model}: results that are right", ["bits of h", "right", "of", "%"], shown)
