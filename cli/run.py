"""``run``: what a model says of sound, or of other sequences of a file."""

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
from pascaline.cli.numbers import COUNT
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, say, table
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from pascaline.measure.recognition import Answer, Recognition

__all__ = ["run"]


@command(example="pascaline run digits-ternary word.wav --every 10 --sim verilator")
@model_argument
@click.argument("file", type=PATH)
@click.option(
    "--every",
    type=COUNT,
    help="A class after so many steps, and again, and at the end: of all steps so far.",
)
@click.option(
    "--window",
    type=COUNT,
    help="Instead, of so many last steps alone, each time from the start.  [--every is 1 then]",
)
@click.option(
    "--sim",
    type=click.Choice(known.SIMULATORS),
    help="Simulate the Verilog, too, and compare every output value with the golden model.",
)
@target_option
@machine_options
@output_options
def run(
    model: str,
    file: Path,
    *,
    every: int | None,
    window: int | None,
    sim: str | None,
    target: str,
    as_json: bool,
    **machine: Any,
) -> None:
    """Tell the classes of the sequences of a FILE, as the hardware of a MODEL tells them.

    A FILE is sound (.wav), has features (.csv, .npy, .npz), or is a text, for a model of
    characters. A step of sound is 25 ms.
    """
    if sim is None and (
        target != "generic" or any(value is not None for value in machine.values())
    ):
        raise InputError("--sim", "must be given with options of a machine")
    design = find_design(model, machine, target)
    with bars() as progress:
        found = pascaline.run_file(
            design if sim else design.model,
            file,
            every=every,
            window=window,
            sim=sim,
            progress=progress,
        )
    if as_json:
        print_json({"model": design.model.name, "file": str(file)} | found.as_dict())
    else:
        _print(design.model.name, file, found)
    if found.compared is not None:
        for fault in found.compared.faults:
            click.echo(fault, err=True)
        sys.exit(0 if found.compared.good else 1)


def _print(model: str, file: Path, found: Recognition) -> None:
    sound = found.silence is not None
    several = found.answers[-1].sequence > 0
    sure = any(answer.margin is not None for answer in found.answers)
    columns = ["sequence"] * several + ["seconds" if sound else "steps", "class"]
    columns += ["margin"] * sure + ["Verilog"] * (found.compared is not None)
    before, behind = found.silence or (0.0, 0.0)
    rows = [
        _row(answer, before if sound else None, several=several, sure=sure)
        for answer in found.answers
    ]
    table(f"{file.name} by {model}", columns, rows)
    if before or behind:
        say(f"silence is left out: {before:.3f} s at the start, {behind:.3f} s at the end")
    if found.beyond.cut:
        say(str(found.beyond))
    if (compared := found.compared) is not None:
        equal = f"{compared.values - compared.mismatches:,} of {compared.values:,}"
        say(
            f"{compared.simulator}: {equal} output values equal to golden,"
            f" {compared.cycles:,} cycles"
        )


def _row(answer: Answer, before: float | None, *, several: bool, sure: bool) -> list[Any]:
    """What is said of an answer; of sound, which has silence before it, in seconds of the file."""
    from pascaline.data.mfcc import HOP, RATE

    first, end = answer.steps
    place = f"{first} - {end - 1}"
    if before is not None:
        place = f"{before + first * HOP / RATE:.3f} - {before + end * HOP / RATE:.3f}"
    row: list[Any] = [answer.sequence] * several
    row += [place, " ".join(map(_shown, answer.names))]
    row += [f"{answer.margin:.2f}" if answer.margin is not None else "-"] * sure
    if answer.verilog is not None:
        row.append("equal" if answer.verilog == answer.classes else str(list(answer.verilog)))
    return row


def _shown(name: str) -> str:
    """A class's name; that of a character that is not seen as Python writes it."""
    return name if name.strip() else repr(name)
