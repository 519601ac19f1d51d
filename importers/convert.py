"""A float network becomes an integer model.

Each row of a matrix is taken apart into weights of an arithmetic and one real scale.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from pascaline.importers.draft import Formats
from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import Learned, LearnedPart, Reals, freeze
from pascaline.importers.network import RESULTS, FloatNetwork, FloatPart
from pascaline.spec.arithmetic import Arithmetic, ArithmeticField
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.tensors import Integers

__all__ = ["Conversion", "convert"]

THRESHOLD = 0.7
"""Of a row's mean magnitude: smaller weights become 0 (ternary weight networks)."""


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
        training that costs much accuracy. For integers that a file has itself and that are none of
        the arithmetic: do not refuse, but round again.
    formats : Formats
        Formats of the model.
    output : {"class", "logits"} or None
        What a head gives out; ``None``: what the network says, or else its class.
    """

    weights: ArithmeticField
    recurrent_weights: ArithmeticField | None = None
    quantize: bool = False
    formats: Formats = Formats()
    output: Literal["class", "logits"] | None = None


def convert(foreign: Foreign, conversion: Conversion, *, name: str) -> Model:
    """Make a model of a network.

    Parameters
    ----------
    foreign : Foreign
        The network, and what it was fed: by default raw features.
    conversion : Conversion
        The choices.
    name : str
        The model's name.

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
            tuple(_converted(part, conversion) for part in layer.parts) for layer in found.layers
        ),
        head_weight=found.head_weight,
        head_bias=found.head_bias,
    )
    card = {
        "imported": foreign.source,
        "reading": foreign.lines,
        "quantized": conversion.quantize,
        "preprocess": preprocess.model_dump(mode="json"),
    }
    return freeze(learned, _described(found, conversion), name=name, card=card)


def _described(found: FloatNetwork, conversion: Conversion) -> Network:
    """The description that the numbers are frozen into."""
    formats = conversion.formats
    pooling, results = RESULTS[found.result]
    layers = tuple(
        formats.layer(layer.cell)
        | {
            "hidden": layer.hidden,
            "bidirectional": layer.bidirectional,
            "weights_x": conversion.weights,
            "weights_h": conversion.recurrent_weights or conversion.weights,
        }
        for layer in found.layers
    )
    output = conversion.output or found.output or "class"
    head = {"classes": found.classes, "weights": formats.head, "output": output}
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


def _converted(part: FloatPart, conversion: Conversion) -> LearnedPart:
    weights_h = conversion.recurrent_weights or conversion.weights
    made = [
        _taken_over(part, key, weights, quantize=conversion.quantize)
        or _split_rows(part.names[key], matrix, weights, quantize=conversion.quantize)
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


def _taken_over(
    part: FloatPart, key: str, arithmetic: Arithmetic, *, quantize: bool
) -> tuple[Integers, Reals] | None:
    """Integers and scales that the file has itself, if the arithmetic has these integers."""
    if key not in part.exact:
        return None
    weight, scale = part.exact[key]
    if np.isin(weight, arithmetic.values).all():
        return weight, scale
    if not quantize:
        rule = (
            f"has integers from {weight.min()} to {weight.max()}, which {arithmetic.name} has not"
        )
        raise InputError(part.names[key], f"{rule}: choose wider weights, or quantise them again")
    return None


def _split_rows(
    key: str, matrix: Reals, arithmetic: Arithmetic, *, quantize: bool
) -> tuple[Integers, Reals]:
    """Weights and one real scale a row: their product is the matrix, or near it."""
    magnitude = np.abs(matrix)
    largest = magnitude.max(axis=1)
    if arithmetic.weights.magnitude > 1:
        # A row of zeros has scale 0, whatever it is divided by.
        scale = largest / arithmetic.weights.hi
        return arithmetic.nearest(matrix / np.where(scale > 0, scale, 1)[:, None]), scale
    kept = (magnitude > 0) | (not arithmetic.has_zero)
    exact = ((magnitude == largest[:, None]) | ~kept).all(axis=1)
    if not exact.all() and not quantize:
        form = "-1, 0 or 1" if arithmetic.has_zero else "-1 or 1"
        rule = f"must be one scale times {form} (or be quantised, which loses accuracy)"
        raise InputError(f"{key}[{int(np.argmin(exact))}]", rule)
    # Zeros of a row that has no exact form are those that its threshold makes.
    threshold = THRESHOLD * magnitude.mean(axis=1) if arithmetic.has_zero else -np.ones(len(matrix))
    kept = np.where(exact[:, None], kept, magnitude > threshold[:, None])
    mean = (magnitude * kept).sum(axis=1) / np.maximum(kept.sum(axis=1), 1)
    signs = np.where(matrix < 0, -1, 1) * kept
    return signs.astype(np.int64), np.where(exact, largest, mean)
