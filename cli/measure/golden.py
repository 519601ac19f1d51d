"""``measure golden``: the golden model beside PyTorch's float LSTM, on the same processor."""

from __future__ import annotations

from typing import Any

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import COUNT, JOBS, MANY
from pascaline.console import bars, print_json, table
from pascaline.host.tools import cores
from pascaline.spec.errors import InputError

__all__ = ["golden"]


@command(example="pascaline measure golden --hidden 256 --threads 1")
@click.option("--hidden", type=COUNT, default=512, help="Hidden units.")
@click.option("--weights", default="ternary", help="Arithmetic of the weights.")
@click.option(
    "--normaliser",
    type=click.Choice(["layernorm", "madnorm"]),
    help="Standardise sums; the float network is then the one that is trained here.",
)
@click.option("--batch", type=MANY, default=256, help="Sequences in a batch.")
@click.option("--steps", type=MANY, default=20, help="Steps of a sequence.")
@click.option("--repeats", type=COUNT, default=9, help="Measurements of each side.")
@click.option(
    "--threads",
    type=JOBS,
    multiple=True,
    help="Threads of both; may be repeated, one measurement each.",
    show_default="1 and all cores",
)
@output_options
def golden(*, threads: tuple[int, ...], as_json: bool, **sizes: Any) -> None:
    """Sequences through the golden model, and through an nn.LSTM of the same sizes.

    100 inputs of which one is 1, with a result every step, as of a language model; and 64 dense
    inputs, with a result at the end. Both sides take turns. Needs PyTorch.
    """
    try:
        from pascaline.train.pace import Case, measure
    except ModuleNotFoundError as error:
        rule = f"needs {error.name} (pip install pascaline[train])"
        raise InputError("measure golden", rule) from None
    cases = (
        Case(name="characters", inputs=100, symbols=True, classes=100, every=True),
        Case(name="features", inputs=64, symbols=False, classes=10, every=False),
    )
    found: list[dict[str, Any]] = []
    with bars() as report:
        for case in cases:
            for count in threads or sorted({1, cores()}):
                pace = measure(case, threads=count, progress=report, **sizes)
                found.append(
                    {
                        "case": case.name,
                        "threads": count,
                        "golden_steps_per_second": pace.rate("golden"),
                        "torch_steps_per_second": pace.rate("torch"),
                        "ratio": pace.ratio,
                        "golden_seconds": pace.golden,
                        "torch_seconds": pace.torch,
                    }
                )
    if as_json:
        print_json({**sizes, "cases": found})
        return
    rows = [
        [
            one["case"],
            one["threads"],
            round(one["golden_steps_per_second"]),
            round(one["torch_steps_per_second"]),
            f"{one['ratio']:.2f}",
        ]
        for one in found
    ]
    table(
        f"{sizes['hidden']} units, {sizes['weights']}, batch {sizes['batch']}: steps a second",
        ["inputs", "threads", "golden", "PyTorch", "golden / PyTorch"],
        rows,
    )
