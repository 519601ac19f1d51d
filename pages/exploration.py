"""The page of ``explore``: all machines that were tried, and which of them to build."""

from __future__ import annotations

from typing import Any

from pascaline.measure.exploration import value_of, varying
from pascaline.measure.words import lead_words
from pascaline.pages.decide import Aspect
from pascaline.pages.environment import environment
from pascaline.pages.explored import Explored, Point
from pascaline.pages.plots import pareto
from pascaline.pages.tables import Table
from pascaline.pages.words import number

__all__ = ["page"]

USUAL = ("units", "simd", "lane", "streams")
"""Parameters that are always shown."""


def page(result: dict[str, Any]) -> str:
    """The page of a result of ``explore``, as ``--json`` prints it.

    Parameters
    ----------
    result : dict
        The result; it has at least one point.
    """
    explored = Explored.model_validate(result)
    points = [(one, (one.cycles_per_step, one.area)) for one in explored.points]
    drawn = pareto(
        f"Machines for {explored.model} on {explored.target}",
        others=[place for one, place in points if not one.pareto],
        best=[place for one, place in points if one.pareto],
        this=None,
        names=("cycles a step", explored.unit),
    )
    template = environment().get_template("explore.html.jinja")
    front = sorted((one for one in explored.points if one.pareto), key=lambda one: one.area)
    return template.render(
        result=result,
        explored=explored,
        plot=drawn,
        aspects=_choices(explored, front),
        front=_front(explored, front),
    )


def _choices(explored: Explored, front: list[Point]) -> list[Aspect]:
    """The machines at the ends of the front, and the one in between."""
    makers = {
        "Smallest": lambda one: one.area,
        "Fastest": lambda one: one.cycles_per_step / (one.clock_mhz or 1),
        "In between": lambda one: one.area * one.cycles_per_step / (one.clock_mhz or 1),
    }
    found: list[Aspect] = []
    shown: list[Point] = []
    for name, key in makers.items():
        best = min(front, key=key)
        if best in shown:
            continue
        shown.append(best)
        value = f"{number(best.area)} {explored.unit}, {number(best.cycles_per_step)} cycles a step"
        if best.clock_mhz:
            value += f", {best.clock_mhz:.4g} MHz"
        command = f"pascaline report {explored.model} --target {explored.target} {best.options}"
        found.append(Aspect(name, value, f"{command} --html report.html shows it."))
    if len({one.machine.get("weights") for one in explored.points}) > 1:
        leads = [lead.model_dump() for lead in explored.leads]
        advice = "Memories count for no area: look at their bits, too."
        found.append(Aspect("Smallest at its pace", lead_words(leads), advice))
    return found


def _front(explored: Explored, front: list[Point]) -> Table:
    """The machines of the front, by area."""
    machines = [one.machine for one in explored.points]
    shown = list(dict.fromkeys([*USUAL, *varying(machines)]))
    columns = [*shown, explored.unit, "memory bits", "cycles a step", "MHz", "nJ a step"]
    rows = [
        [
            *(_cell(value_of(one.machine, key)) for key in shown),
            *(one.area, one.memory_bits, one.cycles_per_step),
            *(one.clock_mhz, one.energy_per_step_nj),
        ]
        for one in front
    ]
    used = [place for place in range(len(columns)) if any(row[place] is not None for row in rows)]
    return Table(
        "The Pareto front, by area",
        [columns[place] for place in used],
        [[row[place] for place in used] for row in rows],
    )


def _cell(value: Any) -> str:
    return "automatic" if value is None else str(value)
