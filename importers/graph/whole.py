"""The whole graph, as it is, on sequences that excite every part of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.importers.graph.axes import Axes, flat, unflat
from pascaline.importers.graph.chain import Chain
from pascaline.importers.graph.evaluator import Evaluator
from pascaline.importers.graph.graph import Graph
from pascaline.importers.network import FloatNetwork

__all__ = ["Whole"]


class Whole:
    """A graph with its real operators.

    Parameters
    ----------
    graph : Graph
        The graph.
    chain : Chain
        Its layers.
    """

    def __init__(self, graph: Graph, chain: Chain) -> None:
        self._graph, self._chain = graph, chain
        self._evaluator = Evaluator(graph, graph.nodes, [_rnn_with_relu()])
        self._rng = np.random.default_rng(2)

    @property
    def path(self) -> Path:
        """Its file."""
        return self._graph.path

    @property
    def trials(self) -> int:
        """In how many sizes it runs."""
        return len(self._chain.feeds.shapes)

    def draw(
        self, trial: int, network: FloatNetwork, axes: Axes, scale: float
    ) -> tuple[NDArray[Any], Reals]:
        """Random sequences, as the graph takes them and as the network does.

        Parameters
        ----------
        trial : int
            Which sizes.
        network : FloatNetwork
            The network; every element contributes as much to its first sums as any other.
        axes : Axes
            Of the input in this trial.
        scale : float
            How large these sums are, about.
        """
        feeds, symbols = self._chain.feeds, self._chain.symbols
        shape = feeds.shapes[trial][feeds.sequences.name]
        if symbols is not None:
            numbers = self._rng.integers(0, symbols, shape)
            return numbers, np.eye(symbols)[flat(numbers, axes)[:, :, 0]]
        layer = network.layers[0].parts[0]
        weight = layer.weight_x
        each = np.sqrt(np.square(weight).mean(axis=0) * weight.shape[1])
        spread = np.where(each > 0, scale / np.where(each > 0, each, 1), 1.0)
        # Around the point where sums are smallest: features need not be around zero.
        middle = np.linalg.lstsq(weight, -layer.bias, rcond=None)[0]
        vectors = middle + spread * self._rng.normal(size=flat(np.zeros(shape), axes).shape)
        if feeds.whole:
            vectors = np.round(vectors)
        return unflat(vectors, axes, shape), vectors

    def run(self, trial: int, given: NDArray[Any], name: str) -> NDArray[Any]:
        """A value of the graph."""
        fed = self._chain.feeds.fed(self._chain.feeds.shapes[trial], given)
        return np.asarray(self._evaluator.run(fed)[name])


def _rnn_with_relu() -> Any:
    """The reference evaluator's RNN with the function that it lacks."""
    from onnx.reference.ops.op_rnn import RNN_14

    class RNN(RNN_14):
        op_domain = ""

        def choose_act(self, name: str, alpha: Any, beta: Any) -> Any:
            if name == "Relu":
                return lambda x: np.maximum(x, 0)
            return super().choose_act(name, alpha, beta)  # type: ignore[no-untyped-call]

    return RNN
