"""``python -m mutants``: how many faults of netlists the bench notices, and what the others are."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from mutants.campaign import Campaign
from mutants.known import KNOWN
from mutants.machines import COUNTS
from mutants.netlist import MOST
from mutants.settled import write_settled
from mutants.slices import Slice, sliced
from pascaline.cli.guard import guarded
from pascaline.console import bars, json_option, print_json, table
from pascaline.host.tools import cores
from pascaline.measure.workers import workers
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder

__all__ = ["main"]


@click.command()
@click.argument("names", nargs=-1)
@click.option("--count", type=click.IntRange(1, MOST), help="Of each; by default 1000 or 400.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--cycles", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option(
    "--random",
    type=click.IntRange(min=1),
    default=2_000_000,
    show_default=True,
    help="Cycles of random runs of what traffic does not kill.",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    multiple=True,
    default=(5, 40),
    show_default=True,
    help="For a proof; what is left is tried again with the next, one by one and with lemmas.",
)
@click.option(
    "--slice",
    "part",
    type=Slice(),
    default=(0, 1),
    help="Only the Kth part of N of all mutants; K may be any number, as that of a commit.",
)
@click.option("--folder", type=click.Path(path_type=Path), help="Where all is kept.")
@click.option(
    "--replays",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Keep the shortest inputs that kill what traffic does not, a file for each machine.",
)
@click.option(
    "--afresh",
    is_flag=True,
    help="Ask also of what is settled or known, and write mutants/settled.json (of all mutants).",
)
@click.option("--jobs", type=click.IntRange(min=1), help="At a time; as many as cores.")
@json_option
def main(
    *,
    names: tuple[str, ...],
    count: int | None,
    seed: int,
    cycles: int,
    random: int,
    seconds: tuple[int, ...],
    part: tuple[int, int],
    folder: Path | None,
    replays: Path | None,
    afresh: bool,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Try mutants of machines (NAMES, as tiny-ternary or tiny-binary:axi), all side by side.

    The status is 1 if one is neither killed nor proven equivalent that mutants.known has not.
    """
    counts = {name: count or COUNTS.get(name, 1000) for name in names or COUNTS}
    place = _made(folder or build_folder() / "mutants")
    campaigns = [
        Campaign(
            name=name,
            count=counts[name],
            folder=place,
            seed=seed,
            first=first,
            last=last,
            cycles=cycles,
            random=random,
            seconds=seconds,
            replays=replays,
            afresh=afresh,
        )
        for name, first, last in sliced(counts, *part)
    ]
    if not campaigns:
        raise InputError("--slice", f"must have one of {sum(counts.values())} mutants in it")
    # If this is stopped, the processes are, and then the threads end, too.
    threads, processes = ThreadPoolExecutor(len(campaigns)), workers(jobs or cores())
    with threads, bars() as report, processes as pool:
        found = list(threads.map(lambda campaign: campaign.run(pool, report), campaigns))
    if afresh and counts == dict(COUNTS) and (part[1], seed) == (1, 0):
        write_settled(found)
    if as_json:
        print_json({"campaigns": found})
    else:
        for result in found:
            rows = [["killed", result["killed"]]]
            rows += [["  by the bench's traffic", result["killed_by_traffic"]]]
            rows += [[f"  by {name}", n] for name, n in sorted(result["killed_by"].items())]
            rows += [
                ["proven equivalent", len(result["equivalent"])],
                ["left", len(result["left"])],
            ]
            rates = f"{result['kill_rate']:.1%}", f"{result['kill_rate_of_others']:.1%}"
            title = f"{result['mutants']} mutants of {result['configuration']}"
            shares = f"traffic kills {rates[0]}, {rates[1]} of those not equivalent"
            table(f"{title}: {shares}", ["what", "mutants"], rows)
            for mutant in result["left"]:
                number = int(mutant.partition(":")[0])
                why = "" if number in result["new"] else KNOWN[result["configuration"]][number]
                click.echo(f"{mutant}{f' (known: {why})' if why else ''}", err=True)
            for number in result["no_longer_left"]:
                click.echo(f"{number}: no longer left; remove it from mutants.known", err=True)
    sys.exit(1 if any(result["new"] for result in found) else 0)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--folder: {folder}", f"cannot be used ({error.strerror})") from None
    return folder


if __name__ == "__main__":
    sys.exit(guarded(lambda: main.main(standalone_mode=False)))
