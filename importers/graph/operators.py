"""Operators that may stand between the input, the recurrent layers and the output.

What they do there is found by running the graph. The list keeps out what could hide from that:
operators that are not linear, that draw random numbers, or that choose by value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pascaline.importers.graph.graph import SHAPES, Graph, attributes, reads

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["MOVES", "check_everywhere", "check_linear"]

MOVES = (
    *("Identity", "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten"),
    *("Cast", "CastLike", "Expand", "Concat", "Split", "Slice", "Gather", "Dropout"),
    *("GatherElements", "GatherND", "Tile", "ReverseSequence", "SpaceToDepth", "DepthToSpace"),
)
"""Those that only move and choose."""

LINEAR = (
    *MOVES,
    *("Add", "Sub", "Mul", "Div", "Neg", "Sum", "Mean", "MatMul", "Gemm", "Einsum"),
    *("BatchNormalization", "Conv", "ConvTranspose", "AveragePool", "GlobalAveragePool"),
    *("ReduceMean", "ReduceSum", "CumSum", "Pad", "Where", "Trilu", "OneHot", "EyeLike"),
)
"""Those that are linear, or affine, in each of their inputs."""

PRODUCTS = ("Mul", "MatMul", "Gemm", "Einsum", "Conv", "ConvTranspose")
"""Those that are not linear in two inputs together."""

CONTROL = ("Loop", "Scan")
RANDOM = (
    *("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"),
    *("Bernoulli", "Multinomial"),
)
POOLS = ("ReduceMax", "GlobalMaxPool", "MaxPool")
"""The largest of all steps, behind the layers."""


def check_everywhere(graph: Graph) -> None:
    """Refuse what must stand nowhere; raises `InputError` that names it."""
    for node in graph.nodes:
        if node.op_type in CONTROL:
            graph.refuse(node, "is not supported: loops of a graph's own are not looked into")
        if node.op_type in RANDOM:
            graph.refuse(node, "is not supported: results would be random")
        if node.op_type == "Dropout" and len(node.input) > 2 and node.input[2]:
            _check_inference(graph, node)
        if node.op_type == "BatchNormalization" and attributes(node).get("training_mode"):
            graph.refuse(node, "must not be in training mode")


def check_linear(
    graph: Graph,
    nodes: Iterable[NodeProto],
    varying: set[str],
    *,
    pools: bool = False,
    symbols: bool = False,
) -> None:
    """Refuse nodes that are not linear in what varies.

    Parameters
    ----------
    graph : Graph
        The graph.
    nodes : iterable of NodeProto
        What to look at.
    varying : set of str
        Names whose values depend on what is fed in.
    pools : bool
        Whether the largest of all steps may be taken.
    symbols : bool
        Whether what is fed in are numbers of rows of a table.

    Raises
    ------
    InputError
        If one is not; it is named.
    """
    for node in nodes:
        inputs = [name for name in reads(node) if name in varying]
        if not inputs or node.op_type in SHAPES:
            continue
        if node.domain not in ("", "ai.onnx"):
            graph.refuse(node, f"of domain {node.domain} is not supported")
        if node.op_type in POOLS and pools:
            continue
        if node.op_type == "If":
            graph.refuse(node, "is not supported: what is computed would depend on the input")
        if node.op_type not in LINEAR:
            where = "behind the layers" if pools else "in front of or between the layers"
            rule = f"is not supported {where}: only what is affine in each step can be folded"
            graph.refuse(node, rule)
        if node.op_type in PRODUCTS and len(inputs) > 1:
            graph.refuse(node, "is not supported with both factors from the input")
        if node.op_type == "Div" and node.input[1] in varying:
            graph.refuse(node, "is not supported with a divisor that comes from the input")
        if node.op_type == "Where" and node.input[0] in varying:
            graph.refuse(node, "is not supported: it would choose by the values of the input")
        indices = {"Gather": 1, "GatherElements": 1, "GatherND": 1, "Slice": None}
        if node.op_type in indices and not symbols:
            first = indices[node.op_type] or 1
            if any(name in varying for name in node.input[first:]):
                graph.refuse(node, "is not supported with places that come from the input")
        if node.op_type in ("Cast", "CastLike") and not symbols:
            _check_cast(graph, node)


def _check_cast(graph: Graph, node: NodeProto) -> None:
    from onnx import TensorProto

    if node.op_type == "Cast" and attributes(node)["to"] != TensorProto.DOUBLE:
        graph.refuse(node, "is not supported: real numbers would lose what is behind their point")


def _check_inference(graph: Graph, node: NodeProto) -> None:
    from onnx import numpy_helper

    constants = {one.name: one for one in graph.model.graph.initializer}
    mode = constants.get(node.input[2])
    made = graph.producers.get(node.input[2])
    if mode is None and made is not None and made.op_type == "Constant":
        mode = attributes(made).get("value")
    if mode is None or numpy_helper.to_array(mode).any():
        graph.refuse(node, "must not be in training mode")
