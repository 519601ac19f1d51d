"""The recurrent layers of an ONNX graph, as PyTorch's modules would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pascaline.data.arrays import Arrays
from pascaline.importers.modules import CELLS
from pascaline.importers.network import gates_of
from pascaline.importers.onnxgraph import Graph, Values
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["RECURRENT", "Layers"]

RECURRENT = {module.operator: module for module in CELLS.values()}
"""The recurrent operators."""

INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
"""Inputs of the operators, in their order; the last two are those of an LSTM."""

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


class Layers:
    """The recurrent layers of a graph, one after another.

    Parameters
    ----------
    graph : Graph
        The graph.

    Raises
    ------
    InputError
        If there are none, or if one is none that a model can have; it is named.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._nodes = [node for node in graph.nodes if node.op_type in RECURRENT]
        if not self._nodes:
            raise InputError(str(graph.path), "must have an LSTM, GRU or RNN")
        for node in self._nodes:
            self._check(node)
        self._check_inputs()

    @property
    def cell(self) -> str:
        """The cell by its name in `spec.cells.FORMS`."""
        first = self._nodes[0]
        return RECURRENT[first.op_type].form(self._graph.attributes(first))

    @property
    def directions(self) -> int:
        """Of each layer."""
        return (
            2 if self._graph.attributes(self._nodes[0]).get("direction") == b"bidirectional" else 1
        )

    @property
    def inputs(self) -> int | None:
        """Elements of an input vector, if the first weights are written in the graph."""
        w = self._connected(self._nodes[0])["W"]
        constants = self._graph.model.graph.initializer
        sizes = [one.dims[2] for one in constants if one.name == w and len(one.dims) > 2]
        return sizes[0] if sizes else None

    @property
    def states(self) -> set[str]:
        """Names of initial states."""
        found = map(self._connected, self._nodes)
        return {one[key] for one in found for key in ("initial_h", "initial_c") if key in one}

    def sequences(self, values: Values) -> NDArray[np.float64]:
        """What the first layer got: (steps, batch, inputs)."""
        first = self._nodes[0]
        x = np.asarray(values[self._connected(first)["X"]], dtype=np.float64)
        return x.swapaxes(0, 1) if self._graph.attributes(first).get("layout") else x

    def tensors(self, values: Values) -> Arrays:
        """Their parameters, by the names that PyTorch has for them."""
        tensors: Arrays = {}
        gates = gates_of(self.cell)
        for index, node in enumerate(self._nodes):
            given = {
                key: np.asarray(values[name])
                for key, name in self._connected(node).items()
                if key in ("W", "R", "B")
            }
            hidden, order = given["R"].shape[2], RECURRENT[node.op_type].order
            places = [np.arange(hidden) + hidden * order.index(gate) for gate in gates]
            rows = np.concatenate(places)
            for direction, suffix in enumerate(("", "_reverse")[: len(given["R"])]):
                at = f"l{index}{suffix}"
                tensors[f"weight_ih_{at}"] = given["W"][direction][rows]
                tensors[f"weight_hh_{at}"] = given["R"][direction][rows]
                bias = np.zeros((2, len(rows)))
                if "B" in given:
                    bias = given["B"][direction].reshape(2, -1)[:, rows]
                tensors |= {f"bias_ih_{at}": bias[0], f"bias_hh_{at}": bias[1]}
        return tensors

    def _connected(self, node: NodeProto) -> dict[str, str]:
        """What the inputs of a recurrent layer are connected to."""
        return {key: name for key, name in zip(INPUTS, node.input, strict=False) if name}

    def _check(self, node: NodeProto) -> None:
        graph, first = self._graph, self._nodes[0]
        if node.op_type != first.op_type:
            graph.refuse(node, f"is not supported beside {first.op_type}")
        connected, chosen = self._connected(node), graph.attributes(node)
        directions = 2 if chosen.get("direction") == b"bidirectional" else 1
        known = ATTRIBUTES | {
            "activations": tuple(one * directions for one in RECURRENT[node.op_type].activations)
        }
        for name, value in chosen.items():
            if name in known and value not in known[name]:
                graph.refuse(node, f"{name} is not supported", _shown(value))
        for name in ("direction", "activations", "linear_before_reset"):
            if chosen.get(name) != graph.attributes(first).get(name):
                graph.refuse(node, f"{name} must be the same in all layers")
        for key, rule in (
            ("P", "peepholes (P) are not supported"),
            ("sequence_lens", "sequence_lens is not supported: a sequence ends where it ends"),
        ):
            if key in connected:
                graph.refuse(node, rule)
        for key in ("W", "R", "B"):
            if connected.get(key) in graph.from_input:
                graph.refuse(node, f"{key} must be a constant")

    def _check_inputs(self) -> None:
        states = self.states
        first, *others = [value for value in self._graph.inputs() if value.name not in states] or [
            None
        ]
        if first is None or others:
            count = len(others) + 1 if first is not None else 0
            rule = "must have one input, sequences (and initial states, if they are inputs)"
            raise InputError(str(self._graph.path), rule, count)


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value)
