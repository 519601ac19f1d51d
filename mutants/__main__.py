"""``python -m mutants``: how many faults of netlists the bench notices, and what the others are."""

from __future__ import annotations

import sys

import click

from mutants.campaign import Campaign
from pascaline.console import bars, json_option, print_json, table
from pascaline.host.tools import cores
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.scratch import own_temporary

__all__ = ["main"]

NAMES = ("tiny-binary", "tiny-ternary", "tiny-binary:axi")


@click.command()
@click.argument("names", nargs=-1)
@click.option("--count", type=click.IntRange(1, 65535), default=1000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--cycles", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    multiple=True,
    default=(20,),
    show_default=True,
    help="For a proof; what is left is tried again with the next.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="At a time; as many as cores.")
@json_option
def main(
    *,
    names: tuple[str, ...],
    count: int,
    seed: int,
    cycles: int,
    seconds: tuple[int, ...],
    jobs: int | None,
    as_json: bool,
) -> None:
    """Try mutants of the netlists of configurations (NAMES, as tiny-ternary or tiny-binary:axi)."""
    found = []
    try:
        folder = build_folder() / "mutants"
        every = [Campaign(name, count, seed, cycles, seconds, folder) for name in names or NAMES]
        with own_temporary(), bars() as report:
            found += [campaign.run(jobs or cores(), report) for campaign in every]
    except InputError as error:
        click.echo(f"pascaline: {error}", err=True)
        sys.exit(2)
    if as_json:
        print_json({"campaigns": found})
    else:
        for result in found:
            rows = [["killed", result["killed"]]]
            rows += [["  by the bench's traffic", result["killed_by_traffic"]]]
            rows += [[f"  by {name}", n] for name, n in sorted(result["killed_by"].items())]
            rows += [["proven equivalent", result["equivalent"]], ["left", len(result["left"])]]
            rates = f"{result['kill_rate']:.1%}", f"{result['kill_rate_of_others']:.1%}"
            title = f"{result['mutants']} mutants of {result['configuration']}"
            shares = f"traffic kills {rates[0]}, {rates[1]} of those not equivalent"
            table(f"{title}: {shares}", ["what", "mutants"], rows)
            for mutant in result["left"]:
                click.echo(mutant, err=True)
    sys.exit(1 if any(result["left"] for result in found) else 0)


if __name__ == "__main__":
    main()
