"""``measure loading``: what loadable weights and parity cost."""

from __future__ import annotations

import click

from pascaline.console import bars, json_option, print_json, table
from pascaline.measure.loading import cost_of_loading
from pascaline.models.catalogue import find_model

__all__ = ["loading"]


@click.command()
@click.argument("model", default="medium-ternary")
@click.option("--target", "targets", multiple=True, default=("generic", "ecp5"), show_default=True)
@json_option
def loading(model: str, *, targets: tuple[str, ...], as_json: bool) -> None:
    """Cells and cycles of a MODEL's machine with weights in ROM and RAM, and with parity."""
    with bars() as progress:
        result = cost_of_loading(find_model(model), targets, progress)
    if as_json:
        print_json(result)
        return
    for name, machines in result["targets"].items():
        columns = list(machines["rom"])
        rows = [
            [choice, *(area[column] for column in columns)] for choice, area in machines.items()
        ]
        titles = [column.replace("_", " ") for column in columns]
        table(f"{model} on {name}, {result['tool_version']}", ["machine", *titles], rows)
