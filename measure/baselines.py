"""What the named configurations cost, against what is committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pascaline.measure.designs import make_design
from pascaline.measure.synthesis import make_report
from pascaline.models.catalogue import find_model
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.progress import Progress, silent
from pascaline.synth.baselines import (
    TARGETS,
    Baseline,
    baseline,
    differences,
    read_baselines,
    write_baselines,
)
from pascaline.synth.targets import target

__all__ = ["compare", "designs", "measure"]


SHIPPED = ("digits-binary", "digits-ternary", "rows-ternary")
"""Shipped models that have a baseline; the others have machines of the same kind, or larger."""


def designs() -> list[str]:
    """Names of what has a baseline: some shipped models, and the tiny configurations.

    The large ones take minutes each: ``measure arithmetics`` and ``measure paper`` measure them.
    """
    return sorted({*SHIPPED, *(name for name in configs() if name.startswith("tiny-"))})


def measure(name: str) -> Baseline:
    """Synthesise a design for all targets."""
    design = make_design(find_model(name))
    reports = [make_report(design, target(wanted)) for wanted in TARGETS]
    return baseline(cycles.step_cycles(design), reports)


def compare(
    names: Sequence[str], *, write: bool = False, progress: Progress = silent
) -> dict[str, Any]:
    """Synthesise designs and compare with the committed numbers.

    Parameters
    ----------
    names : sequence of str
        Of `designs`.
    write : bool
        Whether to commit to what is measured now.
    progress : Progress
        Told of each design.

    Returns
    -------
    dict
        ``baselines`` as measured, and ``differences``, a line each.
    """
    measured = {}
    for done, name in enumerate(names):
        progress("synthesising", done, len(names))
        measured[name] = measure(name)
        if write:
            write_baselines({name: measured[name]})
    committed = read_baselines()
    lines = [
        line
        for name in names
        for line in differences(name, committed.get(name, {}), measured[name])
    ]
    return {"baselines": measured, "differences": lines}
