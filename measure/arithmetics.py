"""Area of one machine with weights of several arithmetics."""

from __future__ import annotations

from typing import Any

from pascaline.measure.synthesis import make_report
from pascaline.models.catalogue import find_model
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.progress import Progress, each, silent
from pascaline.synth.targets import target

__all__ = ["ARITHMETICS", "compare_arithmetics"]

ARITHMETICS = ("fixed12", "ternary", "binary")
"""Whose area is compared; the first is what the others are compared with."""


def compare_arithmetics(target_name: str, progress: Progress = silent) -> dict[str, Any]:
    """Area of one machine with 12-bit, ternary and binary weights: 64 lanes x 16 inputs.

    Parameters
    ----------
    target_name : str
        The target.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        By arithmetic the counts of the ``whole`` and of its ``lanes``, and cycles a step.
    """
    found = target(target_name)
    result: dict[str, Any] = {"target": target_name, "machines": {}}
    for name in each(ARITHMETICS, progress, "arithmetics"):
        config = f"medium-{name}"
        design = Design(model=find_model(config), machine=configs()[config].machine)
        made = make_report(design, found, progress=progress)
        result["machines"][name] = {
            "whole": made.area,
            "lanes": made.by_part["lanes"],
            "cycles_per_step": cycles.step_cycles(design),
        }
    result["tool_version"] = made.tool_version
    return result
