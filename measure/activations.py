"""What forms of activation functions cost: area, errors, and what models get right with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pascaline.data.activations import with_activation
from pascaline.data.evaluate import score
from pascaline.data.sets import Part
from pascaline.golden.activation import errors
from pascaline.hdl.activation import ActivationFunction
from pascaline.hdl.tablelogic import TableLogic
from pascaline.measure.alone import component_area
from pascaline.spec.activation import Activation, Table, read_activation, table
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, each, silent
from pascaline.synth.targets import Target

__all__ = ["FORMS", "compare_activations", "compare_models"]

FORMS = (
    *("table", "pwl64"),
    *(f"pieces{count}" for count in (4, 8, 16, 32)),
    *(f"pieces{count}x4" for count in (4, 8, 16, 32)),
    *("pieces16x3", "pieces16x5", "pieces16x6"),
)
"""What is compared if nothing is said."""


def compare_activations(
    pre: Format,
    outs: dict[str, Format],
    forms: Sequence[str] = FORMS,
    *,
    found: Target | None = None,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Errors of each form, and its area on a target.

    The area is that of one of each function with their registers, not pipelined. A table is made
    of logic, too (`hdl.tablelogic`). What is left of a form in memories, as the lines of ``pwl``,
    is in ``memory_bits`` and in no area.

    Parameters
    ----------
    pre : Format
        Of the argument.
    outs : dict of str to Format
        Functions, with the format of each.
    forms : sequence of str
        As `read_activation` reads them.
    found : Target, optional
        What they are synthesised for.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    list of dict
        ``form``; ``errors``, of each function the largest and the mean distance from the table, in
        units of the last place; with a target also ``area`` and ``memory_bits``.
    """
    rows = []
    for text in each(forms, progress, "activations"):
        form = read_activation(text, thing="--forms")
        row: dict[str, Any] = {"form": text, "errors": {}}
        for function, out in outs.items():
            row["errors"][function] = errors(form, function, pre, out)
        if found is not None:
            areas = []
            for function, out in outs.items():
                areas.append(component_area(_component(form, function, pre, out), found))
            row["area"] = sum(found.price(area) for area in areas)
            row["memory_bits"] = sum(area["memory_bits"] for area in areas)
        rows.append(row)
    return rows


def compare_models(
    model: Model, part: Part, forms: Sequence[str] = FORMS, *, progress: Progress = silent
) -> list[dict[str, Any]]:
    """What a model gets right with each form, and nothing else changed.

    Parameters
    ----------
    model : Model
        The model.
    part : Part
        What it is measured on.
    forms : sequence of str
        As `read_activation` reads them.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    list of dict
        ``form`` and ``score``, in words.
    """
    rows = []
    for text in each(forms, progress, model.name):
        made = with_activation(model, read_activation(text, thing="--forms"))
        rows.append({"form": text, "score": str(score(made, part))})
    return rows


def _component(form: Activation, function: str, pre: Format, out: Format) -> Any:
    if isinstance(form, Table):
        return TableLogic(table(function, pre, out).tolist(), out)
    return ActivationFunction(form, function, pre, out, pipelined=False)
