"""Timing and power of a design that was synthesised for a cell library."""

from __future__ import annotations

from typing import Any

from pascaline.measure.power import POWER, measure_power
from pascaline.spec.design import Design
from pascaline.spec.folders import build_folder
from pascaline.spec.progress import Progress, silent
from pascaline.synth.asic import CellTarget
from pascaline.synth.report import Report
from pascaline.synth.timing import analyse, gates, opensta_version

__all__ = ["CLOCK", "make_timing"]

CLOCK = 100.0
"""MHz, if none is given."""


def make_timing(
    design: Design,
    made: Report,
    cells: CellTarget,
    clock: float,
    power_steps: int | None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Timing and power of what was synthesised, as plain values; None for what is not known.

    Without OpenSTA that is everything; power is only measured where ``power_steps`` is given.
    """
    library, cache, version = cells.library, build_folder() / "synth", opensta_version()
    result: dict[str, Any] = {
        "liberty": {"file": library.name, "sha256": library.sha256},
        "opensta_version": version,
        "clock_mhz": clock,
        "slack_ns": None,
        "critical_path": None,
        "buffers": None,
        **dict.fromkeys(POWER),
    }
    if version is None:
        return result
    progress(f"timing {design.name} at {clock:g} MHz", 0, 0)
    machine = gates(made, library, top=design.name, cache=cache)
    timing = analyse(machine, library, clock, cache)
    result |= {
        "slack_ns": timing.slack_ns,
        "critical_path": timing.critical_path,
        "buffers": machine.buffers,
    }
    if power_steps is None:
        return result
    progress(f"simulating the gates of {design.name} for {power_steps} steps", 0, 0)
    return result | measure_power(design, machine, library, clock, power_steps)
