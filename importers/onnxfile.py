"""Recurrent layers out of an ONNX file, as the tensors that PyTorch's modules would have.

A graph is read and tried: its recurrent layers (LSTM, GRU or RNN, one after another) and its dense
layer are looked up by the names of operators, and then the graph runs, in ONNX's own reference
implementation. What comes out has to be what these compute. So an exporter may move axes, choose
steps and make zeros as it likes, and nothing that changes values goes unseen.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.data.arrays import Arrays
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.network import Result
from pascaline.importers.onnxgraph import Graph, Values
from pascaline.importers.onnxlayers import RECURRENT, Layers
from pascaline.importers.plain import run_head, run_layers
from pascaline.importers.statedict import network_of
from pascaline.spec.errors import InputError

__all__ = ["read_onnx"]

DENSE = ("Gemm", "MatMul", "Add")
MOVES = ("Identity", "Dropout", "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten")
CHOICES = ("Gather", "Slice", "Split", "Cast", "CastLike")
SHAPES = ("Constant", "ConstantOfShape", "Shape", "Concat", "Expand", "Range", "Size")
OPERATORS = (*RECURRENT, *DENSE, *MOVES, *CHOICES, *SHAPES, "ReduceMax")
"""Operators that a graph may have."""


def read_onnx(path: Path, reading: Reading) -> Foreign:
    """Read a graph.

    It must have recurrent layers of one kind, each forward or bidirectional, and may have one dense
    layer behind them, with or without the largest values over time before it. Of several outputs
    the first counts.

    Raises
    ------
    InputError
        If the file cannot be read, if its graph has anything else, which is named, or if it
        computes anything else.
    """
    if reading.part is not None:
        raise InputError("part", "is for files of tensors, not for a graph", reading.part)
    try:
        import onnx  # noqa: F401
    except ModuleNotFoundError:
        raise InputError(str(path), "needs onnx (pip install pascaline[onnx])") from None
    graph = Graph(path)
    for node in graph.nodes:
        if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
            graph.refuse(node, "is not supported")
    return _network(graph, Layers(graph))


def _network(graph: Graph, layers: Layers) -> Foreign:
    """What the graph is, and whether that is all."""
    values = graph.run(layers.states, layers.inputs)
    head = _head(graph, values)
    reading = Reading(cell=layers.cell, head="head" if head else "none")
    network = network_of(layers.tensors(values) | head, reading)
    every, last = run_layers(network, layers.sequences(values))
    logits, directions = run_head(network, every), layers.directions
    # Outputs as the operator gives them: (steps, directions, ...).
    apart = every.reshape(*every.shape[:2], directions, -1).swapaxes(1, 2)
    found = np.squeeze(np.asarray(values[graph.model.graph.output[0].name]))
    wanted: tuple[tuple[Result, NDArray[Any]], ...] = (
        ("last", run_head(network, last)),
        ("max", run_head(network, every.max(axis=0))),
        ("every", logits),
        ("every", logits.swapaxes(0, 1)),
        ("every", apart),
    )
    for result, one in wanted:
        if found.shape == np.squeeze(one).shape and _is_near(found, np.squeeze(one)):
            return Foreign(network=replace(network, result=result), source="ONNX")
    rule = "must compute its layers from zero, with its dense layer if any, and nothing else"
    raise InputError(str(graph.path), rule)


def _head(graph: Graph, values: Values) -> Arrays:
    """The parameters of the dense layer, by the names that PyTorch has for them."""
    dense, add = graph.only("Gemm", "MatMul"), graph.only("Add")
    if dense is None:
        if add is not None:
            graph.refuse(add, "is not supported without a MatMul")
        return {}
    weight = np.asarray(values[graph.constant(dense, dense.input[1])])
    tensors = {"head.weight": weight.T}
    if dense.op_type == "MatMul":
        if add is not None:
            bias = next((one for one in add.input if one not in graph.from_input), "")
            tensors["head.bias"] = np.asarray(values[graph.constant(add, bias)])
        return tensors
    if add is not None:
        graph.refuse(add, "is not supported beside a Gemm")
    chosen = graph.attributes(dense)
    for name, usual in (("alpha", 1.0), ("beta", 1.0), ("transA", 0)):
        if chosen.get(name, usual) != usual:
            graph.refuse(dense, f"{name} must be {usual}", chosen[name])
    if chosen.get("transB"):
        tensors["head.weight"] = weight
    if len(dense.input) > 2 and dense.input[2]:
        bias = np.asarray(values[graph.constant(dense, dense.input[2])])
        tensors["head.bias"] = np.broadcast_to(bias.reshape(-1), len(tensors["head.weight"]))
    return tensors


def _is_near(found: NDArray[Any], exact: NDArray[np.float64]) -> bool:
    """Whether both are the same but for rounding in the type of the graph."""
    unit = float(np.finfo(found.dtype).eps) if found.dtype.kind == "f" else 0.0
    close = min(1000 * unit, 0.02) * max(1.0, float(np.abs(exact).max()))
    return bool(np.allclose(found.astype(np.float64), exact, rtol=0, atol=close))
