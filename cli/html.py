"""The option ``--html``, and the file that it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli.paths import FilePath
from pascaline.console import remark, warn
from pascaline.pages.explored import read_explored
from pascaline.spec.errors import InputError
from pascaline.spec.files import check_place, refusing, write_atomic
from pascaline.spec.folders import build_folder

__all__ = ["html_option", "with_explored", "write_page"]


def _check(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """Refuse at once what would be refused when all is done."""
    if value is not None:
        folder = next(parent for parent in value.absolute().parents if parent.exists())
        if not folder.is_dir():
            raise InputError(str(value), f"cannot be written ({folder.name} is not a folder)")
        with refusing(value):
            check_place(value)
    return value


html_option = click.option(
    "--html",
    type=FilePath(dir_okay=False, writable=True),
    callback=_check,
    metavar="FILE",
    help="Also write a page with the results and drawings, as one HTML file.",
)
"""The option that also makes a page."""


def with_explored(result: dict[str, Any]) -> dict[str, Any]:
    """A result with ``explored``: what ``explore`` has kept of its model and target, or None.

    What is damaged is left out, with a warning.
    """
    try:
        found = read_explored(build_folder() / "explore", result["model"], result["target"])
    except InputError as error:
        found = None
        warn(f"{error}; so there are no other machines")
    return result | {"explored": found and found.model_dump(mode="json")}


def write_page(path: Path, text: str, *, quiet: bool) -> None:
    """Write a page, and say so unless told to be quiet.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_atomic(path, text)
    if not quiet:
        remark(f"{path}  {len(text.encode()):,} bytes")
