"""The part of ``report`` that is about cell libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli.catalogue import build_folder
from spec.errors import InputError
from synth.asic import asic_target
from synth.liberty import read_library
from synth.targets import Target, target

__all__ = ["asic_options", "find_target"]


def asic_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe a cell library."""
    for option in reversed(
        (
            click.option(
                "--liberty",
                type=click.Path(path_type=Path),
                help="With --target asic: the cell library, a .lib or .lib.gz file.",
            ),
            click.option(
                "--dont-use",
                multiple=True,
                metavar="PATTERN",
                help="With --target asic: cells to leave out, as '*_lp_*'; may be repeated.",
            ),
        )
    ):
        command = option(command)
    return command


def find_target(name: str, *, liberty: Path | None, dont_use: tuple[str, ...]) -> Target:
    """The target of that name, or of a cell library.

    Raises
    ------
    InputError
        If there is none, if the options do not go together, or if the library cannot be used.
    """
    if name == "asic" and liberty is not None:
        return asic_target(read_library(liberty, dont_use, build_folder() / "synth"))
    for option, value in (("--liberty", liberty), ("--dont-use", dont_use)):
        if value and name != "asic":
            raise InputError(option, "needs --target asic")
    return target(name)
