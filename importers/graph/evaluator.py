"""Running a graph in ONNX's own reference evaluator."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pascaline.host.memory import bounded
from pascaline.importers.graph import qdq
from pascaline.importers.graph.graph import Graph, attributes
from pascaline.importers.graph.load import line
from pascaline.importers.graph.qonnx import DOMAINS, OPERATORS, quantise
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["Array", "Evaluator", "Values"]

Array = NDArray[Any]
Values = dict[str, Array]

MEMORY = 1 << 30
"""Bytes that a run may take beyond what is in use before it."""


class Evaluator:
    """Nodes of a graph, to be run as often as one likes.

    Parameters
    ----------
    graph : Graph
        The graph.
    nodes : sequence of NodeProto
        Its nodes, or others in their places, in order.
    operators : sequence of OpRun types
        What computes operators that the evaluator has not, beside those of QONNX.
    """

    def __init__(self, graph: Graph, nodes: Sequence[NodeProto], operators: Sequence[Any]) -> None:
        from onnx import ModelProto

        self._graph = graph
        self._operators = [*operators, *_quantisers()]
        self._model = ModelProto()
        self._model.CopyFrom(graph.model)
        del self._model.graph.node[:]
        self._model.graph.node.extend(nodes)
        known = {one.domain for one in self._model.opset_import}
        for domain in {node.domain for node in nodes} - known - {"", "ai.onnx"}:
            self._model.opset_import.add(domain=domain, version=1)

    def run(self, fed: Mapping[str, Array]) -> Values:
        """All values for some inputs; raises `InputError` if it cannot be run."""
        try:
            with np.errstate(all="ignore"), bounded(MEMORY):
                values = self._evaluator.run(None, dict(fed), intermediate=True)
        except Exception as error:
            # What the reference evaluator raises is nowhere documented.
            rule = f"cannot be run by the reference evaluator of ONNX ({line(error)})"
            node = self._failing(fed)
            if node is not None:
                self._graph.refuse(node, rule)
            raise InputError(str(self._graph.path), rule) from None
        assert isinstance(values, dict)
        return values

    @cached_property
    def _evaluator(self) -> Any:
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(self._model, new_ops=self._operators)

    def _failing(self, fed: Mapping[str, Array]) -> NodeProto | None:
        """The node that a run ends at."""
        from onnx import ModelProto
        from onnx.reference import ReferenceEvaluator

        nodes = list(self._model.graph.node)
        part = ModelProto()
        part.CopyFrom(self._model)
        del part.graph.output[:]

        def runs(count: int) -> bool:
            del part.graph.node[:]
            part.graph.node.extend(nodes[:count])
            try:
                with np.errstate(all="ignore"), bounded(MEMORY):
                    evaluator = ReferenceEvaluator(part, new_ops=self._operators)
                    evaluator.run(None, dict(fed), intermediate=True)
            except Exception:
                return False
            return True

        found = bisect_left(range(1, len(nodes) + 1), True, key=lambda count: not runs(count))
        return nodes[found] if found < len(nodes) else None


def _quantisers() -> list[Any]:
    """What the nodes of QONNX compute, and those of ONNX, of which it has the latest alone."""
    from onnx.reference.op_run import OpRun

    def run(self: Any, *inputs: Any, **_: Any) -> tuple[Any]:
        node = self.onnx_node
        thing = f"{node.op_type} {node.name}"
        return (quantise(node.op_type, inputs, attributes(node), thing=thing).value,)

    def run_linear(self: Any, *inputs: Any, **_: Any) -> tuple[Any]:
        node = self.onnx_node
        thing = f"{node.op_type} {node.name}"
        return (qdq.linear(node.op_type, list(inputs), attributes(node), thing=thing),)

    own = [(domain, name, run) for domain in DOMAINS for name in OPERATORS]
    own += [("", name, run_linear) for name in qdq.OPERATORS]
    return [type(name, (OpRun,), {"op_domain": at, "_run": made}) for at, name, made in own]
