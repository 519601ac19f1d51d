"""What users see: tables on the standard output, progress and errors on the standard error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pascaline.spec.errors import printable
from pascaline.spec.progress import Progress

__all__ = ["bars", "json_option", "print_json", "say", "table", "warn"]

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
"""The option that every command has."""


def print_json(result: dict[str, Any]) -> None:
    """Print the one object of a command's output."""
    click.echo(json.dumps(result))


def say(text: str) -> None:
    """Print a line of output."""
    OUT.print(printable(text), soft_wrap=True, markup=False)


def warn(text: str) -> None:
    """Print a line about something that went wrong, above any progress."""
    ERR.print(f"pascaline: {printable(text)}", soft_wrap=True, markup=False)


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Print a table; numbers stand to the right, with their thousands apart, and are never cut."""
    texts = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    named = Text(printable(title), style="bold")
    drawn = Table(title=named, title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        numbers = all(isinstance(row[index], (int, float)) for row in rows)
        drawn.add_column(
            Text(column),
            justify="right" if numbers else "left",
            overflow="fold",
            no_wrap=index == 0,
            min_width=max((len(row[index]) for row in texts), default=0) if numbers else None,
        )
    for row in texts:
        drawn.add_row(*(Text(printable(cell)) for cell in row))  # Not as markup.
    OUT.print(drawn)


@contextmanager
def bars() -> Iterator[Progress]:
    """Show how far the stages of something are, a bar each; yields what is told about them."""
    from rich import progress as rich  # Takes as long to import as all else here.

    columns = (
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
        rich.TimeRemainingColumn(),
        rich.TextColumn("{task.fields[note]}", markup=False),
    )
    # Nothing at all where the standard error is no terminal.
    with rich.Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as shown:
        stages: dict[str, rich.TaskID] = {}
        endless: list[str] = []

        def progress(stage: str, done: int, total: int, note: str = "") -> None:
            if stage not in stages:
                while endless:  # A stage without a known end ends when the next one begins.
                    shown.remove_task(stages.pop(endless.pop()))
                stages[stage] = shown.add_task(stage, total=total or None, note=note)
                if not total:
                    endless.append(stage)
            shown.update(stages[stage], completed=done, total=total or None, note=note)

        yield progress
