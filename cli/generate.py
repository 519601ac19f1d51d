"""``generate``: Verilog from a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import pascaline
from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.command import command, options, output_options
from pascaline.cli.completion import model_argument
from pascaline.cli.numbers import MANY, SEED, Real
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, say
from pascaline.spec.errors import InputError

__all__ = ["generate"]

bench_options = options(
    "Bench",
    click.option(
        "--testbench",
        is_flag=True,
        help="Benches beside it, with golden vectors: `make` runs them where there is no"
        " Pascaline.",
    ),
    click.option("--samples", type=MANY, show_default="20", help="Sequences of the bench."),
    click.option(
        "--inputs",
        type=PATH,
        help="Its recordings: an .npz file of features, lengths and perhaps labels; else held-out"
        " ones of a shipped model, and random inputs of any other.",
    ),
    click.option("--seed", type=SEED, show_default="0", help="Seed of its random inputs."),
)


@command(example="pascaline generate digits-ternary --ports axi -o out")
@model_argument
@click.option("-o", "--output", required=True, type=PATH, help="Folder for the files.")
@click.option(
    "--prefix",
    help="Before the names of all modules but the top.",
    show_default="the top's name",
)
@click.option("--clock", type=Real(above=0), help="Clock in MHz, for files of constraints.")
@click.option(
    "--macros",
    type=MANY,
    metavar="BITS",
    help="Memories that are written, from so many bits on, as modules in a file of their own, which"
    " macros of an SRAM compiler take the place of.",
)
@target_option
@bench_options
@machine_options
@output_options
def generate(
    model: str,
    *,
    output: Path,
    prefix: str | None,
    clock: float | None,
    macros: int | None,
    testbench: bool,
    samples: int | None,
    inputs: Path | None,
    seed: int | None,
    target: str,
    as_json: bool,
    **machine: Any,
) -> None:
    """Generate the Verilog of a MODEL, and a JSON file that describes it.

    The folder has one design: what an earlier run has written there, and this one does not, is
    removed. Files of yours are left alone.
    """
    given = {"--samples": samples, "--inputs": inputs and str(inputs), "--seed": seed}
    for option, value in given.items():
        if value is not None and not testbench:
            raise InputError(option, "needs --testbench", value)
    design = find_design(model, machine, target)
    with bars() as progress:
        verilog = pascaline.generate(
            design, prefix=prefix, clock=clock, macros=macros, progress=progress
        )
        if testbench:
            from pascaline.measure.testbench import with_testbench

            progress(f"golden vectors of {design.name}", 0, 0)
            verilog = with_testbench(
                verilog, design, samples=samples or 20, inputs=inputs, seed=seed or 0
            )
    removed: list[Path] = []
    paths = verilog.write(output, removed.append)
    if as_json:
        files = {"files": [str(path) for path in paths], "removed": [str(path) for path in removed]}
        print_json({**files, **verilog.description})
        return
    for path in removed:
        say(f"{path}  removed, of an earlier run")
    for path in paths:
        say(f"{path}  {path.stat().st_size:,} bytes")
