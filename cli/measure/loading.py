"""``measure loading``: what loadable weights and parity cost."""

from __future__ import annotations

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_names, target_names
from pascaline.console import bars, print_json, table

__all__ = ["loading"]


@command(example="pascaline measure loading tiny-ternary --target ecp5")
@click.argument("model", shell_complete=model_names, default="medium-ternary")
@click.option(
    "--target",
    "targets",
    shell_complete=target_names,
    multiple=True,
    default=("generic", "ecp5"),
    help="Targets; may be repeated.",
)
@output_options
def loading(model: str, *, targets: tuple[str, ...], as_json: bool) -> None:
    """Cells and cycles of a MODEL's machine with weights in ROM and RAM, and with parity."""
    from pascaline.measure.loading import cost_of_loading
    from pascaline.models.catalogue import find_model

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
