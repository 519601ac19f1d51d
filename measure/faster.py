"""What makes the clock of a machine faster, and what that costs in cycles."""

from __future__ import annotations

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
    single = [change for change in single if _changed(design, change) is not None]
    together = {name: value for change in single for name, value in change.items()}
    found = []
    for change in [*single, together] if len(single) > 1 else single:
        other = _changed(design, change)
        if other is not None:
            found.append({"options": _words(change), "cycles_per_step": step_cycles(other)})
    return found


def _changed(design: Design, change: dict[str, Any]) -> Design | None:
    """The design with another machine, if there can be that: serial ones are never pipelined."""
    try:
        return Design(model=design.model, machine=design.machine.model_copy(update=change))
    except InputError:
        return None


def _words(change: dict[str, Any]) -> str:
    words = [
        f"--{name.replace('_', '-')}" + ("" if value is True else f" {value}")
        for name, value in change.items()
    ]
    return " ".join(words)
