"""A HadamRNN out of the tensors of its authors' ``state_dict``.

Theirs is the class ``BinadamSSM`` of one layer (Foucault, Mamalet and Malgouyres, ICLR 2025)::

    h' = W h + b + U x,   W = diag(sign(sign_vector)) (I (x) H) / sqrt(block),   y = V max(h, 0) + c

U is ``input_layer``, W and b are ``recurrent_layer``, V and c ``output_layer``. A matrix that is
parametrised is kept in real numbers, of which each forward pass makes multiples of
``a / 2 ** (bits - 1)``, with a the largest magnitude, cut to integers of so many bits; a plain one
is what it is. Neither the bits nor the block are in the file.

Nothing but the head sees h, so that its unit is free: here it is a of U, as the authors have it
where they compute in integers. Scales of x then are powers of two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.freeze import Reals
from pascaline.importers.network import Exact, FloatLayer, FloatNetwork, FloatPart
from pascaline.importers.statedict.numbers import matrix_shape, reals
from pascaline.spec.arithmetic import Fixed
from pascaline.spec.errors import InputError
from pascaline.spec.operands import Walsh
from pascaline.spec.tensors import Integers

__all__ = ["hadamrnn_of", "is_hadamrnn"]

SIGNS = ("recurrent_layer.sign_vector", "recurrent_layer.parametrizations.weight.0.sign_vector")
"""The same tensor, in the module and in its parametrisation."""

UNUSED = "recurrent_layer.parametrizations.weight.original"
"""What the module would have as its matrix if it had no parametrisation."""

BITS = 4
"""Of weights, in all configurations of the authors."""

SMALLEST = 1e-30
"""Largest magnitude of a matrix: units far below it are no numbers any more."""

NEAR = 1e-4
"""How far from integers multiples may be, as float32 and a division make them."""

Tensors = Mapping[str, NDArray[Any]]


class Grid(NamedTuple):
    """A matrix: ``weight * unit`` if ``weight`` is there, or else ``real``; and a line about it."""

    real: Reals
    weight: Integers | None
    unit: float
    line: str


def is_hadamrnn(tensors: Tensors) -> bool:
    """Whether there is a vector of signs among them."""
    return any(name.endswith(SIGNS) for name in tensors)


def hadamrnn_of(
    tensors: Tensors, reading: Reading | None = None, *, left_out: Sequence[str] = ()
) -> Foreign:
    """Check the tensors and make the network of them.

    Parameters
    ----------
    tensors : mapping of str to array
        By their names, all with the same prefix if there is any.
    reading : Reading, optional
        What they do not say: above all the block.
    left_out : sequence of str, optional
        Names of what was in the file beside them.

    Raises
    ------
    InputError
        If a tensor is missing, surplus, misshapen or not finite; it is named. If the block is not
        said and several are possible.
    """
    reading = reading or Reading()
    if reading.cell not in (None, "hadamard"):
        raise InputError("cell", "must be hadamard, as the file has signs alone", reading.cell)
    if reading.head not in (None, "output_layer"):
        raise InputError("head", "must be output_layer", reading.head)
    known = _known(tensors)
    signs = _signs(tensors, known)
    hidden, bits = len(signs), reading.weight_bits or BITS
    block = _block(known, hidden, reading.block)
    w = signs[:, None] * Walsh("h", "state", block).matrix(hidden) / np.sqrt(block)
    u = _grid(tensors, known, "input_layer", bits, rows=hidden)
    v = _grid(tensors, known, "output_layer", bits, columns=hidden)
    bias = sum(
        (_bias(tensors, known, layer, hidden) for layer in ("input_layer", "recurrent_layer")),
        np.zeros(hidden),
    )
    one = u.unit * 2 ** (bits - 1)
    part = FloatPart(
        weight_x=u.real / one,
        weight_h=w,
        bias=bias / one,
        names={"weight_x": known[_stored(known, "input_layer")], "weight_h": known[SIGNS[0]]},
    )
    if u.weight is not None:
        part.exact["weight_x"] = Exact(u.weight, np.full(hidden, u.unit / one))
    network = FloatNetwork(
        layers=(
            FloatLayer(
                cell="hadamard",
                parts=(part,),
                weights=None if u.weight is None else Fixed(bits),
                block=block,
            ),
        ),
        head_weight=v.real * one,
        head_bias=_bias(tensors, known, "output_layer", len(v.real)),
        head_unit=None if v.weight is None else v.unit * one,
        head_weights=None if v.weight is None else Fixed(bits),
        rectified=True,
        result=reading.result or "last",
    )
    unused = [known[UNUSED]] if UNUSED in known else []
    return Foreign(
        network=network,
        source="PyTorch",
        understood=(
            f"a HadamRNN: {u.real.shape[1]} inputs, {hidden} hidden units, {len(v.real)} classes",
            f"h is counted in units of {one:.6g}, the largest weight of x",
            u.line,
            v.line,
        ),
        assumed=tuple(_assumed(known, reading, block)),
        left_out=(", ".join((*unused, *left_out)),) if unused or left_out else (),
    )


def _known(tensors: Tensors) -> dict[str, str]:
    """Names of the tensors by what the authors call them; the first name of the signs is there."""
    signs = next(name for name in tensors if name.endswith(SIGNS))
    prefix = signs[: -len(next(name for name in SIGNS if signs.endswith(name)))]
    accepted = {"recurrent_layer.bias", UNUSED, *SIGNS}
    for layer in ("input_layer", "output_layer"):
        kinds = ("weight", "bias", "parametrizations.weight.original")
        accepted |= {f"{layer}.{kind}" for kind in kinds}
    known: dict[str, str] = {}
    for name in tensors:
        own = name.removeprefix(prefix)
        if re.match(r"(input|recurrent)_layer_2\.", own):
            raise InputError(name, "a HadamRNN of two layers is not supported")
        if not name.startswith(prefix) or own not in accepted:
            raise InputError(name, "tensor is not part of a HadamRNN of one layer")
        known[own] = name
    if SIGNS[1] in known:
        known.setdefault(SIGNS[0], known[SIGNS[1]])
    for layer in ("input_layer", "output_layer"):
        if _stored(known, layer) not in known:
            raise InputError(f"{prefix}{layer}.weight", "tensor is missing")
        if {f"{layer}.weight", _original(layer)} <= known.keys():
            rule = f"must not be there beside {known[f'{layer}.weight']}"
            raise InputError(known[_original(layer)], rule)
    return known


def _original(layer: str) -> str:
    return f"{layer}.parametrizations.weight.original"


def _stored(known: Mapping[str, str], layer: str) -> str:
    """Which of the two ways to keep a matrix the file has."""
    return _original(layer) if _original(layer) in known else f"{layer}.weight"


def _signs(tensors: Tensors, known: Mapping[str, str]) -> Reals:
    """-1 or 1 of each unit, (hidden,)."""
    found = [reals(tensors, known[name]) for name in SIGNS if name in known]
    for name, one in zip((name for name in SIGNS if name in known), found, strict=True):
        if one.ndim != 2 or len(one) != 1:
            raise InputError(known[name], "shape must be [1, hidden units]", list(one.shape))
        if not one.all():
            place = int(np.argmin(one[0] != 0))
            raise InputError(f"{known[name]}[0, {place}]", "must have a sign", 0)
        if one.shape != found[0].shape or (np.sign(one) != np.sign(found[0])).any():
            raise InputError(known[name], f"must have the signs of {known[SIGNS[0]]}")
    hidden = found[0].shape[1]
    if UNUSED in known and matrix_shape(tensors, known[UNUSED]) != (hidden, hidden):
        shape = list(np.shape(tensors[known[UNUSED]]))
        raise InputError(known[UNUSED], f"shape must be {[hidden, hidden]}", shape)
    return np.asarray(np.sign(found[0][0]))


def _block(known: Mapping[str, str], hidden: int, said: int | None) -> int:
    """Elements of a block: what is said, or what alone is possible."""
    largest = hidden & -hidden
    possible = [1 << power for power in range(1, largest.bit_length())]
    if not possible:
        raise InputError(known[SIGNS[0]], "must be of an even number of units", hidden)
    if said is None and len(possible) > 1:
        rule = f"must come with the block: {', '.join(map(str, possible[:-1]))}"
        raise InputError(known[SIGNS[0]], f"{rule} or {possible[-1]} (import --block)")
    if (said or possible[0]) not in possible:
        rule = f"must be a power of two that divides {hidden}"
        raise InputError("block", rule, said)
    return said or possible[0]


def _grid(
    tensors: Tensors,
    known: Mapping[str, str],
    layer: str,
    bits: int,
    *,
    rows: int | None = None,
    columns: int | None = None,
) -> Grid:
    """A matrix of U or V as the module computes with it."""
    stored = _stored(known, layer)
    name = known[stored]
    shape = matrix_shape(tensors, name)
    matrix = reals(tensors, name, (rows or shape[0], columns or shape[1]))
    largest, steps, limits = float(np.abs(matrix).max()), 2 ** (bits - 1), Fixed(bits)
    if largest < SMALLEST:
        rule = f"must have a largest magnitude of at least {SMALLEST:g}"
        raise InputError(name, rule, largest)
    if stored == _original(layer):
        unit, kind = largest / steps, np.result_type(tensors[name], np.float32).type
        # In the precision of the file, half to even: as PyTorch rounds.
        made = limits.nearest(np.rint(matrix.astype(kind) * kind(1 / unit)))
        return Grid(made * unit, made, unit, f"{name}: integers of {bits} bits, unit {unit:.6g}")
    for count in range(1, steps + 1):
        unit = largest / count
        whole = np.rint(matrix / unit)
        near = np.abs(matrix / unit - whole).max() < NEAR
        if near and whole.max() < steps:
            line = f"{name}: integers of {bits} bits already, unit {unit:.6g}"
            return Grid(matrix, whole.astype(np.int64), unit, line)
    unit = largest / steps
    off = np.sqrt(np.square(limits.nearest(matrix / unit) * unit - matrix).mean())
    power = np.sqrt(np.square(matrix).mean())
    line = f"{name}: real numbers, no integers; {bits} bits are off by {100 * off / power:.1f} %"
    return Grid(matrix, None, unit, line)


def _bias(tensors: Tensors, known: Mapping[str, str], layer: str, rows: int) -> Reals:
    name = known.get(f"{layer}.bias")
    return np.zeros(rows) if name is None else reals(tensors, name, (rows,))


def _assumed(known: Mapping[str, str], reading: Reading, block: int) -> list[str]:
    lines = []
    if reading.weight_bits is None:
        lines.append(f"{BITS} bits a weight, as in the authors' configurations; --weight-bits")
    if reading.block is None:
        lines.append(f"blocks of {block}, the only ones possible")
    lines.append("max(h, 0) before the head and no other function, as in these")
    if reading.result is None:
        lines.append("the head sees h after the last step; --result every after each, as in copy")
    return lines
