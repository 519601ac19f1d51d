"""A graph that runs with probes in the places of its recurrent operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pascaline.importers.graph.evaluator import Array, Evaluator, Values
from pascaline.importers.graph.graph import Graph, attributes

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["RECURRENT_INPUTS", "Answer", "Probes", "Seen"]

RECURRENT_INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
"""Inputs of recurrent operators, in their order; the last two are those of an LSTM."""

Answer = Callable[[int, tuple[int, int, int, int]], Array]
"""What the outputs of a recurrent operator are to be: its number and (steps, directions, batch,
hidden) give an array of that shape."""


@dataclass(frozen=True)
class Seen:
    """What a run has shown.

    Attributes
    ----------
    given : list of dict of str to array
        Of each recurrent operator what it got, by the names in `RECURRENT_INPUTS`, in the layout
        (steps, batch, ...).
    values : dict of str to array
        Everything that has a name in the graph.
    """

    given: list[dict[str, Array]]
    values: Values


class Probes:
    """A graph with probes.

    Parameters
    ----------
    graph : Graph
        The graph.
    nodes : list of NodeProto
        Its recurrent nodes, all that are live, in order.
    """

    def __init__(self, graph: Graph, nodes: list[NodeProto]) -> None:
        places = {node.output[0]: number for number, node in enumerate(nodes)}
        live = [
            _probe_for(node, places[node.output[0]]) if node.output[0] in places else node
            for node in graph.nodes
        ]
        self._evaluator = Evaluator(graph, live, [_probe(self._meet)])
        self._given: list[dict[str, Array]] = [{} for _ in nodes]
        self._answer: Answer = lambda _, shape: np.zeros(shape)

    def run(self, fed: Mapping[str, Array], answer: Answer) -> Seen:
        """What happens with these inputs and answers.

        Raises
        ------
        InputError
            If the graph cannot be run.
        """
        self._given, self._answer = [{} for _ in self._given], answer
        values = self._evaluator.run(fed)
        return Seen(self._given, values)

    def _meet(self, place: int, got: dict[str, Array]) -> Array:
        """What a probe gives for what it gets."""
        if got["X"].ndim != 3:
            raise ValueError(f"X must have three axes, not {got['X'].ndim}")
        if got["X"].shape[2] != got["W"].shape[-1]:
            raise ValueError(f"X must have {got['W'].shape[-1]} elements, not {got['X'].shape[2]}")
        self._given[place] = got
        steps, batch = got["X"].shape[:2]
        return self._answer(place, (steps, len(got["R"]), batch, got["R"].shape[-1]))


def _probe_for(node: NodeProto, place: int) -> NodeProto:
    """The node that stands in for a recurrent one."""
    from onnx import helper

    return helper.make_node(
        "Probe",
        list(node.input),
        list(node.output),
        domain="pascaline",
        place=place,
        layout=attributes(node).get("layout", 0),
    )


def _probe(meet: Callable[[int, dict[str, Array]], Array]) -> Any:
    """The operator that stands in for recurrent ones."""
    from onnx.reference.op_run import OpRun

    class Probe(OpRun):
        op_domain = "pascaline"
        place: int
        layout: int

        def _run(self, *inputs: Any, **_: Any) -> tuple[Array, ...]:
            got = {
                name: np.asarray(value)
                for name, value in zip(RECURRENT_INPUTS, inputs, strict=False)
                if value is not None
            }
            if self.layout:
                for name in {"X", "initial_h", "initial_c"} & got.keys():
                    got[name] = got[name].swapaxes(0, 1)
            every = meet(self.place, got)
            # Of each direction the output after its own last step.
            last = np.stack([every[0 if k else -1, k] for k in range(every.shape[1])])
            if self.layout:
                every, last = every.transpose(2, 0, 1, 3), last.swapaxes(0, 1)
            # Nothing may hang on the state of a cell.
            return every, last, np.full_like(last, np.nan)

    return Probe
