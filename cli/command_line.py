"""The command that is running, as a line that makes the same again."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
from click.core import ParameterSource

__all__ = ["command_line"]


def command_line(context: click.Context, *, without: tuple[str, ...]) -> str:
    """The command that is running, with the options that were given; files without their folders.

    Parameters
    ----------
    context : click.Context
        Of the command.
    without : tuple of str
        Names of parameters that are left out.
    """
    words = ["pascaline", str(context.info_name)]
    for parameter in context.command.params:
        name = str(parameter.name)
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if not given or name in without or not parameter.expose_value:
            continue
        value = context.params[name]
        if isinstance(value, bool):
            words.append((parameter.opts if value else parameter.secondary_opts)[0])
            continue
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(parameter, click.Option):
                words.append(parameter.opts[0])
            words.append(_word(one))
    return shlex.join(words)


def _word(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return Path(text).name if Path(text).is_absolute() else text
