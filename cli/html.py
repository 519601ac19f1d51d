"""The option ``--html``, and the file that it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.console import remark, warn
from pascaline.pages.explored import read_explored
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.folders import build_folder

__all__ = ["html_option", "write_page"]


def _check(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """Refuse at once what would be refused when all is done."""
    if value is not None:
        folder = next(parent for parent in value.absolute().parents if parent.exists())
        if not folder.is_dir():
            raise InputError(str(value), f"cannot be written ({folder.name} is not a folder)")
    return value


html_option = click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    callback=_check,
    metavar="FILE",
    help="Also write a page with the results and drawings, as one HTML file.",
)
"""The option that also makes a page."""


def write_page(path: Path, result: dict[str, Any], *, quiet: bool) -> None:
    """Write the page of a result; without what ``explore`` has kept, if that is damaged.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from pascaline.pages.document import page  # Plots take a second to import.

    try:
        explored = read_explored(build_folder() / "explore", result["model"], result["target"])
    except InputError as error:
        explored = None
        warn(f"{error}; so the page has no other machines")
    text = page(result, explored)
    write_atomic(path, text)
    if not quiet:
        remark(f"{path}  {len(text.encode()):,} bytes")
