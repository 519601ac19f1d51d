"""``measure baselines``: what the named configurations cost, against what is committed."""

from __future__ import annotations

import sys

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_names
from pascaline.console import bars, print_json, say

__all__ = ["baselines"]


def _known(
    context: click.Context, argument: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse names of which there is no baseline."""
    from pascaline.measure.baselines import designs

    choice = click.Choice(designs())
    return tuple(choice.convert(name, argument, context) for name in names)


@command(example="pascaline measure baselines tiny-ternary")
@click.argument("names", nargs=-1, metavar="[NAME]...", callback=_known, shell_complete=model_names)
@click.option("--write", is_flag=True, help="Write the measured numbers as the committed ones.")
@output_options
def baselines(*, names: tuple[str, ...], write: bool, as_json: bool) -> None:
    """Synthesise the NAMEs, or everything, and compare with the committed numbers.

    The status is 1 if any number differs. Everything takes some minutes;
    earlier synthesis results are reused.
    """
    from pascaline.measure.baselines import compare, designs

    chosen = names or tuple(designs())
    with bars() as progress:
        found = compare(chosen, write=write, progress=progress)
    if as_json:
        print_json(found)
    else:
        for line in found["differences"]:
            say(line)
        say(f"{len(chosen)} designs, {len(found['differences'])} differences")
    sys.exit(1 if found["differences"] else 0)
