"""What a page says of weights that are wires between adders, where others are in memories."""

from __future__ import annotations

from typing import Any

from pascaline.pages.tables import Table
from pascaline.pages.words import number
from pascaline.spec.homes import HOMES

__all__ = ["all_adders", "graph", "parameters", "sums_of"]

Step = dict[str, Any]
"""What a result says of a core: its ``step``, which has ``adders`` if its weights are wires."""


def sums_of(step: Step) -> str:
    """The part of a core that makes the sums of gates, and what it is called in a sentence."""
    return "adders" if "adders" in step else "lanes"


def all_adders(result: dict[str, Any], what: str = "adders") -> int:
    """Adders of all cores, or what they would be; 0: no weights are wires."""
    found = [core["step"].get("adders") for core in result["cores"]]
    found += [(result["totals"]["decoder"] or {}).get("adders")]
    return sum(one[what] for one in found if one)


def parameters(machine: dict[str, Any]) -> dict[str, Any]:
    """Those of a machine that say anything, where its weights live."""
    unread = HOMES[machine["weights"]].unread
    return {name: value for name, value in machine.items() if name not in unread}


def graph(step: Step) -> Table | None:
    """The graph of a core's adders, if there is one."""
    found = step.get("adders")
    if found is None:
        return None
    serial = found["cycles"] > 1
    bits = "of a sum come one after the other, in so many cycles" if serial else "at once"
    share = number(round(found["unshared"] / (found["adders"] or 1), 2))
    rows: list[list[Any]] = [
        ["gate rows", step["lanes"], "whose sums are made side by side"],
        ["adders", found["adders"], "and subtracters, of two numbers each"],
        ["without sharing", found["unshared"], f"if each row had its own: {share} times as many"],
        ["in a row", found["depth"], "of these, at most"],
        ["bits", found["bits"], "that all of them make"],
        ["cycles", found["cycles"], f"bits {bits}"],
        ["effort", found["effort"], "of the search for fewer: about as many seconds"],
    ]
    return Table("The adders that weights are wires between", ["number", "value", "meaning"], rows)
