"""What users see: tables on the standard output, progress and errors on the standard error."""

from __future__ import annotations

import json
from typing import Any

import click

from pascaline.console import streams
from pascaline.console.stages import bars
from pascaline.console.streams import manner
from pascaline.console.tables import table
from pascaline.spec.errors import printable

__all__ = ["bars", "json_option", "manner", "print_json", "remark", "say", "table", "warn"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
"""The option that every command has."""


def print_json(result: dict[str, Any]) -> None:
    """Print the one object of a command's output."""
    click.echo(json.dumps(result))


def say(text: str) -> None:
    """Print a line of output."""
    streams.out().print(printable(text), soft_wrap=True, markup=False)


def remark(text: str) -> None:
    """Print a line that is no result: what was written, or what could be done next."""
    if not manner.quiet:
        say(text)


def warn(text: str) -> None:
    """Print a line about something that went wrong, above any progress."""
    streams.err().print(f"pascaline: {printable(text)}", soft_wrap=True, markup=False)
