"""``measure training``: how much faster a fused training step is than a plain loop over time."""

from __future__ import annotations

from typing import Any

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.device import device_option
from pascaline.cli.numbers import COUNT
from pascaline.console import bars, print_json, table
from pascaline.spec.errors import InputError
from pascaline.spec.progress import each

__all__ = ["training"]


@command(example="pascaline measure training --device cpu")
@device_option
@click.option("--repeats", type=COUNT, default=5, help="Measurements of each.")
@output_options
def training(*, device: str, repeats: int, as_json: bool) -> None:
    """Time a whole training step, fused and as a plain loop, in the same run. Needs PyTorch."""
    try:
        from pascaline.train.learn import device as find_device
        from pascaline.train.speed import WORK, measure
    except ModuleNotFoundError as error:
        raise InputError("training", f"needs {error.name} (pip install pascaline[train])") from None
    place = find_device(device)
    result: dict[str, Any] = {"device": place.type, "work": {}}
    with bars() as progress:
        for name, work in each(WORK.items(), progress, "timing"):
            speed = measure(work, place, repeats=repeats)
            result["work"][name] = {
                "plain_seconds": speed.plain,
                "fused_seconds": speed.fused,
                "ratio": speed.ratio,
            }
    if as_json:
        print_json(result)
        return
    rows: list[list[Any]] = []
    for name, found in result["work"].items():
        work, seconds = WORK[name], (found["plain_seconds"], found["fused_seconds"])
        shown = [*(f"{part:.4f}" for part in seconds), f"{found['ratio']:.1f} x"]
        rows.append([name, work.hidden, work.batch, work.steps, *shown])
    columns = ["work", "hidden", "batch", "steps", "plain loop, s", "fused, s", "faster"]
    table(f"a training step on {place.type}", columns, rows)
