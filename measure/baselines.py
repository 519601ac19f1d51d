"""``bench baselines``: what the named configurations cost, against what is committed."""

from __future__ import annotations

import sys

import click

from pascaline.cli.catalogue import find_design
from pascaline.cli.console import bar, json_option, print_json, say
from pascaline.cli.report import make_report
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.synth.baselines import (
    TARGETS,
    Baseline,
    baseline,
    differences,
    read_baselines,
    write_baselines,
)
from pascaline.synth.targets import target

__all__ = ["baselines", "designs", "measure"]


SHIPPED = ("digits-binary", "digits-ternary", "rows-ternary")
"""Shipped models that have a baseline; the others have machines of the same kind, or larger."""


def designs() -> list[str]:
    """Names of what has a baseline: some shipped models, and the tiny configurations.

    The large ones take minutes each: ``bench arithmetics`` and ``bench paper`` measure them.
    """
    return sorted({*SHIPPED, *(name for name in configs() if name.startswith("tiny-"))})


def measure(name: str) -> Baseline:
    """Synthesise a design for all targets."""
    design = find_design(name, {"machine": None}, TARGETS[0])
    reports = [make_report(design, target(wanted)) for wanted in TARGETS]
    return baseline(cycles.step_cycles(design), reports)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(designs()), metavar="[NAME]...")
@click.option("--write", is_flag=True, help="Commit to what is measured now.")
@json_option
def baselines(*, names: tuple[str, ...], write: bool, as_json: bool) -> None:
    """Synthesise what has a NAME, or all of it, and compare with the committed numbers.

    The status is 1 if any number differs. All of it takes some minutes, less what has been
    synthesised before.
    """
    chosen = names or tuple(designs())
    measured = {}
    with bar("synthesising") as progress:
        for done, name in enumerate(chosen):
            progress(done, len(chosen))
            measured[name] = measure(name)
            if write:
                write_baselines({name: measured[name]})
    committed = read_baselines()
    lines = [
        line
        for name in chosen
        for line in differences(name, committed.get(name, {}), measured[name])
    ]
    if as_json:
        print_json({"baselines": measured, "differences": lines})
    else:
        for line in lines:
            say(line)
        say(f"{len(chosen)} designs, {len(lines)} differences")
    sys.exit(1 if lines else 0)
