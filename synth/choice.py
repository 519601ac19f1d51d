"""Which lane design suits a target: the one that was measured to be the smallest.

`costs` are the committed measurements, ``synth/lane_costs.json``; ``pascaline bench lane-designs
--write`` makes them, and a test makes them again.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from spec.arithmetic import Arithmetic
from spec.files import write_atomic
from spec.lanes import LaneDesign, lane_designs

__all__ = ["best_lane", "costs", "write_costs"]

FILE = Path(__file__).with_name("lane_costs.json")

Costs = dict[str, dict[str, dict[str, float]]]
"""Cost of a weight operation by target, arithmetic and lane design, in the target's unit."""


def best_lane(target: str, arithmetic: Arithmetic) -> LaneDesign:
    """The cheapest lane design for an arithmetic on a target; ``tree`` where there is no choice."""
    first, *others = lane_designs(arithmetic)
    if not others:
        return first
    measured = costs()[target][arithmetic.name]
    return min((first, *others), key=lambda lane: measured[lane])


@cache
def costs() -> Costs:
    """The committed measurements."""
    found: Costs = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write_costs(target: str, measured: dict[str, dict[str, float]]) -> None:
    """Replace the measurements of a target."""
    known = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    write_atomic(FILE, json.dumps(known | {target: measured}, indent=2, sort_keys=True) + "\n")
    costs.cache_clear()
