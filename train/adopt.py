"""Starting weights: what an LSTM that was trained elsewhere has learned, before more is learned.

Fine-tuning an imported network recovers what quantising its weights has cost. The network that is
trained keeps a shadow weight for each of its own and a scale for each row; both are chosen so that
their product is near the weight. What comes before the network may differ: features are
preprocessed by an affine here, which is taken out of the weights of x again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spec.errors import InputError
from spec.network import GATES
from train.convert import floats
from train.network import Classifier
from train.normalisers import Scales
from train.preprocess import Preprocess, Rule

__all__ = ["adopt"]

SPREAD = 0.1
"""Mean magnitude of the shadow weights of a row: far from the limit, and quick to turn."""


def adopt(
    network: Classifier,
    tensors: Mapping[str, NDArray[Any]],
    rule: Rule | None = None,
    *,
    before: Preprocess | None = None,
) -> None:
    """Give a network the weights of another.

    Parameters
    ----------
    network : Classifier
        The network; changed in place. Its normaliser must have learned scales.
    tensors : mapping of str to array
        The other, as `train.convert.convert` takes it. Without a head in it the head stays.
    rule : Preprocess or OneHot, optional
        What raw features go through before the network.
    before : Preprocess, optional
        What they went through before the other; by default nothing.

    Raises
    ------
    InputError
        If a tensor is not as it must be, if sizes differ, or for another normaliser.
    """
    layer = network.layer
    if not isinstance(layer.normaliser, Scales):
        raise InputError("normaliser", "must be scale to start from other weights")
    found = floats(tensors)
    weight_x, weight_h, bias = found.weight_x, found.weight_h, found.bias
    _check("hidden units", len(weight_h) // len(GATES), layer.hidden)
    _check("inputs", weight_x.shape[1], layer.shadow_x.shape[1])
    if before is not None:
        before.check(weight_x.shape[1], thing="preprocess")
        weight_x = weight_x * np.array(before.gain)
        bias = bias - weight_x @ np.array(before.offset)
    if isinstance(rule, Preprocess):
        bias = bias + weight_x @ np.array(rule.offset)
        weight_x = weight_x / np.array(rule.gain)
    parts = [torch.from_numpy(part).float() for part in (weight_x, weight_h)]
    with torch.no_grad():
        if layer.normaliser.shared:
            units = [_magnitude(torch.cat(parts, dim=1))] * 2
        else:
            units = [_magnitude(part) for part in parts]
        for shadow, part, unit in zip((layer.shadow_x, layer.shadow_h), parts, units, strict=True):
            shadow.copy_(part / unit[:, None] * SPREAD)
        layer.clamp()
        values = layer.weights()
        if layer.normaliser.shared:
            gains = [_fitted(torch.cat(parts, dim=1), torch.cat(values, dim=1))]
        else:
            gains = [_fitted(part, value) for part, value in zip(parts, values, strict=True)]
        for gain, fitted in zip(layer.normaliser.gains, gains, strict=True):
            gain.copy_(fitted)
        layer.normaliser.bias.copy_(torch.from_numpy(bias))
        if found.head_weight is not None and found.head_bias is not None:
            _check("classes", len(found.head_weight), network.head.out_features)
            network.head.weight.copy_(torch.from_numpy(found.head_weight))
            network.head.bias.copy_(torch.from_numpy(found.head_bias))


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
