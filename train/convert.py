"""Import of an LSTM that was trained elsewhere: the tensors of a ``state_dict`` to a model.

``nn.LSTM`` computes what `spec.network` describes, with the scales inside its weights: here each
row of a matrix is taken apart into weights of an arithmetic and one real scale.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from spec.arithmetic import Arithmetic, ArithmeticField
from spec.checked import Checked
from spec.errors import InputError
from spec.model import Model
from spec.network import GATES
from spec.tensors import Integers
from train.draft import Formats, draft
from train.freeze import Learned, Reals, freeze
from train.preprocess import Preprocess

__all__ = ["Conversion", "Floats", "convert", "floats"]

PARAMETER = re.compile(r"(weight|bias)_(ih|hh|hr)_l(?P<layer>\d+)(?P<reverse>_reverse)?")
"""A parameter of ``nn.LSTM``."""

HEADS = ("head", "fc", "linear")
"""What a dense head may be called."""

THRESHOLD = 0.7
"""Of a row's mean magnitude: smaller weights become 0 (ternary weight networks)."""


class Conversion(Checked):
    """How an LSTM becomes a model.

    Parameters
    ----------
    weights : Arithmetic
        Weights of more than one magnitude are rounded to a common scale of their row. Signs
        (binary, ternary) take over rows that are a scale times -1, 0 and 1, and refuse any other.
    quantize : bool
        For binary and ternary: do not refuse, but bring each row to its nearest such form. Without
        training that costs much accuracy.
    formats : Formats
        Formats of the model.
    output : {"class", "logits"}
        What a head gives out.
    results : {"last", "every"}
        A result after the last step of a sequence, or after every step.
    """

    weights: ArithmeticField
    quantize: bool = False
    formats: Formats = Formats()
    output: Literal["class", "logits"] = "class"
    results: Literal["last", "every"] = "last"


@dataclass(frozen=True, kw_only=True, eq=False)
class Floats:
    """The tensors of a float network, checked; gates in the order of `spec.network.GATES`.

    Attributes
    ----------
    weight_x, weight_h, bias : Reals
        (rows, inputs), (rows, hidden) and (rows,): the sum of both biases.
    head_weight, head_bias : Reals or None
        (classes, hidden) and (classes,), if there is a head.
    names : dict of str to str
        What the tensors ``weight_x`` and ``weight_h`` are called in the file.
    """

    weight_x: Reals
    weight_h: Reals
    bias: Reals
    head_weight: Reals | None
    head_bias: Reals | None
    names: dict[str, str]


def floats(tensors: Mapping[str, NDArray[Any]]) -> Floats:
    """The tensors of an ``nn.LSTM`` and of its head; raises `InputError` as `convert` does."""
    lstm, head = _sort(tensors)
    hidden = _matrix(tensors, lstm["weight_hh_l0"]).shape[1]
    inputs = _matrix(tensors, lstm["weight_ih_l0"]).shape[1]
    rows = len(GATES) * hidden

    def read(keys: dict[str, str], parameter: str, shape: tuple[int, ...]) -> Reals:
        return _read(tensors, keys[parameter], shape) if parameter in keys else np.zeros(shape)

    weight_x = read(lstm, "weight_ih_l0", (rows, inputs))
    weight_h = read(lstm, "weight_hh_l0", (rows, hidden))
    classes = len(_matrix(tensors, head["weight"])) if head else None
    return Floats(
        weight_x=weight_x,
        weight_h=weight_h,
        bias=read(lstm, "bias_ih_l0", (rows,)) + read(lstm, "bias_hh_l0", (rows,)),
        head_weight=None if classes is None else read(head, "weight", (classes, hidden)),
        head_bias=None if classes is None else read(head, "bias", (classes,)),
        names={"weight_x": lstm["weight_ih_l0"], "weight_h": lstm["weight_hh_l0"]},
    )


