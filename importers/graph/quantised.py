"""Nodes that quantise in a graph: integers of weights are kept, rounding of signals is left out.

Those are nodes of QONNX, and of ONNX itself ``QuantizeLinear`` and ``DequantizeLinear``. The
integers of weights are those that a node takes its zero point from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pascaline.importers.freeze import Reals
from pascaline.importers.graph import qdq
from pascaline.importers.graph.evaluator import Values
from pascaline.importers.graph.graph import Graph
from pascaline.importers.graph.qonnx import DOMAINS, OPERATORS
from pascaline.importers.network import Exact

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["exact_rows", "leave_out_rounding"]

CLOSE = 1e-9
"""How far a weight may be from an integer times its scale, in units of the scale."""


def leave_out_rounding(graph: Graph) -> list[str]:
    """Let signals through that a graph rounds; what is left out, a line each."""
    varying = graph.hanging_on(value.name for value in graph.inputs)
    lines = []
    for node in _rounding(graph):
        if node.input[0] not in varying:
            continue
        lines.append(f"{node.op_type} {node.name}: signals are rounded as the formats say instead")
        given = node.input[0]
        del node.input[:], node.attribute[:]
        node.input.append(given)
        node.op_type, node.domain = "Identity", ""
    return lines


def _rounding(graph: Graph) -> list[NodeProto]:
    """Nodes that round and give real numbers; those of ONNX do so two by two, there and back."""
    found = []
    for node in graph.nodes:
        if node.op_type not in qdq.OPERATORS:
            found += [node] if _quantises(node) else []
            continue
        behind = [one for one in graph.nodes if node.output[0] in one.input]
        if node.op_type == "QuantizeLinear" and behind:
            back = [
                one.op_type == "DequantizeLinear" and one.input[1:] == node.input[1:]
                for one in behind
            ]
            found += [node, *behind] if all(back) else []
    return found


def exact_rows(graph: Graph, name: str, rows: Reals, values: Values) -> Exact | None:
    """The integers of a matrix, if nodes that quantise made it.

    Parameters
    ----------
    graph : Graph
        The graph.
    name : str
        What it is made from.
    rows : (rows, columns)
        The matrix; its rows may have been joined of several.
    values : dict of str to array
        Everything in the graph, of a run.

    Returns
    -------
    Exact or None
        Of each row integers and the largest scale in the graph that it is made of.
    """
    nodes = [node for node in graph.reaching(name) if _quantises(node)]
    if not nodes:
        return None
    scales = np.unique(np.concatenate([values[node.input[1]].reshape(-1) for node in nodes]))
    found = np.zeros(len(rows))
    for scale in scales:
        steps = rows / scale
        found[
            (np.abs(steps - np.round(steps)) <= CLOSE * np.maximum(np.abs(steps), 1)).all(axis=1)
        ] = scale
    if not found.all():
        return None
    return Exact(np.round(rows / found[:, None]).astype(np.int64), found)


def _quantises(node: NodeProto) -> bool:
    if node.domain in ("", "ai.onnx"):
        return node.op_type in qdq.OPERATORS
    return node.domain in DOMAINS and node.op_type in OPERATORS
