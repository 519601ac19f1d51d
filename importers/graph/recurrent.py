"""The recurrent operators of a graph: which there are, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.importers.graph.evaluator import Values
from pascaline.importers.graph.graph import Graph, attributes
from pascaline.importers.graph.probe import RECURRENT_INPUTS
from pascaline.importers.graph.quantised import exact_rows
from pascaline.importers.modules import CELLS, module_of
from pascaline.importers.network import FloatLayer, FloatPart, rows_in_order
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["RECURRENT", "connected", "layer_of", "recurrent_nodes"]

RECURRENT = {module.operator: module for module in CELLS.values()}
"""The recurrent operators."""

MATRICES = {"weight_x": "W", "weight_h": "R"}
"""What we call the inputs of recurrent operators that are matrices."""

PEEPHOLES = "lstm-peephole"
"""The form of an LSTM whose gates see its cell."""

ATTRIBUTES: dict[str, tuple[Any, ...]] = {
    "direction": (b"forward", b"bidirectional"),
    "input_forget": (0,),
    "layout": (0, 1),
    "linear_before_reset": (0, 1),
    "clip": (),
    "activation_alpha": ([],),
    "activation_beta": ([],),
}
"""What other attributes may be, if there are any."""


def recurrent_nodes(graph: Graph) -> list[NodeProto]:
    """Those that the output needs, from input to output.

    Raises
    ------
    InputError
        If there are none, or if one is none that a model can have; it is named.
    """
    found = [
        node for node in graph.nodes if node.op_type in RECURRENT and node.domain in ("", "ai.onnx")
    ]
    if not found:
        rule = "must have an LSTM, GRU or RNN"
        functions = sum(node.op_type in ("Tanh", "Relu", "Sigmoid") for node in graph.nodes)
        if functions > 1:
            # PyTorch's newer exporter does so with an nn.RNN.
            rule += f": it seems to be unrolled into its steps ({functions} functions); import its"
            rule += " state_dict, or export it with dynamo=False"
        raise InputError(str(graph.path), rule)
    if len(found) > 8:
        raise InputError(str(graph.path), "must have at most 8 recurrent layers", len(found))
    for node in found:
        _check(graph, node)
    return found


def connected(node: NodeProto) -> dict[str, str]:
    """What the inputs of a recurrent operator are connected to."""
    return {key: name for key, name in zip(RECURRENT_INPUTS, node.input, strict=False) if name}


def layer_of(graph: Graph, node: NodeProto, given: Values, values: Values) -> FloatLayer:
    """A layer of a node, of what it got in a run, and of everything in that run.

    Raises
    ------
    InputError
        If its tensors are not what they must be.
    """
    chosen = attributes(node)
    cell = RECURRENT[node.op_type].form(chosen)
    if np.any(given.get("P", 0)):
        cell = PEEPHOLES
    _check_shapes(graph, node, given)
    if np.any(given.get("sequence_lens", steps := len(given["X"])) != steps):
        graph.refuse(node, "sequence_lens is not supported: a sequence ends where it ends")
    hidden = given["R"].shape[2]
    rows = rows_in_order(RECURRENT[node.op_type].order, cell, hidden)
    parts = []
    for direction in range(len(given["R"])):
        bias = np.zeros((2, len(rows)))
        if "B" in given:
            bias = given["B"][direction].reshape(2, -1)[:, rows].astype(np.float64)
        bias_h, own = module_of(cell).split(bias[1], hidden)
        matrices = {
            key: _real(graph, node, given, one, direction)[rows] for key, one in MATRICES.items()
        }
        integers = {
            key: exact_rows(graph, connected(node)[one], matrices[key], values)
            for key, one in MATRICES.items()
        }
        parts.append(
            FloatPart(
                **matrices,
                exact={key: one for key, one in integers.items() if one is not None},
                bias=bias[0] + bias_h,
                bias_h=own,
                peephole=_peephole(given["P"][direction]) if cell == PEEPHOLES else None,
                initial_h=_state(graph, node, given, "initial_h", direction),
                initial_c=_state(graph, node, given, "initial_c", direction),
                names={key: connected(node)[one] for key, one in MATRICES.items()},
            )
        )
    return FloatLayer(cell=cell, parts=tuple(parts))


def _peephole(rows: NDArray[Any]) -> Reals:
    """In the order of gates i, f, o; ONNX has i, o, f."""
    i, o, f = np.split(rows.astype(np.float64), 3)
    return np.stack([i, f, o])


def _real(graph: Graph, node: NodeProto, given: Values, key: str, direction: int) -> Reals:
    found: Reals = given[key][direction].astype(np.float64)
    if not np.isfinite(found).all():
        graph.refuse(node, f"{key} must be finite")
    return found


def _state(graph: Graph, node: NodeProto, given: Values, name: str, direction: int) -> Reals | None:
    """The state of a direction before the first step, if it is not zero."""
    if name not in given or not given[name].any():
        return None
    states = given[name][direction].astype(np.float64)
    if (states != states[0]).any():
        graph.refuse(node, f"{name} must be the same for all sequences of a batch")
    first: Reals = states[0]
    return first if first.any() else None


def _check_shapes(graph: Graph, node: NodeProto, given: Values) -> None:
    directions = 2 if attributes(node).get("direction") == b"bidirectional" else 1
    hidden = given["R"].shape[-1]
    rows = hidden * len(RECURRENT[node.op_type].order)
    for key, shape in {
        "W": (directions, rows, given["X"].shape[-1]),
        "R": (directions, rows, hidden),
        "B": (directions, 2 * rows),
        "P": (directions, 3 * hidden),
    }.items():
        if key in given and given[key].shape != shape:
            graph.refuse(node, f"shape of {key} must be {list(shape)}", list(given[key].shape))


def _check(graph: Graph, node: NodeProto) -> None:
    chosen, names = attributes(node), connected(node)
    directions = 2 if chosen.get("direction") == b"bidirectional" else 1
    known = ATTRIBUTES | {
        "activations": tuple(one * directions for one in RECURRENT[node.op_type].activations)
    }
    for name, value in chosen.items():
        if name in known and value not in known[name]:
            graph.refuse(node, f"{name} is not supported", _shown(value))
    varying = graph.hanging_on(value.name for value in graph.inputs)
    for key in ("W", "R", "B", "P"):
        if names.get(key) in varying:
            graph.refuse(node, f"{key} must be a constant")
    for key in ("X", "W", "R"):
        if key not in names:
            graph.refuse(node, f"must have an input {key}")


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value)