def convert(
    tensors: Mapping[str, NDArray[Any]],
    conversion: Conversion,
    *,
    name: str,
    preprocess: Preprocess | None = None,
    source: str = "torch.nn.LSTM",
) -> Model:
    """Make a model of an ``nn.LSTM`` of one layer and, if there is one, a dense head on its h.

    Parameters
    ----------
    tensors : mapping of str to array
        ``weight_ih_l0``, ``weight_hh_l0``, ``bias_ih_l0`` and ``bias_hh_l0``, gates in the order of
        PyTorch; and ``weight`` and ``bias`` of a module named head, fc or linear. Names of modules
        around them do not matter. Biases may be left out, as ``bias=False`` does.
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
    found = floats(tensors)
    inputs, hidden = found.weight_x.shape[1], found.weight_h.shape[1]
    preprocess = preprocess or Preprocess.uniform(inputs)
    preprocess.check(inputs, thing="preprocess")
    weight_x, scale_x = _split_rows(
        found.names["weight_x"],
        found.weight_x,
        conversion.weights,
        quantize=conversion.quantize,
    )
    weight_h, scale_h = _split_rows(
        found.names["weight_h"],
        found.weight_h,
        conversion.weights,
        quantize=conversion.quantize,
    )
    learned = Learned(
        weight_x=weight_x,
        weight_h=weight_h,
        scale_x=scale_x,
        scale_h=scale_h,
        bias=found.bias,
        head_weight=found.head_weight,
        head_bias=found.head_bias,
    )
    classes = None if found.head_weight is None else len(found.head_weight)
    network = draft(
        conversion.formats,
        inputs=inputs,
        hidden=hidden,
        weights=conversion.weights,
        classes=classes,
        output=conversion.output,
        results=conversion.results,
    )
    card = {
        "imported": source,
        "quantized": conversion.quantize,
        "preprocess": preprocess.model_dump(mode="json"),
    }
    return freeze(learned, network, name=name, card=card)


def _sort(tensors: Mapping[str, NDArray[Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """Full names of the LSTM's parameters and of the head's, by parameter."""
    lstm: dict[str, str] = {}
    head: dict[str, str] = {}
    for key in tensors:
        module, _, parameter = key.rpartition(".")
        group = head
        if match := PARAMETER.fullmatch(parameter):
            group = lstm
            if match["reverse"]:
                raise InputError(key, "a second direction is not supported")
            if match["layer"] != "0":
                raise InputError(key, "a second layer is not supported")
            if "_hr_" in parameter:
                raise InputError(key, "a projection is not supported")
        elif module.split(".")[-1] not in HEADS or parameter not in ("weight", "bias"):
            raise InputError(key, "tensor is not part of an LSTM or of its head")
        if any(other.rpartition(".")[0] != module for other in group.values()):
            raise InputError(key, "a second module of its kind is not supported")
        group[parameter] = key
    needed = ["weight_ih_l0", "weight_hh_l0"]
    if "bias_ih_l0" in lstm or "bias_hh_l0" in lstm:
        needed += ["bias_ih_l0", "bias_hh_l0"]
    for parameter in needed:
        if parameter not in lstm:
            raise InputError(parameter, "tensor is missing")
    if head and "weight" not in head:
        raise InputError(head["bias"].replace("bias", "weight"), "tensor is missing")
    return lstm, head


def _matrix(tensors: Mapping[str, NDArray[Any]], key: str) -> NDArray[Any]:
    matrix = np.asarray(tensors[key])
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(key, "must be a matrix", list(matrix.shape))
    return matrix


def _read(tensors: Mapping[str, NDArray[Any]], key: str, shape: tuple[int, ...]) -> Reals:
    array = np.asarray(tensors[key])
    if array.dtype.kind not in "fiu":
        raise InputError(key, "must hold real numbers", array.dtype.name)
    if array.shape != shape:
        raise InputError(key, f"shape must be {list(shape)}", list(array.shape))
    good = np.isfinite(array)
    if not good.all():
        place = ", ".join(map(str, np.argwhere(~good)[0]))
        raise InputError(f"{key}[{place}]", "must be finite", float(array[~good][0]))
    return array.astype(np.float64)


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
