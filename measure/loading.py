"""``bench loading``: what loadable weights and parity cost."""

from __future__ import annotations

from typing import Any

import click

from pascaline.cli.catalogue import find_base, find_model
from pascaline.cli.console import json_option, print_json, table
from pascaline.cli.report import make_report
from pascaline.spec import cycles
from pascaline.spec.design import Design
from pascaline.synth.targets import target

__all__ = ["loading"]

CHOICES: dict[str, dict[str, Any]] = {
    "rom": {},
    "ram": {"weights": "ram"},
    "rom, parity": {"parity": True},
    "ram, parity": {"weights": "ram", "parity": True},
}


@click.command()
@click.argument("model", default="medium-ternary")
@click.option("--target", "targets", multiple=True, default=("generic", "ecp5"), show_default=True)
@json_option
def loading(model: str, *, targets: tuple[str, ...], as_json: bool) -> None:
    """Cells and cycles of a MODEL's machine with weights in ROM and RAM, and with parity."""
    found = find_model(model)
    machine = find_base(found, None)
    result: dict[str, Any] = {"model": model, "targets": {}}
    for name in targets:
        machines = result["targets"][name] = {}
        for choice, options in CHOICES.items():
            design = Design(model=found, machine=machine.model_copy(update=options))
            made = make_report(design, target(name))
            machines[choice] = {
                "cells": made.cells,
                **made.area,
                "cycles_per_step": cycles.step_cycles(design),
            }
            result["tool_version"] = made.tool_version
    if as_json:
        print_json(result)
        return
    for name, machines in result["targets"].items():
        columns = list(machines["rom"])
        rows = [
            [choice, *(area[column] for column in columns)] for choice, area in machines.items()
        ]
        titles = [column.replace("_", " ") for column in columns]
        table(f"{model} on {name}, {result['tool_version']}", ["machine", *titles], rows)
