"""What a network has learned, as NumPy arrays: what `importers.freeze` makes a model of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from pascaline.importers.freeze import Learned, LearnedPart
from pascaline.train.decoder import Transcriber
from pascaline.train.network import Classifier, Layer
from pascaline.train.quantisers import Real
from pascaline.train.recurrent import Recurrent
from pascaline.train.standard import LayerNorm
from pascaline.train.units import as_integers, largest_of_rows, reals, state_units

__all__ = ["learned", "learned_layers"]


def learned(network: Classifier | Transcriber) -> Learned:
    """Weights as integers, the rest as reals.

    Weights of a floating-point network become `FIXED`, rounded to a scale of each row.

    Raises
    ------
    InputError
        If the normaliser is none that a machine has.
    """
    head, more = network.head, dict[str, Any]()
    with torch.no_grad():
        unit = state_units([layer.parts for layer in network.stack])[-1]
        if isinstance(network, Transcriber):
            more["decoder"] = _learned_part(network.decoder, 1.0, 1.0)
            more["embedding"] = reals(network.met)
        elif network.attention is not None:
            more["query"] = reals(network.attention.met) * unit
        return Learned(
            layers=learned_layers(network.stack),
            **more,
            head_weight=reals(head.weights) * unit,
            head_bias=reals(head.bias),
            head_unit=None if head.unit is None else float(head.unit) * unit,
            head_zero=0 if head.quantiser is None else int(head.quantiser.zero(head.weight)),
        )


def learned_layers(layers: Sequence[Layer]) -> tuple[tuple[LearnedPart, ...], ...]:
    """Those of each layer, as `train.freeze.Learned` has them; as in `learned`."""
    units = state_units([layer.parts for layer in layers])
    with torch.no_grad():
        return tuple(
            tuple(_learned_part(part, before, after) for part in layer.parts)
            for layer, before, after in zip(layers, (1.0, *units), units, strict=False)
        )


def _learned_part(part: Recurrent, before: float, after: float) -> LearnedPart:
    """Of a direction whose inputs, and whose h, are counted in these units."""
    folded = part.folded()
    # Standardised sums have no unit; all rows that are standardised together must have one.
    standardised = isinstance(part.normaliser, LayerNorm)
    whole = part.cell.linear or standardised
    scale_x, scale_h = reals(folded.scale_x), reals(folded.scale_h)
    together = None
    real = all(isinstance(one, Real) for one in part.quantisers)
    if real and not whole and np.array_equal(scale_x, scale_h):
        # Equal scales of a row stay equal.
        both = torch.cat((folded.weight_x, folded.weight_h), dim=1)
        together = largest_of_rows(reals(both))
    quantiser_x, quantiser_h = part.quantisers
    weight_x, unit_x = as_integers(
        quantiser_x, part.shadow_x, folded.weight_x, whole=whole, largest=together
    )
    if part.transform is None:
        weight_h, unit_h = as_integers(
            quantiser_h, part.shadow_h, folded.weight_h, whole=whole, largest=together
        )
    else:
        weight_h, unit_h = None, reals(quantiser_h(part.shadow_h))[:, 0]
    if standardised:
        unit_x, unit_h = np.ones_like(unit_x), np.ones_like(unit_h)
    zero_x = int(quantiser_x.zero(part.shadow_x))
    zero_h = 0 if weight_h is None else int(quantiser_h.zero(part.shadow_h))
    return LearnedPart(
        weight_x=weight_x + zero_x,
        weight_h=None if weight_h is None else weight_h + zero_h,
        zero_x=zero_x,
        zero_h=zero_h,
        scale_x=scale_x * unit_x * (before / after),
        scale_h=scale_h * unit_h,
        bias=reals(folded.bias) / after,
        bias_h=None if folded.bias_h is None else reals(folded.bias_h),
        scale_c=None if part.cell_norm is None else reals(part.cell_norm.gain),
        bias_c=None if part.cell_norm is None else reals(part.cell_norm.bias),
    )
