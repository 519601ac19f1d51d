"""Formats of a layer's signals for a number of bits, as far as reaches alone can tell.

Inputs, h and the values of functions have the bits that are asked for; pre-activations have four
more, at most 16; what is carried from step to step has as many before its point as it reaches, and
behind it some more than what is added to it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cache

import numpy as np

from pascaline.golden.activation import ActivationFunction
from pascaline.importers.calibrate.reaches import Reaches
from pascaline.importers.draft import Formats
from pascaline.importers.freeze import Reals
from pascaline.importers.modules import module_of
from pascaline.importers.modules.module import Module, sigmoid
from pascaline.importers.network import FloatLayer, FloatNetwork
from pascaline.spec.activation import Activation, PiecewiseLinear, Table
from pascaline.spec.arithmetic import Fixed
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format

__all__ = [
    "HEADROOM",
    "WIDEST",
    "assumed",
    "check_bounded",
    "choose",
    "made_format",
    "settle",
    "usual",
    "widest_scale",
]

HEADROOM = 1.25
"""Signals reach so many times as far as the data show."""

GUARD = 3
"""Bits that what is carried has behind the last one of what is added to it."""

PRE_BITS, PRE_MOST = 4, 16
"""Bits that pre-activations have more than other signals, and how many they have at most."""

SCALE_BITS, SCALE_MOST, SUM_BITS = 8, 24, 62
"""Bits that scales have more than signals, how many they have at most, and what sums may take."""

TABLE_BITS = 12
"""Functions of wider pre-activations are made of lines."""

SEGMENTS = (64, 128, 256, 512, 1024)

ASSUMED = {"pre": 8.0, "cell": 16.0}
"""Without data, what signals reach that are not within -1 and 1; others reach 8."""

ASSUMPTIONS = "take it that x is within --reach, z within 8, c of an LSTM within 16, all else 1"

WIDEST: dict[str, int] = {"x": 16, "pre": PRE_MOST}
"""Widths that a field cannot exceed, where that is less than what a format can have."""


def made_format(width: int, reach: float, *, signed: bool = True) -> Format:
    """The format of that width with the most bits behind its point that reaches as far."""
    before = math.ceil(math.log2(reach)) if reach > 0 else 0
    return Format(width=width, frac=min(31, max(0, width - signed - before)), signed=signed)


def choose(found: FloatNetwork, reaches: Reaches, bits: int) -> tuple[Formats, ...]:
    """Formats of each layer; x of all is that of the network's input.

    Parameters
    ----------
    found : FloatNetwork
        The network.
    reaches : Reaches
        What it does on data.
    bits : int
        Width of inputs, h and the values of functions.
    """
    x = _input_format(found, reaches, min(bits, WIDEST["x"]))
    made = []
    for index, layer in enumerate(found.layers):
        module, seen = module_of(layer.cell), reaches.layers[index]
        taken = {
            key: _signal_format(
                module, key, seen[key], bits, reaches.pre[index], layer.starts.get(key, 0.0)
            )
            for key in seen
        }
        width = min(bits + SCALE_BITS, widest_scale(bits, layer))
        formats = Formats(x=x, scale_width=width, head=Fixed(min(16, max(2, bits))))
        made.append(settle(module, formats.model_copy(update=taken), frozenset()))
    return tuple(made)


def check_bounded(found: FloatNetwork, said: Sequence[Collection[str]]) -> None:
    """Raise `InputError` if, without data, nothing tells how far h of a linear layer reaches.

    Parameters
    ----------
    found : FloatNetwork
        The network.
    said : sequence of collections of str
        Fields of each layer that a user has said.
    """
    for layer, fields in zip(found.layers, said, strict=True):
        if layer.block is not None and "pre" not in fields:
            rule = "has no bound in a linear layer: --calibrate DATA, or --format pre=Q4.7"
            raise InputError("h", rule)


def assumed(found: FloatNetwork, x: float) -> Reaches:
    """What signals are taken to reach without data: `ASSUMED`, and inputs as far as is said."""
    none = np.zeros(0)
    return Reaches(
        x=x,
        inputs=np.zeros((0, found.inputs)),
        layers=[
            {
                key: 1.0 if key in module_of(layer.cell).within_one else ASSUMED.get(key, 8.0)
                for key in module_of(layer.cell).signals
            }
            for layer in found.layers
        ],
        pre=[none for _ in found.layers],
    )


def usual(found: FloatNetwork, formats: Formats) -> tuple[Formats, ...]:
    """The same formats for each layer; what has no end gets that of its pre-activations as h."""
    return tuple(
        formats
        if "h" in module_of(layer.cell).within_one
        else formats.model_copy(update={"h": formats.pre})
        for layer in found.layers
    )


def widest_scale(bits: int, layer: FloatLayer) -> int:
    """Bits that a scale may have, so that no sum of a row overflows, of signals of so many bits."""
    terms = math.ceil(math.log2(layer.inputs + layer.hidden))
    return min(SCALE_MOST, SUM_BITS - 2 * (bits - 1) - terms)


def settle(module: Module, formats: Formats, fixed: frozenset[str]) -> Formats:
    """Formats that go together, with an activation for them.

    Parameters
    ----------
    module : Module
        The layer's.
    formats : Formats
        What was wanted.
    fixed : frozenset of str
        Fields that stay as they are, whatever others need.
    """
    taken: dict[str, Format] = {key: getattr(formats, key) for key in module.signals}
    for finer, coarser in module.finer:
        missing = taken[coarser].frac - taken[finer].frac
        if missing <= 0:
            continue
        if finer not in fixed and taken[finer].width + missing <= WIDEST.get(finer, 32):
            taken[finer] = _finer(taken[finer], missing)
        elif coarser not in fixed:
            taken[coarser] = _finer(taken[coarser], -missing)
    update: dict[str, object] = dict(taken)
    if "activation" not in fixed:
        update["activation"] = _activation(module, taken)
    return formats.model_copy(update=update)


def _finer(form: Format, bits: int) -> Format:
    """With more bits behind the point, or fewer."""
    if form.width + bits < 1 + form.signed:
        raise InputError("formats", f"leave no bits of {form}")
    return Format(width=form.width + bits, frac=form.frac + bits, signed=form.signed)


def _signal_format(
    module: Module, key: str, reach: float, bits: int, pre: Reals, start: float
) -> Format:
    """The format of a signal that reaches so far, and of what it starts from."""
    if key == "sigmoid":
        return Format(width=bits, frac=bits, signed=False)
    wanted = reach * (HEADROOM if len(pre) else 1.0) or 1.0
    if key in module.within_one:
        wanted = min(wanted, 1.0)
    wanted = max(wanted, start)
    if key == "pre":
        width = min(bits + PRE_BITS, PRE_MOST)
        if module.is_flat(key):
            return _flat_format(width, wanted, pre)
        return made_format(width, wanted)
    if key in dict(module.finer):
        whole = max(0, math.ceil(math.log2(wanted)))
        frac = min(bits - 1 + GUARD, 31 - whole)
        return Format(width=1 + whole + frac, frac=frac)
    return made_format(bits, 1.0 if key == "tanh" else wanted)


def _flat_format(width: int, reach: float, values: Reals) -> Format:
    """The format with which a sigmoid of such values loses least; it may cut some of them."""
    if not len(values):
        return made_format(width, reach)
    whole, best = max(0, math.ceil(math.log2(reach))), None
    exact, least = sigmoid(values), math.inf
    for before in range(min(2, whole), whole + 1):
        if before > width - 1:
            break
        form = Format(width=width, frac=width - 1 - before)
        cut: Reals = np.multiply(form.quantize(values), form.lsb)
        error = float(np.square(sigmoid(cut) - exact).mean())
        if error < least:
            best, least = form, error
    return best or made_format(width, reach)


def _input_format(found: FloatNetwork, reaches: Reaches, width: int) -> Format:
    """The format of x with the least error behind the first layer's input weights."""
    parts = found.layers[0].parts
    power = np.sum([np.square(part.weight_x).sum(axis=0) for part in parts], axis=0)
    widest = made_format(width, reaches.x or 1.0)
    if not len(reaches.inputs):
        return widest
    best, least = widest, math.inf
    for frac in range(widest.frac, min(widest.frac + 6, 31) + 1):
        form = Format(width=width, frac=frac)
        lost = np.square(form.quantize(reaches.inputs) * form.lsb - reaches.inputs)
        if (error := float(lost.mean(axis=0) @ power)) < least:
            best, least = form, error
    return best


def _activation(module: Module, taken: Mapping[str, Format]) -> Activation:
    """A table, or the fewest lines that are about as near as one."""
    values = {key: taken[key] for key in ("sigmoid", "tanh") if key in taken}
    if not values and "h" in module.within_one:
        values = {"tanh": taken["h"]}
    pre = taken["pre"]
    # Of a pre that is too wide to be one there are too many values to try; the network refuses it.
    if not TABLE_BITS < pre.width <= PRE_MOST or not values:
        return Table()
    for segments in SEGMENTS:
        if all(_line_error(key, pre, form, segments) <= 1 for key, form in values.items()):
            break
    return PiecewiseLinear(segments=segments)


@cache
def _line_error(function: str, pre: Format, out: Format, segments: int) -> float:
    """The largest error of lines, in units of the outcome."""
    codes = np.arange(pre.interval.lo, pre.interval.hi + 1)
    made = ActivationFunction(PiecewiseLinear(segments=segments), function, pre, out)(codes)
    real: Reals = np.multiply(codes, pre.lsb)
    exact = np.tanh(real) if function == "tanh" else sigmoid(real)
    limits = out.interval
    error = made - np.clip(np.ldexp(exact, out.frac), limits.lo, limits.hi)
    return float(np.abs(error).max())
