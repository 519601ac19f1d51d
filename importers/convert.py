"""A float network becomes an integer model.

Each row of a matrix is taken apart into weights of an arithmetic and one real scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import model_validator

from pascaline.importers.draft import Formats
from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import Learned, LearnedPart, Reals, freeze
from pascaline.importers.modules import module_of
from pascaline.importers.network import RESULTS, FloatLayer, FloatNetwork, FloatPart
from pascaline.importers.rows import (
    Rows,
    exact_rows,
    fit_rows,
    offset_rows,
    round_rows,
    shifted,
    threshold_rows,
)
from pascaline.spec.arithmetic import Arithmetic, ArithmeticField
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.tensors import Integers

__all__ = ["Conversion", "Fitted", "Moments", "convert", "fit_network"]

UNEVEN = 8.0
"""Largest weights of two rows of a head whose ratio is beyond this get a scale each."""

SCALES = 24
"""Bits of these scales: as many as there can be, since each costs no more than its row."""

Moments = Mapping[str, Reals]
"""Second moments of what a direction's ``weight_x`` and ``weight_h`` meet, by these names."""

Fitted = Mapping[str, tuple[Integers, Reals]]
"""Weights and scales of a direction's ``weight_x`` and ``weight_h``, by these names."""


class Conversion(Checked):
    """How a network becomes a model.

    Parameters
    ----------
    weights, recurrent_weights : Arithmetic
        Of the input weights, and of the recurrent ones, by default the same. Those of magnitudes
        over 1 round the weights of each row, with a common scale. Binary and ternary take over
        rows that are a scale times -1, 0 (ternary) and 1, and refuse any other.
    zero_points : bool
        Round weights of each matrix with a zero point, see `importers.rows.offset_rows`. Integers
        that a file has itself get one where they need it, in any case.
    quantize : bool
        For binary and ternary: do not refuse, but bring each row to its nearest such form. Without
        training that costs much accuracy. For integers that a file has itself and that are none of
        the arithmetic: do not refuse, but round again.
    formats : Formats
        Formats of the model.
    layers : tuple of Formats
        Those of each layer, if they differ; of ``formats`` only x and the head count then.
    output : {"class", "logits"} or None
        What a head gives out; ``None``: what the network says, or else its class.
    """

    weights: ArithmeticField
    recurrent_weights: ArithmeticField | None = None
    zero_points: bool = False
    quantize: bool = False
    formats: Formats = Formats()
    layers: tuple[Formats, ...] = ()
    output: Literal["class", "logits"] | None = None

    @model_validator(mode="after")
    def _has_magnitudes(self) -> Conversion:
        few = [one for one in self.arithmetics.values() if one.weights.magnitude == 1]
        if self.zero_points and few:
            raise ValueError(f"zero_points must be left out for {few[0].name} weights")
        return self

    @property
    def arithmetics(self) -> dict[str, Arithmetic]:
        """Those of ``weight_x`` and ``weight_h``, by these names."""
        return {"weight_x": self.weights, "weight_h": self.recurrent_weights or self.weights}


def convert(
    foreign: Foreign,
    conversion: Conversion,
    *,
    name: str,
    fitted: Sequence[Sequence[Fitted]] | None = None,
) -> Model:
    """Make a model of a network.

    Parameters
    ----------
    foreign : Foreign
        The network, and what it was fed: by default raw features.
    conversion : Conversion
        The choices.
    name : str
        The model's name.
    fitted : sequence of sequence of Fitted, optional
        Of each layer and direction matrices that are taken apart already, as by `fit_network`.

    Raises
    ------
    InputError
        If a row is not of the arithmetic's form, or if the network is one that no model can be.
    """
    found = foreign.network
    preprocess = foreign.rule
    preprocess.check(found.inputs, thing="preprocess")
    learned = Learned(
        layers=tuple(
            tuple(
                _converted(part, layer, conversion, fitted[index][at] if fitted else {})
                for at, part in enumerate(layer.parts)
            )
            for index, layer in enumerate(found.layers)
        ),
        head_weight=found.head_weight,
        head_bias=found.head_bias,
        head_unit=found.head_unit,
    )
    offset = [
        conversion.zero_points or any(part.zero_x or part.zero_h for part in parts)
        for parts in learned.layers
    ]
    lines = foreign.lines
    lines["understood"] += _zero_lines(learned, offset)
    card: dict[str, Any] = {
        "imported": foreign.source,
        "reading": lines,
        "quantized": conversion.quantize,
        "preprocess": preprocess.model_dump(mode="json"),
    }
    if foreign.classes:
        card["data"] = {"names": list(foreign.classes)}
    return freeze(learned, _described(found, conversion, offset), name=name, card=card)


def _zero_lines(learned: Learned, offset: Sequence[bool]) -> list[str]:
    """Which zero points the weights of layers have, a line for each direction that has some."""
    return [
        f"layer {index}: zero points of its weights are {part.zero_x} and {part.zero_h} (x and h)"
        for index, parts in enumerate(learned.layers)
        for part in parts
        if offset[index]
    ]


