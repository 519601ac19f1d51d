"""What makes the clock of a machine faster, and what that costs in cycles."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pascaline.spec.cycles import step_cycles
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError

__all__ = ["faster", "missed"]


def missed(design: Design, clock: float | None, found: dict[str, Any]) -> dict[str, Any]:
    """The clock that was asked for and not reached, and `faster`; nothing if it was reached.

    Parameters
    ----------
    design : Design
        The machine.
    clock : float or None
        What was asked for, in MHz.
    found : dict
        What place and route or timing found.
    """
    if clock is None:
        return {}
    if "fmax_mhz" in found:
        reached = found["fmax_mhz"]
    elif found.get("critical_path"):
        reached = 1000 / found["critical_path"]["ns"]
    else:
        return {}
    if reached >= clock:
        return {}
    return {"missed": {"asked_mhz": clock, "reached_mhz": reached, "faster": faster(design)}}


def faster(design: Design) -> list[dict[str, Any]]:
    """Registers that the machine could have and has not: one kind each, then all kinds together.

    Returns
    -------
    list of dict
        ``options``, as on the command line, and ``cycles_per_step`` with them.
    """
    machine = design.machine
    levels = max(core.levels for core in design.cores)
    single: list[dict[str, Any]] = []
    if machine.operand_registers == 0:
        single.append({"operand_registers": 1})
    if machine.tree_registers < levels:
        single.append({"tree_registers": levels})
    if not machine.pipelined:
        single.append({"pipelined": True})
    found = _possible(design, single)
    if len(found) > 1:
        together = {name: value for change, _ in found for name, value in change.items()}
        found += _possible(design, [together])
    return [
        {"options": _words(change), "cycles_per_step": step_cycles(other)}
        for change, other in found
    ]


def _possible(design: Design, changes: list[dict[str, Any]]) -> list[tuple[dict[str, Any], Design]]:
    """Those that there can be, each with its design: serial machines have no pipeline."""
    found = []
    for change in changes:
        machine = design.machine.model_copy(update=change)
        with suppress(InputError):
            found.append((change, Design(model=design.model, machine=machine)))
    return found


def _words(change: dict[str, Any]) -> str:
    words = [
        f"--{name.replace('_', '-')}" + ("" if value is True else f" {value}")
        for name, value in change.items()
    ]
    return " ".join(words)
