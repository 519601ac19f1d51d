"""Weights that a file keeps in parts (weight norm, pruning), computed from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from pascaline.data.arrays import Arrays
from pascaline.importers.freeze import Reals
from pascaline.importers.statedict.numbers import reals
from pascaline.spec.errors import InputError

__all__ = ["Plain", "plain_tensors"]

PARAMETRISED = re.compile(r"(?P<module>.*\.)?parametrizations\.(?P<name>[^.]+)\.(?P<part>.+)")
"""A tensor of a module of ``torch.nn.utils.parametrize``."""

PART = re.compile(
    r"(?P<base>(?:.*[._])?(?:weight|bias)(?:_(?:ih|hh)(?:_l\d+)?(?:_reverse)?)?)_(?P<part>g|v|u|orig|mask)"
)
"""A tensor of the hooks that came before it, and of pruning."""

PARTS = {"original0": "g", "original1": "v", "original": "orig", "0._u": "u", "0._v": "v"}
"""Parts of parametrisations by what the hooks call them."""


class Plain(NamedTuple):
    """Tensors as a module computes with them, and a line for each that has been computed."""

    tensors: Arrays
    understood: tuple[str, ...]


def plain_tensors(tensors: Mapping[str, NDArray[Any]]) -> Plain:
    """Put parts of weights together, in float64: ``g * v / |v|`` and ``orig * mask``.

    Raises
    ------
    InputError
        For parts of anything else (spectral norm and other parametrisations), which is named.
    """
    parts: dict[str, dict[str, str]] = {}
    plain: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        if match := PARAMETRISED.fullmatch(name):
            base, part = f"{match['module'] or ''}{match['name']}", PARTS.get(match["part"])
            if part is None:
                raise InputError(name, "a parametrisation other than weight norm is not supported")
        elif match := PART.fullmatch(name):
            base, part = match["base"], match["part"]
        else:
            plain[name] = tensor
            continue
        if part in parts.setdefault(base, {}):
            raise InputError(name, f"must not be there beside {parts[base][part]}")
        # Keeps the place in the order of the file.
        plain[base] = plain.get(base, tensor)
        parts[base][part] = name
    understood = []
    for base, names in parts.items():
        if base in tensors:
            raise InputError(base, f"must not be there beside {next(iter(names.values()))}")
        rule = _rule(names)
        plain[base] = (
            _weight_norm(tensors, names) if rule == "weight norm" else _pruned(tensors, names)
        )
        understood.append(f"{base}: computed from its parts ({rule})")
    return Plain(plain, tuple(understood))


def _rule(names: Mapping[str, str]) -> str:
    if names.keys() == {"g", "v"}:
        return "weight norm"
    if names.keys() == {"orig", "mask"}:
        return "pruning"
    if names.keys() >= {"orig", "u"}:
        raise InputError(names["u"], "spectral norm is not supported: save it without")
    first = next(iter(names.values()))
    if "orig" in names:
        raise InputError(first, "a parametrisation other than weight norm is not supported")
    if len(names) == 1 and names.keys() <= {"g", "v"}:
        (part,) = names
        raise InputError(
            first, f"must have its other part beside it ({'v' if part == 'g' else 'g'})"
        )
    raise InputError(first, "tensor is not part of an LSTM, GRU or RNN or of its head")


def _weight_norm(tensors: Mapping[str, NDArray[Any]], names: Mapping[str, str]) -> Reals:
    """The norm goes over the axes that g does not have."""
    g, v = reals(tensors, names["g"]), reals(tensors, names["v"])
    along = [size if one != 1 else 1 for size, one in zip(v.shape, g.shape, strict=False)]
    if g.ndim and (g.ndim != v.ndim or list(g.shape) != along):
        wanted = [len(v), *(1,) * (v.ndim - 1)] if v.ndim else []
        raise InputError(names["g"], f"shape must be {wanted}", list(g.shape))
    axes = tuple(axis for axis in range(v.ndim) if not g.ndim or g.shape[axis] == 1)
    norm = np.sqrt(np.square(v).sum(axis=axes, keepdims=True))
    if not norm.all():
        _refuse_zero(names["v"], norm)
    weight: Reals = v * (g / norm)
    return weight


def _refuse_zero(name: str, norm: Reals) -> NoReturn:
    place = ", ".join(map(str, np.argwhere(norm == 0)[0]))
    raise InputError(f"{name}[{place}]", "must not have norm 0")


def _pruned(tensors: Mapping[str, NDArray[Any]], names: Mapping[str, str]) -> Reals:
    weight, mask = reals(tensors, names["orig"]), reals(tensors, names["mask"])
    if mask.shape != weight.shape:
        raise InputError(names["mask"], f"shape must be {list(weight.shape)}", list(mask.shape))
    product: Reals = weight * mask
    return product
