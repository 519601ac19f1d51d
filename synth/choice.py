"""Which lane design suits a target: the one that was measured to be the smallest.

`costs` are the committed measurements, ``synth/lane_costs.json``; ``pascaline measure lane-designs
--write`` makes them, and a test makes them again.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from pascaline.spec.arithmetic import Arithmetic, arithmetic
from pascaline.spec.files import write_atomic
from pascaline.spec.lanes import LaneDesign, lane_designs
from pascaline.spec.network import Network

__all__ = ["best_lane", "costs", "multiplier", "write_costs"]

MULTIPLIER = "fixed12"
"""The arithmetic that others are compared with: 12-bit weights, which take multipliers."""

FILE = Path(__file__).with_name("lane_costs.json")

Costs = dict[str, dict[str, dict[str, float]]]
"""Cost of a weight operation by target, arithmetic and lane design, in the target's unit."""


def best_lane(target: str, network: Network) -> LaneDesign:
    """The cheapest lane design for a network on a target, without hard multipliers.

    Layers with different weights share a machine and so a lane design: that which is the cheapest
    for one of them if it is for all, else ``tree``, which all arithmetics have.
    """
    best = {_best(target, layer.weights) for layer in network.layers}
    return best.pop() if len(best) == 1 else "tree"


def _best(target: str, arithmetic_: Arithmetic) -> LaneDesign:
    """As measured for the arithmetic, or for the one with the same lanes nearest in bits."""
    lanes = lane_designs(arithmetic_)
    alike = [name for name in costs()[target] if lane_designs(arithmetic(name)) == lanes]
    if not alike:
        return lanes[0]
    nearest = min(alike, key=lambda name: abs(arithmetic(name).bits - arithmetic_.bits))
    measured = costs()[target][nearest]
    return min(lanes, key=lambda lane: measured[lane])


def multiplier(target: str, arithmetic_: str, lane: str) -> tuple[str, float] | None:
    """How many times as much a weight operation takes with a 12-bit multiplier.

    Returns
    -------
    (str, float) or None
        The target on which both were measured: this one, else ``asic``; and the ratio. None if the
        lanes were not measured.

    Examples
    --------
    >>> multiplier("asic", "ternary", "pairs")
    ('asic', 8.96)
    """
    for name in (target, "asic"):
        measured = costs().get(name, {})
        one = measured.get(arithmetic_, {}).get(lane)
        if one and MULTIPLIER in measured:
            return name, round(min(measured[MULTIPLIER].values()) / one, 2)
    return None


@cache
def costs() -> Costs:
    """The committed measurements."""
    found: Costs = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write_costs(target: str, measured: dict[str, dict[str, float]]) -> None:
    """Replace measurements of a target; those of other arithmetics stay."""
    known = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    known[target] = known.get(target, {}) | measured
    write_atomic(FILE, json.dumps(known, indent=2, sort_keys=True) + "\n")
    costs.cache_clear()
