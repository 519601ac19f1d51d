"""Import of a network that was trained elsewhere: the tensors of a ``state_dict`` to a model.

Each row of a matrix is taken apart into weights of an arithmetic and one real scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pascaline.data.preprocess import Preprocess
from pascaline.importers.draft import Formats, draft
from pascaline.importers.floats import FloatPart, floats
from pascaline.importers.freeze import Learned, LearnedPart, Reals, freeze
from pascaline.spec.arithmetic import Arithmetic, ArithmeticField
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.tensors import Integers

__all__ = ["Conversion", "convert"]

THRESHOLD = 0.7
"""Of a row's mean magnitude: smaller weights become 0 (ternary weight networks)."""


class Conversion(Checked):
    """How a network becomes a model.

    Parameters
    ----------
    cell : str or None
        Its cell, a key of `spec.cells.FORMS`; ``None``: what `importers.floats.floats` takes it
        for.
    weights, recurrent_weights : Arithmetic
        Of the input weights, and of the recurrent ones, by default the same. Those of magnitudes
        over 1 round the weights of each row, with a common scale. Binary and ternary take over
        rows that are a scale times -1, 0 (ternary) and 1, and refuse any other.
    quantize : bool
        For binary and ternary: do not refuse, but bring each row to its nearest such form. Without
        training that costs much accuracy.
    formats : Formats
        Formats of the model.
    output : {"class", "logits"}
        What a head gives out.
    pooling : {"none", "max"} or None
        What a head sees at the end of a sequence, as in `spec.network.Network`; ``None``: what the
        file says, else the last outputs.
    results : {"last", "every"} or None
        A result after the last step of a sequence, or after every step; ``None``: what the file
        says, else after the last.
    """

    cell: str | None = None
    weights: ArithmeticField
    recurrent_weights: ArithmeticField | None = None
    quantize: bool = False
    formats: Formats = Formats()
    output: Literal["class", "logits"] = "class"
    pooling: Literal["none", "max"] | None = None
    results: Literal["last", "every"] | None = None


def convert(
    tensors: Mapping[str, NDArray[Any]],
    conversion: Conversion,
    *,
    name: str,
    preprocess: Preprocess | None = None,
    source: str = "PyTorch",
) -> Model:
    """Make a model of an ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN`` and, if there is one, a dense head.

    Parameters
    ----------
    tensors : mapping of str to array
        Of each layer K ``weight_ih_lK``, ``weight_hh_lK``, ``bias_ih_lK`` and ``bias_hh_lK``, gates
        in the order of PyTorch, and the same with ``_reverse`` if it has both directions; and
        ``weight`` and ``bias`` of a module named head, fc or linear. Names of modules around them
        do not matter. Biases may be left out, as ``bias=False`` does.
    conversion : Conversion
        The choices.
    name : str
        The model's name.
    preprocess : Preprocess, optional
        What the network was fed: an affine of raw features. By default the features themselves.
    source : str
        What the network was, for the model's card.

    Raises
    ------
    InputError
        If a tensor is missing, surplus, misshapen, not finite, not of the arithmetic's form, or
        part of something that a model cannot be; it is named.
    """
    found = floats(tensors, conversion.cell)
    preprocess = preprocess or Preprocess.uniform(found.inputs)
    preprocess.check(found.inputs, thing="preprocess")
    learned = Learned(
        layers=tuple(
            tuple(_converted(part, conversion) for part in layer) for layer in found.layers
        ),
        head_weight=found.head_weight,
        head_bias=found.head_bias,
    )
    network = draft(
        conversion.formats,
        inputs=found.inputs,
        hidden=found.hidden,
        weights=conversion.weights,
        weights_h=conversion.recurrent_weights,
        classes=None if found.head_weight is None else len(found.head_weight),
        cell=found.cell,
        layers=len(found.layers),
        bidirectional=found.bidirectional,
        pooling=conversion.pooling or "none",
        output=conversion.output,
        results=conversion.results or "last",
    )
    card = {
        "imported": source,
        "quantized": conversion.quantize,
        "preprocess": preprocess.model_dump(mode="json"),
    }
    return freeze(learned, network, name=name, card=card)


def _converted(part: FloatPart, conversion: Conversion) -> LearnedPart:
    weights_h = conversion.recurrent_weights or conversion.weights
    made = [
        _split_rows(part.names[key], matrix, weights, quantize=conversion.quantize)
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
