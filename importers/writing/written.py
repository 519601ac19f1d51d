"""What is to be written of a model: tensors by name, and how they are read again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pascaline.data.arrays import Arrays
from pascaline.importers.freeze import Reals
from pascaline.importers.network import RESULTS, Result
from pascaline.spec.cells.layer import Layer
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.normalisers.affine import Affine
from pascaline.spec.tensors import LayerTensors

__all__ = ["Written", "head_reals", "result_of", "row_reals"]


@dataclass(frozen=True, eq=False)
class Written:
    """A ``state_dict``.

    Attributes
    ----------
    what : str
        What it is one of.
    tensors : dict of str to array
        By name; float64, but for what a module never reads.
    again : tuple of str
        Options with which `pascaline import` reads it as the network that it is.
    notes : tuple of str
        A line for each thing that is then rounded anew.
    """

    what: str
    tensors: Arrays
    again: tuple[str, ...]
    notes: tuple[str, ...] = ()


def row_reals(tensors: LayerTensors, layer: Layer, x: Format) -> dict[str, Reals]:
    """Scales and biases of rows as real numbers, by the names of their tensors.

    Raises
    ------
    InputError
        If the normaliser is no affine.
    """
    affine = layer.normaliser
    if not isinstance(affine, Affine):
        raise InputError("normaliser", "must be an affine of each row", affine.kind)
    behind = layer.pre.frac + affine.shift
    before = {"scale_x": x.frac, "scale_h": layer.h.frac}
    return {
        name: np.ldexp(tensors[name].astype(np.float64), before.get(name, 0) - behind)
        for name in ("scale_x", "scale_h", "bias", "bias_h")
        if name in tensors
    }


def head_reals(model: Model) -> tuple[Reals, Reals]:
    """What a weight of 1 of the head stands for in each row, and the biases; (classes,) each.

    Without ``logit_unit`` in the model's card the largest weight of the arithmetic is 1.
    """
    head, described = model.head, model.network.head
    assert head is not None
    assert described is not None
    lsb = model.network.layer.h.lsb
    unit = float(model.card.get("logit_unit", lsb / described.weights.weights.magnitude)) / lsb
    scale = np.ones(described.classes) if head.scale is None else head.scale
    return np.asarray(scale * unit, np.float64), np.asarray(head.bias * (unit * lsb), np.float64)


def result_of(model: Model) -> Result:
    """What the network gives, as `importers.network.RESULTS` calls it.

    Raises
    ------
    InputError
        If the format of a file has no name for it: pooling by attention, a decoder.
    """
    network = model.network
    if network.decoder is not None:
        raise InputError("decoder", "must be left out: no module of PyTorch has one")
    for name, of in RESULTS.items():
        if of == (network.pooling, network.results):
            return name
    raise InputError("pooling", "must be none, max or mean in other formats", network.pooling)
