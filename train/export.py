"""From modules that were trained in a loop of one's own to a model file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor, nn

from pascaline.importers.draft import Formats
from pascaline.importers.freeze import Learned, Reals, freeze
from pascaline.spec.arithmetic import Arithmetic, arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.modelfile import write_model
from pascaline.spec.network import Network, Pooling, Results
from pascaline.spec.preprocess import Preprocess
from pascaline.train.extract import learned_layers
from pascaline.train.linear import Linear
from pascaline.train.stack import Stack

__all__ = ["export"]


def export(
    layers: Stack | Sequence[Stack],
    path: Path | str,
    *,
    head: nn.Linear | None = None,
    name: str | None = None,
    x_format: Format | None = None,
    calibrate: ArrayLike | Tensor | None = None,
    head_weights: str | None = None,
    output: Literal["class", "logits"] = "class",
    pooling: Pooling = "none",
    query: ArrayLike | Tensor | None = None,
    results: Results = "last",
    preprocess: Preprocess | None = None,
) -> Model:
    """Freeze trained modules to integers and write the model file.

    Modules are as they are in evaluation mode, whatever mode they are in, and are not changed.
    The integers compute what the modules do with ``rounding`` for inputs that are numbers of the
    format of x, but for what freezing rounds: row scales to ``formats.scale_width`` bits, biases
    to finer steps than a pre-activation has, and of a head the bias to ``card["logit_unit"]``,
    half of which a logit may be off. So an h now and then is a few units of its format off;
    scales of 24 bits make that rare.

    Parameters
    ----------
    layers : LSTM, GRU or RNN, or sequence of them
        From input to output; at most 8 layers in all.
    path : Path or str
        The model file.
    head : Linear or torch.nn.Linear, optional
        What sees the output of the last layer; by default the results are that output itself.
        At the end of a sequence this is h of each direction after its own last step (``h_n``, not
        ``output[-1]``, of a bidirectional layer).
    name : str, optional
        The model's name, by default the stem of the file's.
    x_format : Format, optional
        Of the inputs, by default ``formats.x`` of the first module: numbers from -1 to 1.
    calibrate : array or Tensor, optional
        Inputs, (..., inputs), instead: the binary point of ``formats.x`` goes where their largest
        magnitude fits.
    head_weights : str, optional
        Weights that those of a ``torch.nn.Linear`` are rounded to, by default ``formats.head`` of
        the last module. A `Linear` has its own.
    output, pooling, results
        As in `spec.network`: what a head gives out, what it sees at the end of a sequence, and
        whether there is a result at its end or after every step; ``first-of-backward`` is that of
        ``output[-1]``.
    query : array or Tensor, optional
        With pooling by attention, what ``output`` of each step meets, (outputs,): the product is an
        exponent of 2. A query of a softmax of base e is to be multiplied by log2(e) = 1.4427.
    preprocess : Preprocess, optional
        What the modules were fed: an affine of raw features. By default the features themselves.

    Returns
    -------
    Model
        What has been written.

    Raises
    ------
    InputError
        If the modules do not fit each other, if a number is not finite or fits no format, or if
        the file cannot be written; then there is none.
    """
    path = Path(path)
    modules = [layers] if isinstance(layers, Stack) else list(layers)
    _check_modules(modules)
    first, last = modules[0], modules[-1]
    inputs, outputs = first.input_size, last.description[-1].outputs
    if x_format is not None and calibrate is not None:
        raise InputError("calibrate", "must not be given beside x_format")
    if calibrate is not None:
        x_format = _reaching(first.formats, calibrate)
    preprocess = preprocess or Preprocess.uniform(inputs)
    preprocess.check(inputs, thing="preprocess")
    described: dict[str, Any] | None = None
    dense: dict[str, Any] = {}
    if head is not None:
        if head.in_features != outputs:
            raise InputError("head.in_features", f"must be {outputs}", head.in_features)
        weights = _head_weights(head, head_weights, last.formats)
        described = {"classes": head.out_features, "weights": weights, "output": output}
        dense = _dense(head)
    if (query is not None) != (pooling == "attention"):
        raise InputError("query", "must be given if pooling is attention, and only then")
    if query is not None:
        dense["query"] = _query(query, outputs)
    network = Network.parse(
        {
            "inputs": inputs,
            "x": x_format or first.formats.x,
            "layers": tuple(layer for module in modules for layer in module.description),
            "pooling": pooling,
            "attention": None if query is None else last.formats.attention,
            "head": described,
            "results": results,
        },
        thing="network",
    )
    for module in modules:
        module.settle()
    stack = [layer for module in modules for layer in module.stack]
    card = {
        "preprocess": preprocess.model_dump(mode="json"),
        "made_with": {package: version(package) for package in ("pascaline", "numpy", "torch")},
    }
    learned = Learned(layers=learned_layers(stack), **dense)
    model = freeze(learned, network, name=name or path.stem, card=card)
    write_model(model, path)
    return model


def _check_modules(modules: Sequence[object]) -> None:
    if not modules:
        raise InputError("layers", "must be at least one")
    outputs = None
    for index, module in enumerate(modules):
        if not isinstance(module, Stack):
            rule = "must be an LSTM, GRU or RNN of pascaline.nn"
            raise InputError(f"layers[{index}]", rule, type(module).__name__)
        if outputs not in (None, module.input_size):
            raise InputError(f"layers[{index}].input_size", f"must be {outputs}", module.input_size)
        outputs = module.description[-1].outputs


def _reaching(formats: Formats, inputs: ArrayLike | Tensor) -> Format:
    """The format of x, with bits before its point for these inputs."""
    values = inputs.detach().cpu().numpy() if isinstance(inputs, Tensor) else np.asarray(inputs)
    if not values.size or not np.isfinite(values).all():
        raise InputError("calibrate", "must be numbers, all of them finite")
    return formats.reaching(max(float(np.abs(values).max()), 1.0)).x


def _head_weights(head: nn.Linear, named: str | None, formats: Formats) -> Arithmetic:
    if not isinstance(head, Linear):
        return formats.head if named is None else arithmetic(named)
    if named is not None:
        raise InputError("head_weights", "must not be given: the head has its own", named)
    return head.arithmetic


def _query(query: ArrayLike | Tensor, outputs: int) -> Reals:
    values = query.detach().cpu().numpy() if isinstance(query, Tensor) else np.asarray(query)
    if values.shape != (outputs,):
        raise InputError("query", f"shape must be [{outputs}]", list(values.shape))
    return values.astype(np.float64)


def _dense(head: nn.Linear) -> dict[str, Any]:
    """The head's numbers, as `Learned` has them."""
    weight, unit = head.weight, None
    if isinstance(head, Linear):
        values, one = head.quantised()
        weight, unit = values * one, one.item()
    bias = weight.new_zeros(len(weight)) if head.bias is None else head.bias
    reals = [tensor.detach().cpu().double().numpy() for tensor in (weight, bias)]
    return {"head_weight": reals[0], "head_bias": reals[1], "head_unit": unit}