def _described(found: FloatNetwork, conversion: Conversion, offset: Sequence[bool]) -> Network:
    """The description that the numbers are frozen into; which layers have zero points."""
    formats = conversion.formats
    pooling, results = RESULTS[found.result]
    layers = tuple(
        own.layer(layer.cell)
        | ({"h": own.h} if conversion.layers and "h" in module_of(layer.cell).signals else {})
        | {
            "hidden": layer.hidden,
            "bidirectional": layer.bidirectional,
            "initial": layer.started,
            "weights_x": conversion.arithmetics["weight_x"],
            "weights_h": conversion.arithmetics["weight_h"] if layer.block is None else "binary",
            "block": layer.block,
            "zero_points": zeros,
        }
        for layer, own, zeros in zip(
            found.layers, conversion.layers or (formats,) * len(found.layers), offset, strict=True
        )
    )
    output = conversion.output or found.output or "class"
    head: dict[str, Any] = {"classes": found.classes, "weights": formats.head, "output": output}
    head |= {"rectified": found.rectified}
    if found.head_weight is not None and found.head_unit is None and _is_uneven(found.head_weight):
        head |= {"scaled": True, "scale_width": SCALES}
    return Network.parse(
        {
            "inputs": found.inputs,
            "x": _x(found, formats.x),
            "layers": layers,
            "pooling": pooling,
            "head": None if found.classes is None else head,
            "results": results,
        },
        thing="network",
    )


def _x(found: FloatNetwork, chosen: Format) -> Format:
    """The format of x; symbols are 0 and 1, and 1 must not be cut."""
    cut = found.symbols and chosen.quantize(1.0) * chosen.lsb != 1
    return Format(width=1, frac=0, signed=False) if cut else chosen


def fit_network(
    found: FloatNetwork, conversion: Conversion, moments: Sequence[Sequence[Moments]]
) -> list[list[dict[str, tuple[Integers, Reals]]]]:
    """Binary and ternary rows with a small error in what they meet, of each layer and direction."""
    return [
        [
            {
                name: fit_rows(getattr(part, name), arithmetic, met[name])
                for name, arithmetic in conversion.arithmetics.items()
                if arithmetic.weights.magnitude == 1 and (name == "weight_x" or not layer.block)
            }
            for part, met in zip(layer.parts, seen, strict=True)
        ]
        for layer, seen in zip(found.layers, moments, strict=True)
    ]


def _converted(
    part: FloatPart, layer: FloatLayer, conversion: Conversion, fitted: Fitted
) -> LearnedPart:
    made = {
        name: _taken_over(part, name, arithmetic, quantize=conversion.quantize)
        or fitted.get(name)
        or _split_rows(part.names[name], getattr(part, name), arithmetic, conversion)
        for name, arithmetic in conversion.arithmetics.items()
        if name == "weight_x" or layer.block is None
    }
    weight_x, scale_x, zero_x = Rows(*made["weight_x"])
    weight_h, scale_h, zero_h = None, _signs(part, layer), 0
    if "weight_h" in made:
        weight_h, scale_h, zero_h = Rows(*made["weight_h"])
    return LearnedPart(
        zero_x=zero_x,
        zero_h=zero_h,
        weight_x=weight_x,
        weight_h=weight_h,
        scale_x=scale_x,
        scale_h=scale_h,
        bias=part.bias,
        bias_h=part.bias_h,
        peephole=part.peephole,
        initial_h=part.initial_h,
        initial_c=module_of(layer.cell).initial_carried(part),
    )


def _signs(part: FloatPart, layer: FloatLayer) -> Reals:
    """Scales of rows that meet a transform: their weights for the first element of their block."""
    rows = np.arange(layer.hidden)
    signs: Reals = part.weight_h[rows, rows - rows % (layer.block or 1)]
    return signs


def _taken_over(
    part: FloatPart, key: str, arithmetic: Arithmetic, *, quantize: bool
) -> Rows | None:
    """Integers and scales that the file has itself, if the arithmetic has these integers.

    With a zero point, if that is how it has them.
    """
    if key not in part.exact:
        return None
    weight, scale = part.exact[key]
    if np.isin(weight, arithmetic.values).all():
        return Rows(weight, scale)
    if found := shifted(weight, arithmetic):
        moved, zero = found
        return Rows(moved, scale, zero)
    if not quantize:
        rule = (
            f"has integers from {weight.min()} to {weight.max()}, which {arithmetic.name} has not"
        )
        raise InputError(part.names[key], f"{rule}: choose wider weights, or quantise them again")
    return None


def _split_rows(key: str, matrix: Reals, arithmetic: Arithmetic, conversion: Conversion) -> Rows:
    """Weights and one real scale a row: their product is the matrix, or near it."""
    if conversion.zero_points:
        return offset_rows(matrix, arithmetic)
    if arithmetic.weights.magnitude > 1:
        return Rows(*round_rows(matrix, arithmetic))
    exact = exact_rows(matrix, arithmetic)
    if not exact.all() and not conversion.quantize:
        form = "-1, 0 or 1" if arithmetic.has_zero else "-1 or 1"
        rule = f"must be one scale times {form} (or be quantised, which loses accuracy)"
        raise InputError(f"{key}[{int(np.argmin(exact))}]", rule)
    return Rows(*threshold_rows(matrix, arithmetic))


def _is_uneven(weight: Reals) -> bool:
    """Whether some rows of a head would lose many bits to the scale of the largest one."""
    largest = np.abs(weight).max(axis=1)
    return bool(largest.max() > UNEVEN * largest[largest > 0].min(initial=np.inf))
