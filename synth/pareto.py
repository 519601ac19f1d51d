"""The Pareto front: what nothing else beats in everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["non_dominated"]


def non_dominated(costs: Sequence[Sequence[float]]) -> list[bool]:
    """Which points are on the Pareto front, if less is better in every column.

    A point is dominated by another one that is nowhere worse and somewhere better; so of equal
    points, all are on the front or none is. Exact, and quadratic in the number of points.

    Parameters
    ----------
    costs : sequence of sequence of float
        A row a point, a column a kind of cost.
    """
    if not costs:
        return []
    rows = np.array(costs, dtype=np.float64)
    nowhere_worse = (rows[:, None] <= rows).all(axis=2)
    somewhere_better = (rows[:, None] < rows).any(axis=2)
    on_front: list[bool] = np.logical_not((nowhere_worse & somewhere_better).any(axis=0)).tolist()
    return on_front
