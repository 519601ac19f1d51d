"""Mutants that are neither killed nor proven, each with what is known of it.

They are those of seed 0 of the default counts. If a netlist changes, so may its mutants; then the
list is that of the next campaign.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mutants.machines import COUNTS

__all__ = ["KNOWN", "Judgement", "judged", "known"]

RANGE = "the sum that would show it is beyond what x and h give: tests/mutants/test_ranges.py"

KNOWN: dict[str, dict[int, str]] = {
    "tiny-ternary": {615: RANGE},
    "tiny-binary:axi": {42: RANGE},
    "tiny-bilstm": {
        **dict.fromkeys((39, 55, 80, 90, 224), RANGE),
        209: "no more than 9 sequences were ever under way, of 64",
        240: "no search over x brought o to where it saturates downwards",
        312: "the forward bank is reserved for as long as the backward one",
    },
}
"""By machine and number."""


def known(name: str, count: int, seed: int) -> dict[int, str]:
    """What is known of those that are drawn."""
    return KNOWN.get(name, {}) if (count, seed) == (COUNTS.get(name), 0) else {}


@dataclass(frozen=True)
class Judgement:
    """What is left of a campaign, beside what is known.

    Attributes
    ----------
    new : list of int
        Left, and not in the list.
    settled : list of int
        In the list, and not left any more.
    """

    new: list[int]
    settled: list[int]


def judged(
    name: str, count: int, seed: int, tried: Collection[int], left: Collection[int]
) -> Judgement:
    """Compare what is left of a machine with the list.

    Parameters
    ----------
    name : str
        Of the machine.
    count, seed : int
        Of the mutants that were drawn.
    tried, left : collection of int
        Numbers of the mutants that were tried, and of those that are neither killed nor proven.
    """
    listed = known(name, count, seed)
    return Judgement(
        new=[number for number in left if number not in listed],
        settled=[number for number in listed if number in tried and number not in left],
    )
