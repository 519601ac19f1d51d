"""``measure transforms``: a transform of h on each number of butterflies, beside ternary lanes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import Whole, numbers
from pascaline.cli.synthesis import area_options
from pascaline.console import bars, print_json, say, table

__all__ = ["transforms"]


@command(example="pascaline measure transforms --hidden 256 --butterflies 1,8")
@click.option(
    "--hidden",
    type=Whole(2, 2048),
    default=512,
    help="Numbers of a vector.",
)
@click.option(
    "--block", type=Whole(2), help="Numbers of a block.", show_default="the most there can be"
)
@click.option(
    "--width",
    type=Whole(2, 16),
    default=12,
    help="Bits of a number.",
)
@click.option(
    "--butterflies",
    metavar="A,B,...",
    callback=numbers,
    help="How many.",
    show_default="each number that there can be",
)
@click.option("--synthesise", is_flag=True, help="Measure area, too; minutes to an hour.")
@area_options
@output_options
def transforms(
    *,
    hidden: int,
    block: int | None,
    width: int,
    butterflies: list[int] | None,
    synthesise: bool,
    target_name: str,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    as_json: bool,
) -> None:
    """Adders, cycles and area of a Walsh-Hadamard transform of h.

    Areas are without memories, beside those of ternary lanes for a matrix in the place of the
    transform: of as many lanes as have a product in as many cycles.
    """
    from pascaline.measure.synthesis import find_target
    from pascaline.measure.transforms import compare_transforms

    found = find_target(target_name, liberty=liberty, dont_use=dont_use)
    with bars() as progress:
        result = compare_transforms(
            hidden,
            block=block,
            width=width,
            butterflies=butterflies or (),
            found=found if synthesise else None,
            progress=progress,
        )
    if as_json:
        print_json(result)
    else:
        _show(result)


def _show(result: dict[str, Any]) -> None:
    columns = ["butterflies", "adders", "cycles", "used", "a step, 1 stream", "used"]
    columns += ["2 streams", "used"]
    rows: list[list[Any]] = []
    for one in result["transforms"]:
        row = [one["butterflies"], one["adders"], one["cycles"], f"{one['utilisation']:.2f}"]
        for taken, part in zip(
            one["step_cycles"].values(), one["step_utilisation"].values(), strict=True
        ):
            row += [f"{taken:g}", f"{part:.2f}"]
        rows.append(row)
    title = f"transforms of {result['hidden']} numbers of {result['width']} bits"
    table(f"{title} in blocks of {result['block']}", columns, rows)
    if "lanes" in result:
        _show_area(result)


def _show_area(result: dict[str, Any]) -> None:
    lanes, unit = result["lanes"], result["unit"]
    columns = ["butterflies", "cycles", unit, "of", "ternary lanes as fast", "part"]
    rows = [
        [
            *(one[name] for name in ("butterflies", "cycles", "area", "area_of")),
            one["same_throughput"],
            f"1/{1 / one['part']:.1f}",
        ]
        for one in result["transforms"]
    ]
    table(f"Area on {result['target']}", columns, rows)
    each = f"{lanes['area']:,} {unit} for a product a cycle, {lanes['each']:,} a lane"
    say(f"ternary lanes ({lanes['lane']}): {each}")
