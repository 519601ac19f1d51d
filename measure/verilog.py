"""The Verilog of a design, generated once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from pascaline.spec.design import Design
from pascaline.spec.progress import Progress, silent

__all__ = ["make_verilog"]


def make_verilog(
    design: Design,
    progress: Progress = silent,
    *,
    prefix: str | None = None,
    clock: float | None = None,
) -> Any:
    """The Verilog of a design, an `hdl.verilog.Verilog`; that of the last design is kept.

    Parameters
    ----------
    design : Design
        The design.
    progress : Progress
        Told of it.
    prefix : str, optional
        Before the names of all modules but the top; by default the top's name.
    clock : float, optional
        In MHz; its constraints are then among the companions.
    """
    if design.machine.home.wired:
        from pascaline.hdl.wired.graphs import find_graphs

        find_graphs(design, progress)
    progress(f"generating {design.name}", 0, 0)
    made = _generate(design, prefix)
    if clock is None:
        return made
    from pascaline.hdl.export.constraints import constraints

    return replace(made, companions=made.companions | constraints(design, clock))


@lru_cache(maxsize=1)
def _generate(design: Design, prefix: str | None) -> Any:
    from pascaline.hdl.verilog import generate  # Amaranth takes a while to import.

    return generate(design, prefix)
