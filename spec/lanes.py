"""Lane designs: the ways in which a lane may compute its sum of weight times operand.

All of them compute the same sums; they differ in what they cost, and where. `hdl.terms` has the
hardware.

- ``tree``: a term a weight, with its sign, into an adder tree. Any arithmetic; where weights are
  neither signs nor powers of two, with a multiplier, which a target may have in hardware.
- ``pairs``: for two columns a and b, a + b and a - b are made once for all lanes; each lane selects
  a term a pair and gives it a sign. For weights that are signs or 0.
- ``subsets``: a lane adds only the operands whose weight is -1, of each pair one of 0, a, b and
  a + b; a row is the total of all operands, made once for all lanes, less twice that. For weights
  that are signs.
- ``booth``: for weights that need multipliers, made of adders: every second bit of a weight is a
  Booth digit, -2 to 2, with which the operand is selected; a term is their sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from pascaline.spec.arithmetic import Arithmetic, Meeting

__all__ = ["LaneDesign", "check_lane", "drops_zeros", "lane_designs", "lane_terms", "tree_levels"]

LaneDesign = Literal["tree", "pairs", "subsets", "booth"]

DESIGNS: dict[Meeting, tuple[LaneDesign, ...]] = {
    "sign": ("tree", "pairs", "subsets"),
    "shift": ("tree",),
    "product": ("tree", "booth"),
}
"""The lane designs by how weights meet operands; ``subsets`` if no weight is 0."""


def lane_designs(arithmetic: Arithmetic) -> tuple[LaneDesign, ...]:
    """The lane designs that there are for an arithmetic."""
    known = DESIGNS[arithmetic.meets]
    return tuple(one for one in known if not (arithmetic.has_zero and one == "subsets"))


def check_lane(design: LaneDesign, arithmetic: Arithmetic) -> None:
    """Raise `InputError` unless an arithmetic has such lanes."""
    if design not in (known := lane_designs(arithmetic)):
        rule = f"must be {' or '.join(known)} for {arithmetic.name} weights"
        raise InputError("machine: lane", rule, design)


def drops_zeros(design: LaneDesign, arithmetic: Arithmetic) -> bool:
    """Whether a weight of 0 drops its operand, whatever that is.

    A multiplier does, too, but in a simulation 0 times an unknown operand is unknown.
    """
    return arithmetic.has_zero and (design, arithmetic.meets) != ("tree", "product")


def lane_terms(design: LaneDesign, simd: int) -> int:
    """Terms that a lane adds in a cycle."""
    return -(-simd // 2) if design in ("pairs", "subsets") else simd


def tree_levels(design: LaneDesign, simd: int) -> int:
    """Levels of a lane's tree: one of terms, then those of adders."""
    return 1 + (lane_terms(design, simd) - 1).bit_length()
