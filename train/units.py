"""Real weights as integers and units, and what h is counted in where a layer is linear."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pascaline.importers.freeze import Reals
from pascaline.spec.arithmetic import Fixed
from pascaline.spec.tensors import Integers
from pascaline.train.quantisers import Quantiser, Real
from pascaline.train.recurrent import Recurrent

__all__ = ["FIXED", "as_integers", "largest_of_rows", "reals", "state_units"]

FIXED = Fixed(12)
"""What the weights of a floating-point network become in a machine: the papers' baseline."""


def reals(tensor: Tensor) -> Reals:
    """A tensor as an array of float64."""
    return tensor.detach().cpu().numpy().astype(np.float64)


def as_integers(
    quantiser: Quantiser,
    shadow: Tensor,
    weight: Tensor,
    *,
    whole: bool = False,
    largest: Reals | None = None,
) -> tuple[Integers, Reals]:
    """Weights as those of their arithmetic, and what 1 stands for in each row.

    Parameters
    ----------
    quantiser : Quantiser
        Their quantiser. Real ones become those of `FIXED`.
    shadow, weight : Tensor
        What is learned, and what the quantiser makes of it: (rows, columns).
    whole : bool
        Whether all rows of real weights have one unit.
    largest : Reals, optional
        What the largest weight of `FIXED` stands for in each row, by default the row's largest.
    """
    values = reals(weight)
    if isinstance(quantiser, Real):
        largest = largest_of_rows(values) if largest is None else largest
        largest = np.full_like(largest, largest.max()) if whole else largest
        unit = np.where(largest > 0, largest, 1) / FIXED.weights.hi
    else:
        unit = np.full(len(values), float(quantiser.own_unit(shadow)))
    return np.floor(values / unit[:, None] + 0.5).astype(np.int64), unit


def largest_of_rows(values: Reals) -> Reals:
    """The largest magnitude in each row."""
    largest: Reals = np.abs(values).max(axis=1)
    return largest


def state_units(layers: Sequence[Sequence[Recurrent]]) -> list[float]:
    """What an h of 1 in the model stands for in each layer: 1, but where the layer is linear.

    There it is chosen so that the largest weight of x becomes about 1, and the scale of its sums a
    power of two (Foucault et al. 2025: ``s = h / max |U|``). It changes nothing else: what follows,
    even a ReLU before the head, is multiplied by it.

    Parameters
    ----------
    layers : sequence of sequence of Recurrent
        From input to output, the directions of each.
    """
    units: list[float] = []
    for parts in layers:
        before = units[-1] if units else 1.0
        units.append(_largest(parts[0]) * before if parts[0].cell.linear else 1.0)
    return units


def _largest(part: Recurrent) -> float:
    """The real weight of x for the power of two above the largest weight of its arithmetic."""
    quantiser = part.quantisers[0]
    with torch.no_grad():
        folded = part.folded()
        _, unit = as_integers(quantiser, part.shadow_x, folded.weight_x, whole=True)
        scale = float(unit[0] * reals(folded.scale_x)[0])
    highest = (quantiser.arithmetic or FIXED).weights.hi
    return scale * 2.0 ** math.ceil(math.log2(highest))
