"""``report``: what a model costs on a target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import pascaline
from pascaline.cli.catalogue import find_design, machine_options
from pascaline.cli.command import command, output_options
from pascaline.cli.command_line import command_line
from pascaline.cli.completion import model_argument
from pascaline.cli.html import html_option, with_explored, write_page
from pascaline.cli.synthesis import synthesis_options
from pascaline.console import bars, print_json, say, table
from pascaline.pages.tables import remarks, tables

if TYPE_CHECKING:
    from pascaline.measure.synthesis import Synthesis

__all__ = ["report"]


@command(example="pascaline report digits-ternary --target ecp5 --html digits.html")
@model_argument
@synthesis_options
@machine_options
@html_option
@output_options
def report(
    model: str,
    *,
    synthesis: Synthesis,
    html: Path | None,
    as_json: bool,
    **machine: Any,
) -> None:
    """Synthesise a MODEL with Yosys and count, part by part; or place and route it."""
    design = find_design(model, machine, synthesis.target.name)
    command = command_line(click.get_current_context(), without=("html", "as_json"))
    with bars() as progress:
        found = pascaline.report(design, synthesis=synthesis, command=command, progress=progress)
    result = with_explored(found)
    if as_json:
        print_json(result)
    else:
        for one in tables(result):
            table(one.title, one.columns, one.rows)
        for line in remarks(result):
            say(line)
    if html is not None:
        from pascaline.pages.document import page  # Plots take a second to import.

        write_page(html, page(result), quiet=as_json)
