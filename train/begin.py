"""Where a student begins: at the integers of a model, with shadow weights between them and reals.

A student that begins at rounded weights computes what the model does, so all that it learns is
gained. How near a shadow weight is to where it turns comes from the real weight, as far as that
does not turn it already.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pascaline.importers.network import FloatNetwork, FloatPart
from pascaline.spec.cells.layer import Layer as RecurrentLayer
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.normalisers.affine import Affine
from pascaline.spec.tensors import LayerTensors
from pascaline.train.network import Layer
from pascaline.train.normalisers import Scales
from pascaline.train.quantisers import SPREAD, Quantiser, Sign, Threshold
from pascaline.train.recurrent import Recurrent

__all__ = ["begin"]

HALVINGS = 8
"""How often a shadow weight is brought nearer to its integer until it does not turn."""

NEAREST = 0.9
"""How far it may be from its integer, in units of it: a sign must not begin at 0."""


def begin(layers: Sequence[Layer], teacher: FloatNetwork, model: Model) -> None:
    """Give layers the weights of a model that was imported from a float network.

    Parameters
    ----------
    layers : sequence of Layer
        Of the sizes and arithmetics of the model; changed in place. Normalisers have learned
        scales.
    teacher : FloatNetwork
        The float network.
    model : Model
        The model.
    """
    network = model.network
    with torch.no_grad():
        for index, layer in enumerate(layers):
            described, x = network.layers[index], network.layer_x(index)
            real, made = teacher.layers[index].parts, model.directions[index]
            for part, exact, tensors in zip(layer.parts, real, made, strict=True):
                _begin_part(part, exact, tensors, described, x)


def _begin_part(
    part: Recurrent, exact: FloatPart, tensors: LayerTensors, layer: RecurrentLayer, x: Format
) -> None:
    normaliser, affine = part.normaliser, layer.normaliser
    assert isinstance(normaliser, Scales)
    assert isinstance(affine, Affine)
    unit = 2.0 ** -(layer.pre.frac + affine.shift)
    scales = []
    matrices = zip(part.quantisers, part.shadows, ("x", "h"), (x, layer.h), strict=True)
    for quantiser, shadow, key, form in matrices:
        values = tensors[f"weight_{key}"]
        scale = tensors[f"scale_{key}"] * unit * 2.0**form.frac
        scales.append(scale)
        wanted = getattr(exact, f"weight_{key}")
        real = np.divide(wanted, scale[:, None], out=values * 1.0, where=scale[:, None] != 0)
        shadow.copy_(_shadow(quantiser, _tensor(values), _tensor(real)))
    if normaliser.shared:
        # The scale in between that serves both, as their sums of squares weigh.
        power = [np.square(tensors[f"weight_{key}"]).sum(axis=1) + 1e-9 for key in ("x", "h")]
        scales = [(scales[0] * power[0] + scales[1] * power[1]) / (power[0] + power[1])]
    for gain, scale in zip(normaliser.gains, scales, strict=True):
        gain.copy_(_tensor(scale))
    normaliser.bias.copy_(torch.from_numpy(exact.bias))
    if part.bias_h is not None and exact.bias_h is not None:
        part.bias_h.copy_(torch.from_numpy(exact.bias_h))


def _shadow(quantiser: Quantiser, values: Tensor, real: Tensor) -> Tensor:
    """Shadow weights from which a rule makes these values, as near to the real ones as may be."""
    coarse = isinstance(quantiser, (Sign, Threshold))
    unit = SPREAD if coarse else quantiser.unit(*values.shape)
    apart = (real - values).clamp(-NEAREST, NEAREST)
    share = torch.ones_like(values)
    for _ in range(HALVINGS):
        shadow = (unit * (values + share * apart)).clamp(-quantiser.limit, quantiser.limit)
        turned = quantiser.values(shadow) != values
        if not turned.any():
            return shadow
        share = torch.where(turned, share / 2, share)
    return unit * values


def _tensor(array: np.ndarray) -> Tensor:  # type: ignore[type-arg]
    return torch.from_numpy(array.astype(np.float32))
