"""``measure baselines``: what the named configurations cost, against what is committed."""

from __future__ import annotations

import sys

import click

from pascaline.console import bars, json_option, print_json, say
from pascaline.measure.baselines import compare, designs

__all__ = ["baselines"]


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(designs()), metavar="[NAME]...")
@click.option("--write", is_flag=True, help="Write the measured numbers as the committed ones.")
@json_option
def baselines(*, names: tuple[str, ...], write: bool, as_json: bool) -> None:
    """Synthesise the NAMEs, or everything, and compare with the committed numbers.

    The status is 1 if any number differs. Everything takes some minutes;
    earlier synthesis results are reused.
    """
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
