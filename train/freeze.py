"""From learned real numbers to an integer model.

An integer scale is ``scale * 2**(pre.frac + shift - frac)``, with ``frac`` that of the vector it
meets, an integer bias ``bias * 2**(pre.frac + shift)``. The shift is the largest with which all of
them fit, so that rounding loses least. The head has one scale for all its rows: it moves no
maximum, so the machine need not know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spec.errors import InputError
from spec.formats import Interval
from spec.model import Model
from spec.network import Affine, Head, Network
from spec.tensors import Integers

__all__ = ["Learned", "Reals", "freeze"]

Reals = NDArray[np.float64]

SHIFTS = range(40, -1, -1)
"""What a shift may be, best first."""

BIASES = Interval.signed_bits(48)
"""What a bias may be."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Learned:
    """A layer and its head before freezing.

    Attributes
    ----------
    weight_x, weight_h : Integers
        Weights, as values of an arithmetic: (rows, inputs) and (rows, hidden).
    scale_x, scale_h, bias : Reals
        The affine of each row, (rows,).
    head_weight, head_bias : Reals or None
        (classes, hidden) and (classes,), if there is a head.
    """

    weight_x: Integers
    weight_h: Integers
    scale_x: Reals
    scale_h: Reals
    bias: Reals
    head_weight: Reals | None = None
    head_bias: Reals | None = None


def freeze(
    learned: Learned, draft: Network, *, name: str, card: dict[str, Any] | None = None
) -> Model:
    """Make the integer model.

    Parameters
    ----------
    learned : Learned
        The numbers.
    draft : Network
        The network with all its formats. Only the shift and the widths of biases are not taken
        from here: they follow from the numbers.
    name : str
        The model's name.
    card : dict, optional
        What is known about it. With a head, ``logit_unit`` is added: the real logit that 1 in an
        integer one stands for.

    Raises
    ------
    InputError
        If a number is not finite, or too large even without any shift; it is named.
    """
    card = dict(card or {})
    affine, folded = _freeze_rows(learned, draft)
    tensors = {"weight_x": learned.weight_x, "weight_h": learned.weight_h} | folded
    tensors = {f"layers.0.{key}": values for key, values in tensors.items()}
    layer, head = draft.layer.model_copy(update={"normaliser": affine}), draft.head
    if head is not None:
        head, dense, card["logit_unit"] = _freeze_head(learned, head, draft.layer.h.lsb)
        tensors |= {f"head.{key}": values for key, values in dense.items()}
    network = draft.model_copy(update={"layers": (layer,), "head": head})
    return Model(name=name, network=network, tensors=tensors, card=card)


def _freeze_rows(learned: Learned, draft: Network) -> tuple[Affine, dict[str, Integers]]:
    """The formats of the affine, and its tensors."""
    exponent, frac = draft.layer.pre.frac, {"scale_x": draft.x.frac, "scale_h": draft.layer.h.frac}
    scales = draft.layer.normaliser.scales
    reals = {"scale_x": learned.scale_x, "scale_h": learned.scale_h, "bias": learned.bias}
    limits = {"scale_x": scales, "scale_h": scales, "bias": BIASES}
    for thing, values in reals.items():
        _check_finite(thing, values)
    reals |= _without_idle(learned)
    for shift in SHIFTS:
        made = {
            thing: _integers(values, exponent + shift - frac.get(thing, 0))
            for thing, values in reals.items()
        }
        if all(_is_in(values, limits[thing]).all() for thing, values in made.items()):
            break
    else:
        for thing, values in made.items():
            _check_range(thing, reals[thing], _is_in(values, limits[thing]))
    tensors = {thing: values.astype(np.int64) for thing, values in made.items()}
    bias_width, scale_width = _bias_width(tensors["bias"]), draft.layer.normaliser.scale_width
    return Affine(scale_width=scale_width, bias_width=bias_width, shift=shift), tensors


def _without_idle(learned: Learned) -> dict[str, Reals]:
    """The scales, with 0 where all weights of a row are 0: such a scale may be anything.

    Batch normalisation makes it large, which would cost all others precision. Scales of a row that
    are equal stay equal.
    """
    idle_x, idle_h = ~learned.weight_x.any(axis=1), ~learned.weight_h.any(axis=1)
    equal, both = learned.scale_x == learned.scale_h, idle_x & idle_h
    return {
        "scale_x": np.where(np.where(equal, both, idle_x), 0.0, learned.scale_x),
        "scale_h": np.where(np.where(equal, both, idle_h), 0.0, learned.scale_h),
    }


def _freeze_head(
    learned: Learned, head: Head, lsb: float
) -> tuple[Head, dict[str, Integers], float]:
    """The head, its tensors, and the real logit that 1 stands for."""
    if learned.head_weight is None or learned.head_bias is None:
        raise InputError("head", "has no learned weights")
    if head.scaled:
        raise InputError("head.scaled", "must be false: one scale is common to all rows")
    _check_finite("head.weight", learned.head_weight)
    _check_finite("head.bias", learned.head_bias)
    largest = float(np.abs(learned.head_weight).max(initial=0)) or 1.0
    unit = largest / head.weights.weights.hi
    bias = _integers(learned.head_bias / (unit * lsb))
    _check_range("head.bias", learned.head_bias, _is_in(bias, BIASES))
    tensors = {
        "weight": _integers(learned.head_weight / unit).astype(np.int64),
        "bias": bias.astype(np.int64),
    }
    frozen = head.model_copy(update={"bias_width": _bias_width(tensors["bias"])})
    return frozen, tensors, unit * lsb


def _integers(values: Reals, exponent: int = 0) -> Reals:
    """Nearest integers to ``values * 2**exponent``, ties up; in floating point, any size."""
    with np.errstate(over="ignore"):
        integers: Reals = np.floor(np.ldexp(values, exponent) + 0.5)
    return integers


def _is_in(values: Reals, limit: Interval) -> NDArray[np.bool_]:
    return (values >= limit.lo) & (values <= limit.hi)


def _bias_width(biases: Integers) -> int:
    # A description asks for two bits at least.
    return (Interval.signed_bits(2) | Interval.of(biases)).width


def _check_finite(thing: str, values: Reals) -> None:
    _check(thing, values, np.isfinite(values), "must be finite")


def _check_range(thing: str, values: Reals, good: NDArray[np.bool_]) -> None:
    _check(thing, values, good, "must fit its format without any shift")


def _check(thing: str, values: Reals, good: NDArray[np.bool_], rule: str) -> None:
    if not good.all():
        place = tuple(int(index) for index in np.argwhere(~good)[0])
        raise InputError(f"{thing}[{', '.join(map(str, place))}]", rule, float(values[place]))
