"""``compare``: two designs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import pascaline
from pascaline.cli.command import command, output_options
from pascaline.cli.command_line import command_line
from pascaline.cli.html import html_option, write_page
from pascaline.cli.synthesis import synthesis_options
from pascaline.console import bars, print_json, say, table
from pascaline.spec.outside import text_of

if TYPE_CHECKING:
    from pascaline.measure.compared import Stored
    from pascaline.measure.synthesis import Synthesis
    from pascaline.spec.progress import Progress

__all__ = ["compare"]


@command(example="pascaline compare digits-binary digits-ternary --html both.html")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@synthesis_options
@html_option
@output_options
def compare(
    first: str, second: str, *, synthesis: Synthesis, html: Path | None, as_json: bool
) -> None:
    """Compare A and B, figure by figure: accuracy, area, memories, speed and energy.

    Each is a model, which is synthesised on its usual machine as `report` does, or a .json file
    that `report --json` has printed.
    """
    from pascaline.measure.compared import compare as compare_results
    from pascaline.pages.sides import page, side_table

    command = command_line(click.get_current_context(), without=("html", "as_json"))
    with bars() as progress:
        sides = [_side(name, synthesis, progress) for name in (first, second)]
    found = compare_results(*sides) | {"command": command}
    if as_json:
        print_json(found)
    else:
        shown = side_table(found)
        table(shown.title, shown.columns, shown.rows)
        for side, one in zip("AB", found["results"], strict=True):
            say(f"{side}: {one['command']}")
    if html is not None:
        write_page(html, page(found), quiet=as_json)


def _side(name: str, synthesis: Synthesis, progress: Progress) -> Stored:
    from pascaline.measure.compared import Stored, stored
    from pascaline.measure.designs import make_design
    from pascaline.models.catalogue import find_model

    path = Path(name)
    if path.suffix == ".json":
        return stored(text_of(path), name)
    design = make_design(find_model(name), target=synthesis.target.name)
    command = f"pascaline report {name} --target {synthesis.target.name}"
    found = pascaline.report(design, synthesis=synthesis, command=command, progress=progress)
    return Stored.parse(found, thing=name)
