"""``simulate``: the Verilog of a model in a simulator, on real recordings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import pascaline
from pascaline.cli import known
from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_argument
from pascaline.cli.numbers import MANY, SEED, Real
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, say, table

if TYPE_CHECKING:
    from pascaline.measure.simulation import Simulation

__all__ = ["simulate"]


@command(example="pascaline simulate digits-ternary --samples 1 --waves run.fst")
@model_argument
@click.option("--sim", type=click.Choice(known.SIMULATORS), default="verilator", help="Simulator.")
@click.option("--samples", type=MANY, default=20, help="Sequences.")
@click.option(
    "--inputs",
    type=PATH,
    help="Recordings (an .npz file of features, lengths and perhaps labels), or a folder, a .csv or"
    " .npy file or a text as `evaluate` takes them.",
)
@click.option(
    "--pause",
    type=Real(0, 0.95),
    default=0.0,
    help="Probability that a side pauses in a cycle.",
)
@click.option("--seed", type=SEED, default=0, help="Seed of pauses and random inputs.")
@click.option(
    "--waves",
    type=PATH,
    help="FST file for the waveform of all signals; beside it layouts for GTKWave and Surfer.",
)
@target_option
@machine_options
@output_options
def simulate(
    model: str,
    *,
    sim: str,
    samples: int,
    inputs: Path | None,
    pause: float,
    seed: int,
    waves: Path | None,
    target: str,
    as_json: bool,
    **machine: Any,
) -> None:
    """Simulate the Verilog of a MODEL and compare every output bit with the golden model.

    Without --inputs a model gets held-out sequences of the data that it was trained on, or random
    inputs if no data are known or if its folder or text is elsewhere.
    """
    design = find_design(model, machine, target)
    with bars() as progress:
        found = pascaline.simulate(
            design,
            sim=sim,
            samples=samples,
            inputs=inputs,
            pause=pause,
            seed=seed,
            waves=waves,
            progress=progress,
        )
    if as_json:
        print_json(found.as_dict())
    else:
        _print(found)
    for fault in found.faults:
        click.echo(fault, err=True)
    sys.exit(0 if found.good else 1)


def _print(found: Simulation) -> None:
    values, wrong = found.values, found.mismatches
    rows: list[list[Any]] = [
        ["inputs", f"{found.samples} sequences, {found.source}"],
        ["output values equal to golden", f"{values - wrong:,} of {values:,}"],
    ]
    if found.correct is not None:
        share = 100 * found.correct / max(found.samples, 1)
        rows.append(["correct classes", f"{found.correct} of {found.samples} ({share:.1f} %)"])
    if found.cut:
        share = found.cut["cut"] / found.cut["total"]
        far = f"{share:.2%}, up to {found.cut['factor']:.3g} times as far as x"
        rows.append(["inputs that are cut", far])
    if found.classes and len(found.results) == found.samples:
        each = [one if isinstance(one, list) else [one] for one in found.results]
        named = [" ".join(found.classes[number] for number in one) for one in each]
        rows.append(["classes that came out", ", ".join(named)])
    formula = found.cycles_formula
    rows += [
        ["steps", found.steps],
        ["cycles", f"{found.cycles:,}" + (f" (formula: {formula:,})" if formula else "")],
        ["cycles a step", f"{found.cycles_per_step:.1f}"],
        ["lane utilisation", f"{found.utilisation:.3f}"],
    ]
    table(f"{found.model} in {found.simulator}", ["what", "value"], rows)
    if found.waves:
        say(f"{found.waves}, with layouts in .gtkw (GTKWave) and .sucl (Surfer) beside it")
    if found.faults:
        say("The Verilog does not do what the golden model does.")
