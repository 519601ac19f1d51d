"""What a network has learned, as NumPy arrays: what `importers.freeze` makes a model of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pascaline.importers.freeze import Learned, LearnedPart, Reals
from pascaline.spec.arithmetic import Fixed
from pascaline.train.network import Classifier, Head, Layer
from pascaline.train.quantisers import Real
from pascaline.train.recurrent import Quantisers, Recurrent

__all__ = ["FIXED", "head_weight", "learned", "learned_layers", "reals"]

FIXED = Fixed(12)
"""What the weights of a floating-point network become in a machine: the papers' baseline."""


def learned(network: Classifier) -> Learned:
    """Weights as integers, the rest as reals.

    Weights of a floating-point network become `FIXED`, rounded to a scale of each row.

    Raises
    ------
    InputError
        If the normaliser is none that a machine has.
    """
    head = network.head
    with torch.no_grad():
        return Learned(
            layers=learned_layers(network.stack),
            head_weight=reals(head_weight(head)),
            head_bias=reals(head.bias),
            head_unit=None if head.quantiser is None else float(head.scale),
        )


def learned_layers(layers: Sequence[Layer]) -> tuple[tuple[LearnedPart, ...], ...]:
    """Those of each layer, as `train.freeze.Learned` has them; as in `learned`."""
    with torch.no_grad():
        return tuple(tuple(map(_learned_part, layer.parts)) for layer in layers)


def _learned_part(part: Recurrent) -> LearnedPart:
    folded = part.folded()
    weights = [reals(folded.weight_x), reals(folded.weight_h)]
    weights, scales = _as_integers(
        part.quantisers, weights, [reals(folded.scale_x), reals(folded.scale_h)]
    )
    return LearnedPart(
        weight_x=weights[0].astype(np.int64),
        weight_h=weights[1].astype(np.int64),
        scale_x=scales[0],
        scale_h=scales[1],
        bias=reals(folded.bias),
        bias_h=None if folded.bias_h is None else reals(folded.bias_h),
    )


def head_weight(head: Head) -> Tensor:
    """Weights of a head, quantised if they are."""
    if head.quantiser is None:
        return head.weight
    return head.scale * head.quantiser(head.weight)


def _as_integers(
    quantisers: Quantisers, weights: list[Reals], scales: list[Reals]
) -> tuple[list[Reals], list[Reals]]:
    """Real weights as those of `FIXED` and scales of the rows; equal scales of a row stay equal."""
    real = [isinstance(quantiser, Real) for quantiser in quantisers]
    largest = [np.abs(weight).max(axis=1) for weight in weights]
    if all(real) and np.array_equal(scales[0], scales[1]):
        largest = [np.maximum(*largest)] * 2
    for index in range(2):
        if real[index]:
            row = largest[index]
            unit = np.where(row > 0, row, 1) / FIXED.weights.hi
            weights[index] = np.floor(weights[index] / unit[:, None] + 0.5)
            scales[index] = scales[index] * unit
    return weights, scales


def reals(tensor: Tensor) -> Reals:
    """A tensor as an array of float64."""
    return tensor.detach().cpu().numpy().astype(np.float64)
