"""``generate``: Verilog from a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import pascaline
from pascaline.bench.makefile import check_makefile
from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.numbers import MANY, SEED
from pascaline.console import bars, json_option, print_json, say
from pascaline.measure.testbench import with_testbench
from pascaline.spec.errors import InputError

__all__ = ["generate"]


@click.command()
@click.argument("model")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder for the files."
)
@click.option(
    "--testbench",
    is_flag=True,
    help="Benches beside it, with golden vectors: `make` runs them where there is no Pascaline.",
)
@click.option("--samples", type=MANY, help="Sequences of the bench.  [default: 20]")
@click.option(
    "--inputs",
    type=click.Path(path_type=Path),
    help="Its recordings: an .npz file of features, lengths and perhaps labels.",
)
@click.option("--seed", type=SEED, help="Seed of its random inputs.  [default: 0]")
@target_option
@machine_options
@json_option
def generate(
    model: str,
    *,
    output: Path,
    testbench: bool,
    samples: int | None,
    inputs: Path | None,
    seed: int | None,
    target: str,
    as_json: bool,
    **machine: Any,
) -> None:
    """Generate the Verilog of a MODEL, and a JSON file that describes it.

    Without --inputs the bench of a shipped model has held-out recordings, any other random inputs.
    """
    given = {"--samples": samples, "--inputs": inputs and str(inputs), "--seed": seed}
    for option, value in given.items():
        if value is not None and not testbench:
            raise InputError(option, "needs --testbench", value)
    design = find_design(model, machine, target)
    if testbench:
        check_makefile(output, design.name)
    with bars() as progress:
        verilog = pascaline.generate(design, progress=progress)
        if testbench:
            progress(f"golden vectors of {design.name}", 0, 0)
            verilog = with_testbench(
                verilog, design, samples=samples or 20, inputs=inputs, seed=seed or 0
            )
    paths = verilog.write(output)
    if as_json:
        print_json({"files": [str(path) for path in paths], **verilog.description})
        return
    for path in paths:
        say(f"{path}  {path.stat().st_size:,} bytes")
