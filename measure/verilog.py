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
    macros: int | None = None,
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
        In MHz; its constraints, and configurations of layout, are then among the companions.
    macros : int, optional
        Bits from which on a memory that is written is an instance of a module of its own.
    """
    if design.machine.home.wired:
        from pascaline.hdl.wired.graphs import find_graphs

        find_graphs(design, progress)
    progress(f"generating {design.name}", 0, 0)
    made = _generate(design, prefix, macros)
    if clock is None:
        return made
    from pascaline.hdl.export.constraints import constraints
    from pascaline.hdl.export.layout import layout_files

    macros = made.description.get("macros", [])
    layout = layout_files(design, made.sources, macros, clock)
    return replace(made, companions=made.companions | constraints(design, clock) | layout)


@lru_cache(maxsize=1)
def _generate(design: Design, prefix: str | None, macros: int | None) -> Any:
    from pascaline.hdl.verilog import generate  # Amaranth takes a while to import.

    return generate(design, prefix, macros)
