"""The ``state_dict`` of a HadamRNN with its authors' names; see `importers.statedict.hadamrnn`.

Their matrices are kept in real numbers, whose largest magnitude a is half of the range of integers:
it stands for ``2 ** (bits - 1)``, which as a positive one is cut to the largest integer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pascaline.data.arrays import Arrays
from pascaline.importers.freeze import Reals
from pascaline.importers.statedict.hadamrnn import BITS, SIGNS, UNUSED
from pascaline.importers.writing.written import Written, head_reals, result_of, row_reals
from pascaline.spec.arithmetic import Arithmetic, Fixed
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.tensors import Integers

__all__ = ["write_hadamrnn"]

PLAIN = ("input_layer.weight", "output_layer.weight")
"""Matrices that the forward pass does not quantise."""

MOST_BITS = 8
"""Of weights that it quantises."""

NEAR = 1e-5
"""How far scales of h may be from the root of the block, relatively."""


class Matrix(NamedTuple):
    """Integers, what 1 stands for in each row, and their arithmetic."""

    weight: Integers
    units: Reals
    arithmetic: Arithmetic

    def tensors(self, layer: str, bits: int) -> Arrays:
        """As the forward pass makes these integers of them, or as real numbers if it makes none."""
        unit, limits = float(self.units[0]), Fixed(bits).weights
        shadow = self.weight.astype(np.float64)
        # A largest weight that is cut gives the unit, too.
        shadow[self.weight == limits.hi] = -limits.lo
        whole = np.abs(shadow).max(initial=0) == -limits.lo and unit > 0
        if self.arithmetic.name != Fixed(bits).name or not whole or (self.units != unit).any():
            return {f"{layer}.weight": self.weight * self.units[:, None]}
        return {f"{layer}.parametrizations.weight.original": shadow * unit}


def write_hadamrnn(model: Model) -> Written:
    """The tensors of a ``BinadamSSM`` of one layer.

    Raises
    ------
    InputError
        If the model is none: more layers, both directions, pooling, another function, no head, one
        that sees negative h, or scales that are not those of the transform.
    """
    network, layer = model.network, model.network.layer
    head, transform = network.head, layer.transform
    _check(model)
    assert head is not None
    assert model.head is not None
    assert transform is not None
    if layer.zero_points or head.zero_point:
        raise InputError("zero points", "must be left out: weights of a HadamRNN have none")
    reals = row_reals(model.layers[0], layer, network.x)
    away = np.abs(np.abs(reals["scale_h"]) * np.sqrt(transform.block) - 1)
    if away.max() > NEAR:
        place = int(away.argmax())
        rule = f"must be -1 or 1 by the root of {transform.block}"
        raise InputError(f"scale_h[{place}]", rule, float(reals["scale_h"][place]))
    signs = np.sign(reals["scale_h"])[None]
    units, bias = head_reals(model)
    u = Matrix(model.layers[0]["weight_x"], reals["scale_x"], layer.weights_x)
    v = Matrix(model.head.weight, units, head.weights)
    bits = min(layer.weights_x.bits, MOST_BITS) if isinstance(layer.weights_x, Fixed) else BITS
    tensors = {
        **u.tensors("input_layer", bits),
        "recurrent_layer.bias": reals["bias"],
        SIGNS[0]: signs,
        UNUSED: np.zeros((layer.hidden, layer.hidden), dtype=np.float32),
        SIGNS[1]: signs,
        **v.tensors("output_layer", bits),
        "output_layer.bias": bias,
    }
    words = ["--block", str(transform.block), "--weight-bits", str(bits)]
    words += ["--weights", layer.weights_x.name, "--result", result_of(model)]
    words += ["--output-kind", head.output, "--format", f"x={network.x}"]
    words += ["--format", f"pre={layer.pre}", "--format", f"head={head.weights.name}"]
    notes = [f"{name}: real numbers, not parametrised" for name in tensors if name in PLAIN]
    return Written("HadamRNN", tensors, tuple(words), tuple(notes))


def _check(model: Model) -> None:
    """Raise `InputError` for a network that is no HadamRNN of one layer."""
    network, layer = model.network, model.network.layer
    for thing, rule, good in (
        ("layers", "must be one in a HadamRNN", len(network.layers) == 1),
        ("layer", "must be linear in a HadamRNN", layer.linear),
        ("layer", "must have one direction in a HadamRNN", not layer.bidirectional),
        ("pooling", "must be none in a HadamRNN", network.pooling == "none"),
        ("head", "must see max(h, 0) in a HadamRNN", network.head and network.head.rectified),
    ):
        if not good:
            raise InputError(thing, rule)
