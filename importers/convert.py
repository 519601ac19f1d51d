"""A float network becomes an integer model.

Each row of a matrix is taken apart into weights of an arithmetic and one real scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pascaline.data.preprocess import Preprocess
from pascaline.importers.draft import Formats
from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import Learned, LearnedPart, Reals, freeze
from pascaline.importers.network import RESULTS, FloatNetwork, FloatPart
from pascaline.importers.rows import exact_rows, fit_rows, round_rows, threshold_rows
from pascaline.spec.arithmetic import Arithmetic, ArithmeticField
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.tensors import Integers

__all__ = ["Conversion", "convert"]

UNEVEN = 8.0
"""Largest weights of two rows of a head whose ratio is beyond this get a scale each."""

SCALES = 24
"""Bits of these scales: as many as there can be, since each costs no more than its row."""

Moments = Mapping[str, Reals]
"""Second moments of what a direction's ``weight_x`` and ``weight_h`` meet, by these names."""


class Conversion(Checked):
    """How a network becomes a model.

    Parameters
    ----------
    weights, recurrent_weights : Arithmetic
        Of the input weights, and of the recurrent ones, by default the same. Those of magnitudes
        over 1 round the weights of each row, with a common scale. Binary and ternary take over
        rows that are a scale times -1, 0 (ternary) and 1, and refuse any other.
    quantize : bool
        For binary and ternary: do not refuse, but bring each row to its nearest such form. Without
        training that costs much accuracy.
    formats : Formats
        Formats of the model.
    layers : tuple of Formats
        Those of each layer, if they differ; of ``formats`` only x and the head count then.
    output : {"class", "logits"} or None
        What a head gives out; ``None``: what the network says, or else its class.
    """

    weights: ArithmeticField
    recurrent_weights: ArithmeticField | None = None
    quantize: bool = False
    formats: Formats = Formats()
    layers: tuple[Formats, ...] = ()
    output: Literal["class", "logits"] | None = None


def convert(
    foreign: Foreign,
    conversion: Conversion,
    *,
    name: str,
    moments: Sequence[Sequence[Moments]] | None = None,
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
    moments : sequence of sequence of Moments, optional
        Of each layer and direction; what is quantised to binary or ternary loses least for these.

    Raises
    ------
    InputError
        If a row is not of the arithmetic's form, or if the network is one that no model can be.
    """
    found = foreign.network
    preprocess = foreign.preprocess or Preprocess.uniform(found.inputs)
    preprocess.check(found.inputs, thing="preprocess")
    learned = Learned(
        layers=tuple(
            tuple(
                _converted(part, conversion, moments[index][at] if moments else {})
                for at, part in enumerate(layer.parts)
            )
            for index, layer in enumerate(found.layers)
        ),
        head_weight=found.head_weight,
        head_bias=found.head_bias,
    )
    card = {
        "imported": foreign.source,
        "quantized": conversion.quantize,
        "preprocess": preprocess.model_dump(mode="json"),
    }
    return freeze(learned, _described(found, conversion), name=name, card=card)


def _described(found: FloatNetwork, conversion: Conversion) -> Network:
    """The description that the numbers are frozen into."""
    formats = conversion.formats
    pooling, results = RESULTS[found.result]
    layers = tuple(
        (own.layer(layer.cell) | {"h": own.h} if conversion.layers else own.layer(layer.cell))
        | {
            "hidden": layer.hidden,
            "bidirectional": layer.bidirectional,
            "weights_x": conversion.weights,
            "weights_h": conversion.recurrent_weights or conversion.weights,
        }
        for layer, own in zip(
            found.layers, conversion.layers or (formats,) * len(found.layers), strict=True
        )
    )
    output = conversion.output or found.output or "class"
    head: dict[str, Any] = {"classes": found.classes, "weights": formats.head, "output": output}
    if found.head_weight is not None and _is_uneven(found.head_weight):
        head |= {"scaled": True, "scale_width": SCALES}
    return Network.parse(
        {
            "inputs": found.inputs,
            "x": formats.x,
            "layers": layers,
            "pooling": pooling,
            "head": None if found.classes is None else head,
            "results": results,
        },
        thing="network",
    )


def _converted(part: FloatPart, conversion: Conversion, moments: Moments) -> LearnedPart:
    weights_h = conversion.recurrent_weights or conversion.weights
    made = [
        _split_rows(
            part.names[key],
            matrix,
            weights,
            quantize=conversion.quantize,
            moments=moments.get(key),
        )
        for key, matrix, weights in (
            ("weight_x", part.weight_x, conversion.weights),
            ("weight_h", part.weight_h, weights_h),
        )
    ]
    (weight_x, scale_x), (weight_h, scale_h) = made
    return LearnedPart(
        weight_x=weight_x,
        weight_h=weight_h,
        scale_x=scale_x,
        scale_h=scale_h,
        bias=part.bias,
        bias_h=part.bias_h,
    )


def _split_rows(
    key: str, matrix: Reals, arithmetic: Arithmetic, *, quantize: bool, moments: Reals | None
) -> tuple[Integers, Reals]:
    """Weights and one real scale a row: their product is the matrix, or near it."""
    if arithmetic.weights.magnitude > 1:
        return round_rows(matrix, arithmetic)
    exact = exact_rows(matrix, arithmetic)
    if not exact.all() and not quantize:
        form = "-1, 0 or 1" if arithmetic.has_zero else "-1 or 1"
        rule = f"must be one scale times {form} (or be quantised, which loses accuracy)"
        raise InputError(f"{key}[{int(np.argmin(exact))}]", rule)
    if moments is None:
        return threshold_rows(matrix, arithmetic)
    return fit_rows(matrix, arithmetic, moments)


def _is_uneven(weight: Reals) -> bool:
    """Whether some rows of a head would lose many bits to the scale of the largest one."""
    largest = np.abs(weight).max(axis=1)
    return bool(largest.max() > UNEVEN * largest[largest > 0].min(initial=np.inf))
