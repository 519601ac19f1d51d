"""``measure adders``: graphs of shared adders, beside those of other tools."""

from __future__ import annotations

from typing import Any

import click

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import JOBS, Real, numbers
from pascaline.console import bars, print_json, table

__all__ = ["adders"]


@command(example="pascaline measure adders --sizes 16,32,48x128 --seeds 0,1")
@click.option(
    "--sizes",
    metavar="A,BxC,...",
    default="16,32,64",
    help="Random matrices: inputs of as many outputs, or inputs x outputs.",
)
@click.option(
    "--kinds",
    metavar="A,B,...",
    default=",".join(known.KINDS_OF_MATRICES),
    help="Kinds of random matrices.",
)
@click.option(
    "--seeds",
    metavar="A,B,...",
    default="0",
    callback=numbers,
    help="Of random matrices.",
)
@click.option("--models", metavar="A,B,...", help="Matrices of the gates of these, instead.")
@click.option("--effort", type=Real(0, 100_000), default=10.0, help="Seconds for each graph.")
@click.option("--jobs", type=JOBS, default=1, help="Searches side by side.")
@click.option("--peers", is_flag=True, help="Run da4ml and alkaid, too, where they are installed.")
@output_options
def adders(
    *,
    sizes: str,
    kinds: str,
    seeds: list[int],
    models: str | None,
    effort: float,
    jobs: int,
    peers: bool,
    as_json: bool,
) -> None:
    """Adders of constant matrices of which the rows share sums, with any depth and the least.

    Bits are those of all adders, for inputs of 8 bits with sign.
    """
    from pascaline.measure.adders import compare_adders

    with bars() as progress:
        rows = compare_adders(
            sizes=() if models else sizes.split(","),
            kinds=kinds.split(","),
            seeds=seeds,
            models=models.split(",") if models else (),
            effort=effort,
            jobs=jobs,
            peers=peers,
            progress=progress,
        )
    if as_json:
        print_json({"effort": effort, "jobs": jobs, "graphs": rows})
    else:
        _show(rows)


def _show(rows: list[dict[str, Any]]) -> None:
    names = ("name", "seed", "terms", "limit", "tool", "adders", "bits", "depth", "seconds")
    shown = [["" if one[name] is None else one[name] for name in names] for one in rows]
    table("adders of matrices (inputs x outputs)", list(names), shown)
