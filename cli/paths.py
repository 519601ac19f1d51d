"""Paths on the command line: every one of every command is of this kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["PATH", "FilePath"]


class FilePath(click.Path):
    """A path, as a `Path`; never empty, which would be the current folder.

    Parameters
    ----------
    **kind : bool
        As for ``click.Path``.
    """

    def __init__(self, **kind: bool) -> None:
        super().__init__(path_type=Path, **kind)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("'' is no path; the current folder is '.'.", param, ctx)
        return super().convert(value, param, ctx)


PATH = FilePath()
"""Of anything."""
