"""Learning curves: as a line of text, and as a plot."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["draw", "sparkline"]

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
    content = io.StringIO()
    # Without a date the same curve gives the same file.
    figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()
