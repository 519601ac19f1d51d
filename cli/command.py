"""Commands: a help with titled groups of options and an example, and what their options share.

A help has to come at once. So a module of a command imports at its top only what its options need,
and what takes long to import (NumPy, the simulators' libraries) inside the functions that use it;
names that such modules know are in `cli.known`. ``tests/cli/test_help.py`` measures it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from pascaline.console import json_option, manner
from pascaline.spec.errors import InputError

__all__ = ["Command", "Decorator", "command", "options", "output_options"]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What adds options to a function."""


@dataclass(frozen=True)
class Group:
    """A part of a help.

    Attributes
    ----------
    title : str
        Its title.
    note : str
        What is true of all its options, in a line of its own.
    """

    title: str
    note: str = ""


OWN, OUTPUT = Group("Options"), Group("Output")
"""Options that no group has, and those that every command has."""


def options(title: str, *chosen: Decorator, note: str = "") -> Decorator:
    """Several options as one decorator, in this order; in the help they are a group.

    Parameters
    ----------
    title : str
        Of the group.
    *chosen : callable
        What ``click.option`` makes, or `options`; those of a group that has been made stay in it.
    note : str
        What is true of all of them.
    """
    group = Group(title, note)

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(chosen):
            before = len(_parameters(function))
            function = option(function)
            for parameter in _parameters(function)[before:]:
                vars(parameter).setdefault("group", group)
        return function

    return add


def _parameters(function: Callable[..., Any]) -> list[click.Parameter]:
    """Parameters that a function has got so far, the last one first."""
    found: list[click.Parameter] = getattr(function, "__click_params__", [])
    return found


def _hear(context: click.Context, option: click.Parameter, value: bool) -> None:
    """Say as much as is wanted, from now on."""
    setattr(manner, str(option.name), value)
    if manner.quiet and manner.verbose and not context.resilient_parsing:
        raise InputError("--quiet", "must not be given with --verbose")


output_options = options(
    OUTPUT.title,
    json_option,
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_hear,
        help="Results and errors alone: no progress, no remarks.",
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_hear,
        help="Say each stage when it ends, with its seconds.",
    ),
)
"""The options that every command has; it gets ``as_json``."""


class Command(click.Command):
    """A command whose help has groups and an example.

    Parameters
    ----------
    example : str
        What a user may type, a command line each line.
    """

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            for line in self.example.splitlines():
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        groups: dict[Group, list[tuple[str, str]]] = {OWN: []}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx)
            if record is not None and isinstance(option, click.Option):
                usual = OUTPUT if option is self.get_help_option(ctx) else OWN
                groups.setdefault(vars(option).get("group", usual), []).append(record)
        for group, records in groups.items():
            if records:
                with formatter.section(group.title):
                    if group.note:
                        formatter.write_text(group.note)
                    formatter.write_dl(records)


def command(name: str | None = None, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """As ``click.command``: makes a `Command` of a function."""
    return click.command(name, cls=Command, example=example)
