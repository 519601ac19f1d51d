"""A graph that runs with probes in the places of its recurrent operators."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pascaline.host.memory import bounded
from pascaline.importers.graph.graph import Graph, attributes
from pascaline.importers.graph.load import line
from pascaline.importers.graph.qonnx import DOMAINS, OPERATORS, quantise
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

__all__ = ["RECURRENT_INPUTS", "Answer", "Probes", "Seen", "Values", "evaluate"]

Array = NDArray[Any]
Values = dict[str, Array]

RECURRENT_INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
"""Inputs of recurrent operators, in their order; the last two are those of an LSTM."""

MEMORY = 4 << 30
"""Bytes that a run may take beyond what is in use before it."""

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
        from onnx import ModelProto, helper

        self._graph, self._count = graph, len(nodes)
        self._model = ModelProto()
        self._model.CopyFrom(graph.model)
        self._model.opset_import.append(helper.make_opsetid("pascaline", 1))
        places = {node.output[0]: number for number, node in enumerate(nodes)}
        live = []
        for node in graph.nodes:
            if node.output[0] in places:
                node = helper.make_node(
                    "Probe",
                    list(node.input),
                    list(node.output),
                    domain="pascaline",
                    place=places[node.output[0]],
                    layout=attributes(node).get("layout", 0),
                )
            live.append(node)
        del self._model.graph.node[:]
        self._model.graph.node.extend(live)

    def run(self, fed: Mapping[str, Array], answer: Answer) -> Seen:
        """What happens with these inputs and answers.

        Raises
        ------
        InputError
            If the graph cannot be run.
        """
        given: list[dict[str, Array]] = [{} for _ in range(self._count)]
        values = evaluate(self._graph, self._model, fed, [_probe(given, answer)])
        return Seen(given, values)


def evaluate(
    graph: Graph, model: ModelProto, fed: Mapping[str, Array], operators: list[Any]
) -> Values:
    """All values of a model for some inputs, in ONNX's reference evaluator.

    Raises
    ------
    InputError
        If it cannot be run.
    """
    from onnx.reference import ReferenceEvaluator

    try:
        with np.errstate(all="ignore"), bounded(MEMORY):
            operators = [*operators, *_quantisers()]
            evaluator = ReferenceEvaluator(model, new_ops=operators)
            values = evaluator.run(None, dict(fed), intermediate=True)
    except Exception as error:
        # What the reference evaluator raises is nowhere documented.
        rule = f"cannot be run by the reference evaluator of ONNX ({line(error)})"
        node = _failing(model, fed, operators)
        if node is not None:
            graph.refuse(node, rule)
        raise InputError(str(graph.path), rule) from None
    assert isinstance(values, dict)
    return values


def _quantisers() -> list[Any]:
    """What the nodes of QONNX compute."""
    from onnx.reference.op_run import OpRun

    def run(self: Any, *inputs: Any, **_: Any) -> tuple[Any]:
        node = self.onnx_node
        thing = f"{node.op_type} {node.name}"
        return (quantise(node.op_type, inputs, attributes(node), thing=thing).value,)

    return [
        type(name, (OpRun,), {"op_domain": domain, "_run": run})
        for domain in DOMAINS
        for name in OPERATORS
    ]


def _failing(model: ModelProto, fed: Mapping[str, Array], operators: list[Any]) -> NodeProto | None:
    """The node that a run ends at."""
    from onnx import ModelProto
    from onnx.reference import ReferenceEvaluator

    nodes = list(model.graph.node)
    part = ModelProto()
    part.CopyFrom(model)
    del part.graph.output[:]

    def runs(count: int) -> bool:
        del part.graph.node[:]
        part.graph.node.extend(nodes[:count])
        try:
            with np.errstate(all="ignore"), bounded(MEMORY):
                ReferenceEvaluator(part, new_ops=operators).run(None, dict(fed), intermediate=True)
        except Exception:
            return False
        return True

    found = bisect_left(range(1, len(nodes) + 1), True, key=lambda count: not runs(count))
    return nodes[found] if found < len(nodes) else None


def _probe(given: list[dict[str, Array]], answer: Answer) -> Any:
    """The operator that stands in for recurrent ones."""
    from onnx.reference.op_run import OpRun

    class Probe(OpRun):
        op_domain = "pascaline"

        def _run(self, *inputs: Any, **_: Any) -> tuple[Array, ...]:
            got = {
                name: np.asarray(value)
                for name, value in zip(RECURRENT_INPUTS, inputs, strict=False)
                if value is not None
            }
            if self.layout:  # type: ignore[attr-defined]
                for name in {"X", "initial_h", "initial_c"} & got.keys():
                    got[name] = got[name].swapaxes(0, 1)
            if got["X"].ndim != 3:
                raise ValueError(f"X must have three axes, not {got['X'].ndim}")
            given[self.place] = got  # type: ignore[attr-defined]
            steps, batch = got["X"].shape[:2]
            directions, hidden = len(got["R"]), got["R"].shape[-1]
            every = answer(self.place, (steps, directions, batch, hidden))  # type: ignore[attr-defined]
            # Of each direction the output after its own last step.
            last = np.stack([every[0 if k else -1, k] for k in range(directions)])
            if self.layout:  # type: ignore[attr-defined]
                return (
                    every.transpose(2, 0, 1, 3),
                    last.swapaxes(0, 1),
                    last.swapaxes(0, 1) * np.nan,
                )
            return every, last, last * np.nan

    return Probe
