"""The ``state_dict`` of ``torch.nn.LSTM``, ``GRU`` or ``RNN``, with scales inside the weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from pascaline.importers.calibrate.compare import formats_of
from pascaline.importers.modules import FORMS, module_of
from pascaline.importers.writing.written import Written, head_reals, result_of, row_reals
from pascaline.spec.cells import USUAL
from pascaline.spec.cells.layer import Layer
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.normalisers.affine import Affine
from pascaline.spec.operands import met

__all__ = ["write_modules"]

ELSEWHERE = "gru-before"
"""What files of tensors may be said to have, though no module of PyTorch computes it."""


def write_modules(model: Model) -> Written:
    """The recurrent module ``rnn`` and the head ``fc``.

    Raises
    ------
    InputError
        If no module of PyTorch computes what the model does: for other cells, layers that differ,
        initial states, and a head that sees ``max(h, 0)``.
    """
    network = model.network
    form = _form(network.layer)
    for layer in network.layers:
        alike = (layer.hidden, layer.bidirectional) == (
            network.layer.hidden,
            network.layer.bidirectional,
        )
        if not alike or _form(layer) != form:
            raise InputError("layers", "must be of one cell, size and kind, as modules are")
        if layer.initial:
            raise InputError("initial states", "must be zero: no state_dict has them")
    if network.head is not None and network.head.rectified:
        raise InputError("head", "must see h itself and not max(h, 0)")
    tensors: dict[str, Any] = {}
    for index, layer in enumerate(network.layers):
        parts = zip(("", "_reverse"), model.directions[index], strict=False)
        for suffix, part in parts:
            reals, at = row_reals(part, layer, network.layer_x(index)), f"l{index}{suffix}"
            for kind, name in (("ih", "x"), ("hh", "h")):
                scale = reals[f"scale_{name}"][:, None]
                tensors[f"rnn.weight_{kind}_{at}"] = met(part, name) * scale
            own = np.zeros(layer.rows)
            if "bias_h" in reals:
                # The candidate's rows are the last.
                own[-layer.hidden :] = reals["bias_h"]
            tensors[f"rnn.bias_ih_{at}"] = reals["bias"]
            tensors[f"rnn.bias_hh_{at}"] = own
    if model.head is not None:
        units, tensors["fc.bias"] = head_reals(model)
        tensors["fc.weight"] = model.head.met * units[:, None]
    what = f"torch.nn.{module_of(form).operator}"
    return Written(what, tensors, _again(model, form), tuple(_notes(model)))


def _form(layer: Layer) -> str:
    """The layer's form; raises `InputError` if no module of PyTorch is one."""
    kind = type(layer)
    keys = {key for options in kind.forms.values() for key in options}
    usual = {key: kind.model_fields[key].default for key in keys}
    for name, options in kind.forms.items():
        if all(getattr(layer, key) == value for key, value in (usual | options).items()):
            if name not in FORMS or name == ELSEWHERE or name in module_of(name).unnamed:
                break
            if getattr(layer, "cell_affine", None) is not None:
                raise InputError("cell_affine", "must be left out: no module of PyTorch has one")
            return name
    raise InputError("cell", "must be one that PyTorch has a module of", layer.full_title)


def _again(model: Model, form: str) -> tuple[str, ...]:
    network, layer = model.network, model.network.layer
    words = ["--weights", layer.weights_x.name]
    if layer.weights_h != layer.weights_x:
        words += ["--recurrent-weights", layer.weights_h.name]
    if any(one.zero_points for one in network.layers):
        words.append("--zero-points")
    if form not in (USUAL, next(iter(type(layer).forms))):
        words += ["--cell", form]
    words += ["--result", result_of(model)]
    if network.head is not None:
        words += ["--head", "fc", "--output-kind", network.head.output]
    said = {"x": str(network.x)}
    if network.head is not None:
        said["head"] = network.head.weights.name
    for index, one in enumerate(network.layers):
        at = f"{index}." if len(network.layers) > 1 else ""
        said |= {f"{at}{key}": str(form) for key, form in formats_of(one).items()}
        said[f"{at}activation"] = str(one.activation)
        assert isinstance(one.normaliser, Affine)
        said[f"{at}scale_width"] = str(one.normaliser.scale_width)
    return (
        *words,
        *(word for key, value in said.items() for word in ("--format", f"{key}={value}")),
    )


def _notes(model: Model) -> list[str]:
    """What `pascaline import` finds other integers for."""
    layers, head = model.network.layers, model.network.head
    lines = [
        f"{name}: {one.name} weights get a scale of each row that makes its largest the largest"
        for name in ("weights_x", "weights_h")
        if (one := getattr(layers[0], name)).weights.magnitude > 1
    ]
    if len({(one.weights_x, one.weights_h) for one in layers}) > 1:
        lines.append("layers: all get the weights of the last one")
    if head is not None and model.head is not None:
        largest = int(np.abs(model.head.weight).max(initial=0))
        if head.scaled or largest != head.weights.weights.hi:
            lines.append("head: its weights are rounded to another unit")
    return lines
