"""The page: one HTML file that needs nothing else, made from a result alone."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pascaline.pages.adders import parameters
from pascaline.pages.blocks import areas, blocks, memories, unit
from pascaline.pages.chain import chain
from pascaline.pages.core import section
from pascaline.pages.decide import aspects, classes
from pascaline.pages.environment import environment
from pascaline.pages.explored import Explored
from pascaline.pages.figures import key_figures, layers, provenance, speed, summary
from pascaline.pages.plots import bars, pareto
from pascaline.pages.precision import precision_tables
from pascaline.pages.tables import counted, counts, placed, remarks
from pascaline.pages.words import number, words

__all__ = ["page"]


def page(result: dict[str, Any]) -> str:
    """The page of a result of ``report``, as ``--json`` prints it.

    Parameters
    ----------
    result : dict
        The result; with ``explored``, what ``explore`` has found for the same model and target.
    """
    found = result.get("explored")
    explored = Explored.model_validate(found) if found else None
    parts, *units = counts(result)
    drawn = chain(result)
    indices = range(len(result["cores"]))
    template = environment().get_template("report.html.jinja")
    return template.render(
        result=result,
        summary=summary(result),
        key_figures=key_figures(result),
        aspects=aspects(result),
        classes=classes(result),
        provenance=provenance(result),
        layers=layers(result),
        parameters=parameters(result["machine"]),
        parts=parts,
        units=units,
        tables=placed(result),
        speed=speed(result),
        remarks=remarks(result),
        precision=precision_tables(result["precision"]) if result.get("precision") else [],
        chain=drawn,
        blocks=[] if drawn else blocks(result, result["cores"][0], result["by_part"]),
        plots=_plots(result),
        unit=unit(result),
        sections=[section(result, index, alone=drawn is None) for index in indices],
        explored=explored,
        pareto=_pareto(result, explored) if explored and explored.points else None,
    )


def _plots(result: dict[str, Any]) -> list[tuple[str, Markup]]:
    """Titles and plots of areas, of memories, and of what is used of a device."""
    area = areas(result, result["by_part"])
    whole = areas(result, {"": counted(result)})[""] or 1
    labels = {part: f"{number(value)} ({value / whole:.1%})" for part, value in area.items()}
    title = f"Area by part, in {unit(result)}"
    found = [(title, bars(title, area, labels))]
    for kind, by_part in memories(result["by_part"]).items():
        title = f"{kind[:1].upper()}{kind[1:]} by part"
        found.append((title, bars(title, by_part, {part: f"{n:,}" for part, n in by_part.items()})))
    uses = {
        words(name): use for name, use in result.get("utilisation", {}).items() if use["available"]
    }
    if uses:
        shares = {name: use["used"] / use["available"] for name, use in uses.items()}
        labels = {name: f"{share:.1%}" for name, share in shares.items()}
        title = f"Used of the device, {result['target_title']}"
        found.append((title, bars(title, shares, labels, limit=1)))
    return found


def _pareto(result: dict[str, Any], explored: Explored) -> tuple[Markup, bool]:
    """The plot, and whether this machine is in it."""
    points = {
        best: [
            (point.cycles_per_step, point.area) for point in explored.points if point.pareto is best
        ]
        for best in (True, False)
    }
    this = next(
        (
            (point.cycles_per_step, point.area)
            for point in explored.points
            if point.is_of(result["machine"])
        ),
        None,
    )
    if this is None and explored.unit == unit(result):
        this = (result["cycles_per_step"], areas(result, {"": counted(result)})[""])
    title = f"Machines for {explored.model} on {explored.target}"
    names = ("cycles a step", explored.unit)
    drawn = pareto(title, others=points[False], best=points[True], this=this, names=names)
    return drawn, this is not None
