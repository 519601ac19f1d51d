"""Starting weights: what a network that was trained elsewhere has learned, before more is learned.

Fine-tuning an imported network recovers what quantising its weights has cost. The network that is
trained keeps a shadow weight for each of its own and a scale for each row; both are chosen so that
their product is near the weight. What comes before the network may differ: features are
preprocessed by an affine here, which is taken out of the weights of x again.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pascaline.importers.freeze import Reals
from pascaline.importers.network import FloatNetwork
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import Preprocess, Rule
from pascaline.train.network import Classifier
from pascaline.train.normalisers import Scales
from pascaline.train.recurrent import Recurrent

__all__ = ["adopt"]

SPREAD = 0.1
"""Mean magnitude of the shadow weights of a row: far from the limit, and quick to turn."""


def adopt(
    network: Classifier,
    found: FloatNetwork,
    rule: Rule | None = None,
    *,
    before: Rule | None = None,
) -> None:
    """Give a network the weights of another.

    Parameters
    ----------
    network : Classifier
        The network; changed in place. Its normaliser must have learned scales.
    found : FloatNetwork
        The other. Without a head in it the head stays.
    rule : Preprocess or OneHot, optional
        What raw features go through before the network.
    before : Preprocess or OneHot, optional
        What they went through before the other; by default nothing.

    Raises
    ------
    InputError
        If a tensor is not as it must be, if sizes differ, or for another normaliser.
    """
    _check("layers", len(found.layers), len(network.stack))
    for layer, wanted in zip(network.stack, found.layers, strict=True):
        own = layer.parts[0]
        if wanted.block is not None:
            raise InputError("start", "must not be a HadamRNN")
        if own.transform is not None:
            raise InputError("cell", "must have a recurrent matrix to start from other weights")
        _check("directions", len(wanted.parts), len(layer.parts))
        _check("hidden units", wanted.hidden, own.hidden)
        _check("gates", len(wanted.parts[0].weight_h) // wanted.hidden, len(own.cell.gates))
        _check("inputs", wanted.inputs, own.shadow_x.shape[1])
    with torch.no_grad():
        for index, (layer, wanted) in enumerate(zip(network.stack, found.layers, strict=True)):
            for part, other in zip(layer.parts, wanted.parts, strict=True):
                weight_x, bias = other.weight_x, other.bias
                if not index:
                    weight_x, bias = _refed(weight_x, bias, rule, before)
                _adopt_part(part, weight_x, other.weight_h, bias)
                if part.bias_h is not None and other.bias_h is not None:
                    part.bias_h.copy_(torch.from_numpy(other.bias_h))
        if found.head_weight is not None and found.head_bias is not None:
            _check("classes", len(found.head_weight), network.head.out_features)
            if network.head.quantiser is not None:
                raise InputError("head weights", "must be fixed point to start from other weights")
            network.head.weight.copy_(torch.from_numpy(found.head_weight))
            network.head.bias.copy_(torch.from_numpy(found.head_bias))


def _refed(
    weight_x: Reals, bias: Reals, rule: Rule | None, before: Rule | None
) -> tuple[Reals, Reals]:
    """Weights and bias for inputs as they come here instead of as they came there."""
    if isinstance(before, Preprocess):
        before.check(weight_x.shape[1], thing="preprocess")
        weight_x = weight_x * np.array(before.gain)
        bias = bias - weight_x @ np.array(before.offset)
    if isinstance(rule, Preprocess):
        bias = bias + weight_x @ np.array(rule.offset)
        gain = np.array(rule.gain)
        # An input without a gain is always the same: what it adds is in the bias.
        weight_x = np.divide(weight_x, gain, out=np.zeros_like(weight_x), where=gain != 0)
    return weight_x, bias


def _adopt_part(part: Recurrent, weight_x: Reals, weight_h: Reals, bias: Reals) -> None:
    normaliser = part.normaliser
    if not isinstance(normaliser, Scales):
        raise InputError("normaliser", "must be scale to start from other weights")
    wanted = [torch.from_numpy(matrix).float() for matrix in (weight_x, weight_h)]
    if normaliser.shared:
        units = [_magnitude(torch.cat(wanted, dim=1))] * 2
    else:
        units = [_magnitude(matrix) for matrix in wanted]
    for shadow, matrix, unit in zip(part.shadows, wanted, units, strict=True):
        shadow.copy_(matrix / unit[:, None] * SPREAD)
    part.clamp()
    values = part.weights()
    if normaliser.shared:
        gains = [_fitted(torch.cat(wanted, dim=1), torch.cat(values, dim=1))]
    else:
        gains = [_fitted(matrix, value) for matrix, value in zip(wanted, values, strict=True)]
    for gain, fitted in zip(normaliser.gains, gains, strict=True):
        gain.copy_(fitted)
    normaliser.bias.copy_(torch.from_numpy(bias))


def _magnitude(rows: Tensor) -> Tensor:
    """Mean magnitude of each row; 1 for a row of zeros."""
    mean = rows.abs().mean(dim=1)
    return torch.where(mean > 0, mean, 1.0)


def _fitted(rows: Tensor, values: Tensor) -> Tensor:
    """The scale of each row with which its values are nearest to it, in the mean square."""
    return (rows * values).sum(dim=1) / values.square().sum(dim=1).clamp(min=1.0)


def _check(thing: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise InputError(f"starting weights: {thing}", f"must be {wanted}", found)
