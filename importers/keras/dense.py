"""Layers of Keras that are affine at inference: dense layers, embeddings, normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from pascaline.importers.affine import Affine
from pascaline.importers.freeze import Reals
from pascaline.importers.keras.chain import ENDS, Chain
from pascaline.importers.keras.entry import Entry
from pascaline.spec.errors import brief

__all__ = [
    "add_activation",
    "add_batch_normalization",
    "add_dense",
    "add_embedding",
    "add_normalization",
    "add_rescaling",
]

EPSILON = 1e-7
"""``keras.config.epsilon()``: the least standard deviation that is divided by."""


SPREADS = 4.0
"""Standard deviations that a standardised input is taken to reach."""


def add_dense(chain: Chain, entry: Entry) -> None:
    """A dense layer, and a function behind it if that is the end."""
    chain.needs_vectors(entry)
    function, units = _function(entry), entry.size("units")
    weight = entry.variables.take(entry.within, "kernel", (chain.width, units))
    bias = np.zeros(units)
    if entry.flag("use_bias", True):
        bias = entry.variables.take(entry.within, "bias", (units,))
    if chain.layers:
        chain.heads.append(entry.name)
    if len(chain.heads) != 1 or chain.affine is not None:
        chain.understood.append(entry.said("folded into the weights beside it, exactly"))
    chain.apply(entry, Affine(weight.T, bias))
    if function != "linear":
        chain.end(entry, function)


def add_activation(chain: Chain, entry: Entry) -> None:
    """A function by itself, if it is none or the end."""
    function = _function(entry) if entry.kind == "Activation" else entry.kind.lower()
    if function == "linear":
        chain.left_out.append(entry.said("linear: it changes nothing"))
        return
    if entry.kind != "Activation" and entry.settings.get("axis", -1) not in (-1, [-1]):
        entry.refuse("axis must be -1", brief(repr(entry.settings["axis"])))
    if not chain.layers:
        entry.refuse(f"{function} is supported at the end only")
    chain.end(entry, function)


def add_embedding(chain: Chain, entry: Entry) -> None:
    """A table of vectors, one a symbol: columns of the weights behind it."""
    if chain.scalars is False or chain.affine is not None or chain.layers or chain.symbols:
        entry.refuse("must come first, and get a number a step")
    chain.scalars, chain.symbols = False, True
    symbols, width = entry.size("input_dim"), entry.size("output_dim")
    table = entry.variables.take(entry.within, "embeddings", (symbols, width))
    chain.width = symbols
    chain.apply(entry, Affine(table.T, np.zeros(width)))
    chain.understood.append(
        entry.said(f"folded into the input weights, exactly: {symbols} symbols, an input each")
    )
    if entry.flag("mask_zero", False):
        chain.masked = entry


def add_normalization(chain: Chain, entry: Entry) -> None:
    """Mean and variance that were found before training."""
    width = _width(chain, entry)
    axis = _axis(entry, (-1, 2, None))
    if entry.settings.get("mean") is not None:
        mean, variance = (_vector(entry, name, 0.0, width) for name in ("mean", "variance"))
    else:
        shape = () if axis is None else (width,)
        mean, variance = (
            np.broadcast_to(entry.variables.take(entry.within, name, shape), width)
            for name in ("mean", "variance")
        )
        entry.variables.take(entry.within, "count", ())
    if (variance < 0).any():
        entry.refuse("variance must not be negative", float(variance.min()))
    spread = np.maximum(np.sqrt(variance), EPSILON)
    inverted = entry.flag("invert", False)
    gain, offset = (spread, mean) if inverted else (1 / spread, -mean / spread)
    if not chain.layers and not inverted:
        chain.reach = SPREADS
    chain.apply(entry, Affine(np.diag(gain), offset))
    _said(chain, entry)


def add_batch_normalization(chain: Chain, entry: Entry) -> None:
    """Batch normalisation with the mean and the variance that training has left."""
    width = _width(chain, entry)
    _axis(entry, (-1, 2 if chain.result is None else 1))
    gamma, beta = np.ones(width), np.zeros(width)
    if entry.flag("scale", True):
        gamma = entry.variables.take(entry.within, "gamma", (width,))
    if entry.flag("center", True):
        beta = entry.variables.take(entry.within, "beta", (width,))
    mean = entry.variables.take(entry.within, "moving_mean", (width,))
    variance = entry.variables.take(entry.within, "moving_variance", (width,))
    variance = variance + entry.real("epsilon", 1e-3)
    if (variance <= 0).any():
        entry.refuse("variance and epsilon must be positive together", float(variance.min()))
    if not chain.layers:
        chain.reach = float((SPREADS * np.abs(gamma) + np.abs(beta)).max())
    gain = gamma / np.sqrt(variance)
    chain.apply(entry, Affine(np.diag(gain), beta - mean * gain))
    _said(chain, entry)


def add_rescaling(chain: Chain, entry: Entry) -> None:
    """A factor and an offset."""
    width = _width(chain, entry)
    scale, offset = _vector(entry, "scale", 1.0, width), _vector(entry, "offset", 0.0, width)
    if not chain.layers and chain.reach is not None:
        chain.reach = float((chain.reach * np.abs(scale) + np.abs(offset)).max())
    chain.apply(entry, Affine(np.diag(scale), offset))
    _said(chain, entry)


def _said(chain: Chain, entry: Entry) -> None:
    if chain.layers:
        chain.understood.append(entry.said("folded into the weights beside it, exactly"))


def _function(entry: Entry) -> str:
    """The activation of a layer: none, or one that may be left out at the end."""
    function = entry.function("activation")
    if function not in ("linear", *ENDS):
        entry.refuse(
            f"activation {brief(function)} is not supported: beside its recurrent layers a machine"
            " computes linear ones only"
        )
    return function


def _axis(entry: Entry, allowed: tuple[int | None, ...]) -> int | None:
    """The axis that is not taken together; a list of none or of one stands for that."""
    axis: Any = entry.settings.get("axis", -1)
    if isinstance(axis, list) and len(axis) < 2:
        axis = axis[0] if axis else None
    if isinstance(axis, bool | list) or axis not in allowed:
        entry.refuse("axis must be that of the features, -1", brief(repr(axis)))
    return int(axis) if axis is not None else None


def _width(chain: Chain, entry: Entry) -> int:
    chain.needs_vectors(entry)
    if chain.width is None:
        entry.refuse("must follow an InputLayer that says how many features a step has")
    return chain.width


def _vector(entry: Entry, name: str, usual: float, width: int) -> Reals:
    """A setting that is one number, or one for each feature."""
    value: Any = entry.settings.get(name, usual)
    try:
        values = np.asarray(value, dtype=np.float64).ravel()
    except (ValueError, TypeError, OverflowError, RecursionError):
        entry.refuse(f"{name} must be numbers", brief(repr(value)))
    if len(values) not in (1, width) or not np.isfinite(values).all():
        entry.refuse(f"{name} must be one finite number, or {width}", brief(repr(value)))
    return np.broadcast_to(values, width)
