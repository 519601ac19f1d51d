"""Learning curves: as a line of text, and as a plot."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pascaline.measure.precision_table import Best

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "draw_precision", "sparkline"]

BARS = "▁▂▃▄▅▆▇█"

WIDTH = 60
"""Characters of a curve, at most."""


def sparkline(values: Sequence[float]) -> str:
    """A bar for each of some values, or for the mean of some in a row; logarithmic.

    Examples
    --------
    >>> sparkline([4.0, 2.0, 1.0])
    '█▄▁'
    """
    count = min(WIDTH, len(values))
    ends = [len(values) * index // count for index in range(count + 1)]
    groups = [values[first:last] for first, last in pairwise(ends)]
    # A loss that is not a number is the worst of all.
    logs = [math.log(max(sum(group) / len(group), 1e-6)) for group in groups]
    known = [value for value in logs if math.isfinite(value)] or [0.0]
    low, span = min(known), (max(known) - min(known)) or 1.0
    top = len(BARS) - 1
    return "".join(
        BARS[int(top * (value - low) / span)] if math.isfinite(value) else BARS[top]
        for value in logs
    )


def draw(curve: Sequence[Sequence[float]], title: str) -> str:
    """An SVG of a curve: pairs of a number of steps, and the loss up to there."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([step for step, _ in curve], [loss for _, loss in curve])
    axes.set(xlabel="steps of training", yscale="log", title=title)
    axes.grid(which="both", alpha=0.3)
    return _svg(figure)


def draw_precision(found: Sequence[Best]) -> str:
    """An SVG of a comparison of weights: a panel for each task, a row for each kind of weights."""
    from matplotlib.figure import Figure

    tasks = list(dict.fromkeys(one.task for one in found))
    variants = list(dict.fromkeys(one.variant for one in found))
    figure = Figure(
        figsize=(4.2 * len(tasks) + 1.4, 0.32 * len(variants) + 1), layout="constrained"
    )
    for index, (task, axes) in enumerate(zip(tasks, _row(figure, len(tasks)), strict=True)):
        alike = [one for one in found if one.task == task]
        for place, cell in enumerate(dict.fromkeys(one.cell for one in alike)):
            shown = [one for one in alike if one.cell == cell and math.isfinite(one.mean)]
            rows = [variants.index(one.variant) + (place - 1) * 0.22 for one in shown]
            ends = [
                [one.mean - min(one.values) for one in shown],
                [max(one.values) - one.mean for one in shown],
            ]
            means = [one.mean for one in shown]
            axes.errorbar(means, rows, xerr=ends, fmt="osD^v"[place], markersize=4, label=cell)
        axes.set(xlabel=f"{task}: {alike[0].unit}", ylim=(len(variants) - 0.5, -0.5))
        axes.set_yticks(range(len(variants)), [] if index else variants)
        axes.grid(alpha=0.3)
        if not index:
            axes.legend(fontsize="small")
    return _svg(figure)


def _row(figure: Figure, count: int) -> list[Axes]:
    """Panels beside each other."""
    return [figure.add_subplot(1, count, place + 1) for place in range(count)]


def _svg(figure: Figure) -> str:
    from matplotlib import rc_context

    content = io.StringIO()
    # Without a date, and with names that hang on nothing, the same numbers give the same file.
    with rc_context({"svg.hashsalt": "pascaline"}):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()
