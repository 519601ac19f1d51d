"""Lane designs: the ways in which a lane may compute its sum of weight times operand.

All of them compute the same sums; they differ in what they cost, and where. `hdl.terms` has the
hardware.

- ``tree``: a term a weight, with its sign, into an adder tree. Any arithmetic.
- ``pairs``: for two columns a and b, a + b and a - b are made once for all lanes; each lane selects
  a term a pair and gives it a sign. For weights that are signs or 0.
- ``subsets``: a lane adds only the operands whose weight is -1, of each pair one of 0, a, b and
  a + b; a row is the total of all operands, made once for all lanes, less twice that. For weights
  that are signs.
"""

from __future__ import annotations

from typing import Literal

from spec.arithmetic import Arithmetic
from spec.errors import InputError

__all__ = ["LaneDesign", "check_lane", "lane_designs", "lane_terms", "tree_levels"]

LaneDesign = Literal["tree", "pairs", "subsets"]


def lane_designs(arithmetic: Arithmetic) -> tuple[LaneDesign, ...]:
    """The lane designs that there are for an arithmetic."""
    if arithmetic.meets != "sign":
        return ("tree",)
    return ("tree", "pairs") if arithmetic.has_zero else ("tree", "pairs", "subsets")


def check_lane(design: LaneDesign, arithmetic: Arithmetic) -> None:
    """Raise `InputError` unless an arithmetic has such lanes."""
    if design not in (known := lane_designs(arithmetic)):
        rule = f"must be {' or '.join(known)} for {arithmetic.name} weights"
        raise InputError("machine: lane", rule, design)


def lane_terms(design: LaneDesign, simd: int) -> int:
    """Terms that a lane adds in a cycle."""
    return simd if design == "tree" else -(-simd // 2)


def tree_levels(design: LaneDesign, simd: int) -> int:
    """Levels of a lane's tree: one of terms, then those of adders."""
    return 1 + (lane_terms(design, simd) - 1).bit_length()
