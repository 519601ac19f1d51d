"""What the shipped models and the named configurations cost: committed, so that a change shows.

The numbers are in ``synth/baselines.json``; ``pascaline measure baselines --write`` makes them.
Nothing is rounded: one cell more is a difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from pascaline.spec.files import write_atomic
from pascaline.synth.report import Report

__all__ = ["TARGETS", "Baseline", "baseline", "differences", "read_baselines", "write_baselines"]

FILE = Path(__file__).with_name("baselines.json")

TARGETS = ("generic", "ecp5")
"""Without hard multipliers."""

Baseline = dict[str, dict[str, dict[str, float]]]
"""Of a design, by target and then by part: the area's columns. ``whole machine`` is all parts, with
all ``cells``, too; beside the targets, ``machine`` has its ``speed`` in ``cycles_per_step``."""


def baseline(cycles_per_step: float, reports: list[Report]) -> Baseline:
    """The baseline of a design.

    Parameters
    ----------
    cycles_per_step : int
        Of the machine.
    reports : list of Report
        For each target.
    """
    made: Baseline = {"machine": {"speed": {"cycles_per_step": cycles_per_step}}}
    for report in reports:
        whole = report.area | {"cells": report.cells}
        parts = {**report.by_part, "whole machine": whole}
        made[report.target] = {part: dict(counts) for part, counts in parts.items()}
    return made


def differences(name: str, old: Baseline, new: Baseline) -> Iterator[str]:
    """A line for each number that differs: the design, the target, the part, the column, both."""
    for target in sorted({*old, *new}):
        before, after = old.get(target, {}), new.get(target, {})
        for part in sorted({*before, *after}):
            was, is_ = before.get(part, {}), after.get(part, {})
            for column in sorted({*was, *is_}):
                if was.get(column) != is_.get(column):
                    numbers = f"{was.get(column, 'nothing')} -> {is_.get(column, 'nothing')}"
                    yield f"{name}, {target}, {part}, {column}: {numbers}"


def read_baselines() -> dict[str, Baseline]:
    """The committed baselines by model or configuration."""
    found: dict[str, Baseline] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write_baselines(changed: dict[str, Baseline]) -> None:
    """Replace the baselines of some designs; the others stay as they are."""
    known = read_baselines() if FILE.exists() else {}
    text = json.dumps(dict(sorted((known | changed).items())), indent=2)
    # A part a line: what changes is then easy to see.
    lines = re.sub(r"\{\s+([^{}]*?)\s+\}", lambda part: f"{{{' '.join(part[1].split())}}}", text)
    write_atomic(FILE, lines + "\n")
