"""What users see: tables on the standard output, progress and errors on the standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from pascaline.spec.progress import Report

__all__ = ["bar", "bars", "json_option", "print_json", "quiet", "say", "spinner", "table", "warn"]

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
"""The option that every command has."""


def print_json(result: dict[str, Any]) -> None:
    """Print the one object of a command's output."""
    click.echo(json.dumps(result))


def say(text: str) -> None:
    """Print a line of output."""
    OUT.print(text, soft_wrap=True)


def warn(text: str) -> None:
    """Print a line about something that went wrong, above any progress."""
    ERR.print(f"pascaline: {text}", soft_wrap=True, markup=False)


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Print a table; numbers stand to the right, with their thousands apart."""
    drawn = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        numbers = all(isinstance(row[index], (int, float)) for row in rows)
        drawn.add_column(
            column,
            justify="right" if numbers else "left",
            overflow="fold",
            no_wrap=index == 0,
        )
    for row in rows:
        drawn.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    OUT.print(drawn)


def _progress(*columns: ProgressColumn) -> Progress:
    """Progress for people; nothing at all where the standard error is no terminal."""
    shown = ERR.is_terminal and not ERR.quiet
    return Progress(*columns, console=ERR, transient=True, disable=not shown)


@contextmanager
def quiet() -> Iterator[None]:
    """Show no progress meanwhile: for one of many processes on the same terminal."""
    before, ERR.quiet = ERR.quiet, True
    try:
        yield
    finally:
        ERR.quiet = before


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Show that something is going on whose end nobody knows."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with _progress(*columns) as progress:
        progress.add_task(text, total=None)
        yield


@contextmanager
def bars() -> Iterator[Report]:
    """Show how far the stages of something are, a bar each; yields what is told about them."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    ends = (TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[note]}"))
    with _progress(*columns, *ends) as progress:
        stages = {}

        def report(stage: str, done: int, total: int, note: str = "") -> None:
            if stage not in stages:
                stages[stage] = progress.add_task(stage, total=total, note=note)
            progress.update(stages[stage], completed=done, total=total, note=note)

        yield report


@contextmanager
def bar(text: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far one thing is; yields a function that takes what is done, and the whole."""
    with bars() as report:
        yield lambda done, total: report(text, done, total)
