"""Groups of commands whose modules are imported when a command is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from pascaline.console import warn

__all__ = ["Escaped", "LazyGroup"]


class Escaped(BaseException):
    """What has ended a command, kept from click, which would print an empty line for it.

    Attributes
    ----------
    error : BaseException
        What was raised.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


class LazyGroup(click.Group):
    """A group that imports the module of a command when that command is used.

    Parameters
    ----------
    lazy : mapping of str to (str, str)
        By the name of a command, where it is, as ``module:name``, and its line in the help of the
        group.
    renamed : mapping of str to str, optional
        Present names of commands by their old ones, which still work with a warning.
    """

    def __init__(
        self,
        *args: object,
        lazy: Mapping[str, tuple[str, str]],
        renamed: Mapping[str, str] | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.lazy = lazy
        self.renamed = renamed or {}

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        first, *rest = args
        if first in self.renamed:
            warn(f"`{first}` is now `{self.renamed[first]}`")
            first = self.renamed[first]
        return super().resolve_command(ctx, [first, *rest])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, EOFError) as error:
            raise Escaped(error) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return None
        module, name = self.lazy[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.lazy[name][1]) for name in self.list_commands(ctx)])
