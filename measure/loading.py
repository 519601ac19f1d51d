"""What loadable weights and parity cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pascaline.measure.designs import make_design
from pascaline.measure.synthesis import make_report
from pascaline.spec import cycles
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, each, silent
from pascaline.synth.targets import target

__all__ = ["cost_of_loading"]

CHOICES: dict[str, dict[str, Any]] = {
    "rom": {},
    "ram": {"weights": "ram"},
    "rom, parity": {"parity": True},
    "ram, parity": {"weights": "ram", "parity": True},
}


def cost_of_loading(
    model: Model, targets: Sequence[str], progress: Progress = silent
) -> dict[str, Any]:
    """Cells and cycles of a model's machine with weights in ROM and RAM, and with parity.

    Parameters
    ----------
    model : Model
        The model.
    targets : sequence of str
        Names of the targets.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        By target and kind of machine, the counts of the target and ``cycles_per_step``.
    """
    result: dict[str, Any] = {"model": model.name, "targets": {}}
    wanted = [(name, choice) for name in targets for choice in CHOICES]
    for name, choice in each(wanted, progress, "machines"):
        design = make_design(model, CHOICES[choice])
        made = make_report(design, target(name), progress=progress)
        result["targets"].setdefault(name, {})[choice] = {
            "cells": made.cells,
            **made.area,
            "cycles_per_step": cycles.step_cycles(design),
        }
        result["tool_version"] = made.tool_version
    return result
