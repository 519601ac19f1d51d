"""The recurrent layers of a graph as a chain: what each gets, and what stands in between."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.importers.graph.evaluator import Values
from pascaline.importers.graph.feeds import SIZES, Feeds, Sizes
from pascaline.importers.graph.graph import Graph, attributes
from pascaline.importers.graph.operators import check_linear
from pascaline.importers.graph.probe import Probes, Seen
from pascaline.importers.graph.recurrent import connected, recurrent_nodes
from pascaline.importers.graph.steps import Source, Span
from pascaline.importers.graph.tail import Ending, Tail, ending_of

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["Chain"]

Shape = tuple[int, int, int, int]


class Chain:
    """The recurrent nodes of a graph, from input to output.

    Parameters
    ----------
    graph : Graph
        The graph.
    sizes : sequence of (int, int)
        Of axes that the graph leaves open, see `importers.graph.feeds.Feeds`.
    opened : bool
        Whether other numbers of steps and sequences are tried than the graph is made for.

    Attributes
    ----------
    nodes : list of NodeProto
        The nodes.
    feeds : Feeds
        What the graph is fed with.

    Raises
    ------
    InputError
        If they are none, or not one behind the other; what is wrong is named.
    """

    def __init__(self, graph: Graph, *, sizes: Sizes = SIZES, opened: bool = False) -> None:
        self._graph = graph
        self.nodes = recurrent_nodes(graph)
        self.feeds = Feeds(graph, self.nodes, sizes=sizes, opened=opened)
        self._check_operators()
        self._probes = Probes(graph, self.nodes)
        self.feeds.try_sizes(self._probes)
        self._check_order()

    def seen(self) -> Seen:
        """What all nodes get and give in a run: that which does not hang on the input counts."""
        return self._run(0, {})

    def between(self, index: int) -> list[NodeProto]:
        """Nodes from the layer before, or from the input, to the vectors of a layer."""
        names = self._source(index)
        varying = self._graph.hanging_on(names, stop=self.nodes)
        target = connected(self.nodes[index])["X"]
        reaching = self._graph.reaching(target, stop=names)
        return [node for node in reaching if varying.intersection(node.output)]

    def span(self, index: int) -> Span:
        """What stands in front of a layer."""
        nodes, symbols = self.between(index), None if index else self.symbols
        if index:
            shapes = [one[index - 1] for one in self._shapes]
            source: Source = Source(shapes, lambda trial, y: self._vectors(trial, index, y))
        else:
            feeds = self.feeds
            own = [shapes[feeds.sequences.name] for shapes in feeds.shapes]
            source = Source(own, self._first_vectors, symbols, feeds.whole)
        return Span(self._graph, nodes, source)

    def tail(self) -> tuple[Tail, Ending]:
        """What stands behind the last layer."""
        last = len(self.nodes) - 1
        nodes, _, ending = self._behind()
        shapes = [one[last] for one in self._shapes]

        def run(trial: int, y: Reals) -> Values:
            return self._run(trial, {last: y}).values

        return Tail(self._graph, nodes, ending, shapes, run), ending

    def _behind(self) -> tuple[list[NodeProto], set[str], Ending]:
        """Nodes behind the last layer up to the ending, what hangs on it, and the ending."""
        graph, names = self._graph, list(self.nodes[-1].output[:2])
        varying = graph.hanging_on(names)
        ending = ending_of(graph, varying)
        reaching = graph.reaching(ending.core, stop=names)
        return [one for one in reaching if varying.intersection(one.output)], varying, ending

    def _check_operators(self) -> None:
        """Refuse what cannot be folded and no machine has, before anything runs."""
        graph = self._graph
        for index in range(len(self.nodes)):
            varying = graph.hanging_on(self._source(index), stop=self.nodes)
            symbols = not index and self.feeds.whole
            check_linear(graph, self.between(index), varying, symbols=symbols)
        nodes, varying, _ = self._behind()
        check_linear(graph, nodes, varying, pools=True)

    @cached_property
    def symbols(self) -> int | None:
        """How many symbols there are, if sequences are numbers of rows of a table."""
        graph, name = self._graph, self.feeds.sequences.name
        if not self.feeds.whole:
            return None
        varying = graph.hanging_on([name], stop=self.nodes)
        for node in self.between(0):
            if node.op_type == "Gather" and node.input[1] in varying:
                table = np.asarray(self._run(0, {}).values[node.input[0]])
                if node.input[0] in varying or attributes(node).get("axis", 0) != 0:
                    graph.refuse(node, "must take rows of a constant table")
                return int(table.shape[0])
            if node.op_type == "OneHot" and node.input[0] in varying:
                return int(np.asarray(self._run(0, {}).values[node.input[1]]).reshape(-1)[0])
        return None

    @cached_property
    def _shapes(self) -> list[list[Shape]]:
        """Of each trial the shapes of the outputs of all layers."""
        found: list[list[Shape]] = []
        for shapes in self.feeds.shapes:
            one: list[Shape] = [(0, 0, 0, 0)] * len(self.nodes)

            def answer(place: int, shape: Shape, one: list[Shape] = one) -> Reals:
                one[place] = shape
                return np.zeros(shape)

            self._probes.run(self.feeds.zeros(shapes), answer)
            found.append(one)
        return found

    def _run(self, trial: int, outputs: dict[int, Reals]) -> Seen:
        """A run in which some layers give chosen outputs, and all others zeros."""

        def answer(place: int, shape: Shape) -> Reals:
            return outputs.get(place, np.zeros(shape))

        return self._probes.run(self.feeds.zeros(self.feeds.shapes[trial]), answer)

    def _vectors(self, trial: int, index: int, y: NDArray[Any]) -> tuple[Values, NDArray[Any]]:
        seen = self._run(trial, {index - 1: y})
        return seen.values, seen.given[index]["X"]

    def _first_vectors(self, trial: int, x: NDArray[Any]) -> tuple[Values, NDArray[Any]]:
        fed = self.feeds.fed(self.feeds.shapes[trial], x)
        seen = self._probes.run(fed, lambda _, shape: np.zeros(shape))
        return seen.values, seen.given[0]["X"]

    def _source(self, index: int) -> list[str]:
        return list(self.nodes[index - 1].output[:2]) if index else [self.feeds.sequences.name]

    def _check_order(self) -> None:
        """Each layer gets what the one before gives, and the output is made of the last."""
        nodes = self.nodes
        states = [{connected(node).get(f"initial_{one}", "") for one in "hc"} for node in nodes]
        for index, node in enumerate(nodes):
            for number in range(len(nodes) + 1):
                thing = self._called(number)
                if self._sees(number, connected(node)["X"]) != (number == index):
                    how = "misses" if number == index else "gets"
                    rule = "must get what the layer before it gives, and nothing else"
                    self._graph.refuse(node, f"{rule}: it {how} {thing}")
                if any(self._sees(number, name) for name in states[index] - {""}):
                    self._graph.refuse(node, f"must start from a constant state, not from {thing}")
        last = nodes[-1]
        if np.isnan(
            np.asarray(self._run(0, {}).values[self._graph.output], dtype=np.float64)
        ).any():
            rule = "must not give the state of its cell (Y_c): a machine has no such output"
            self._graph.refuse(last, rule)
        for number in range(len(nodes)):
            if self._sees(number, self._graph.output):
                rule = f"must be all that the output is made of, which sees {self._called(number)}"
                self._graph.refuse(last, f"{rule}, too")
        if not self._sees(len(nodes), self._graph.output):
            self._graph.refuse(last, "must be what the output is made of")

    def _called(self, number: int) -> str:
        """What a source is called: the input, then each layer."""
        if not number:
            return "the input"
        node = self.nodes[number - 1]
        return f"the layer {node.name or node.output[0]}"

    def _sees(self, number: int, name: str) -> bool:
        """Whether a value depends on a source: the input, or what a layer gives.

        Names alone do not tell: what an exporter joins it may take apart again.
        """
        if name not in self._graph.hanging_on(self._source(number), stop=self.nodes):
            return False
        rng = np.random.default_rng(number)
        trial = max(range(len(self.feeds.shapes)), key=lambda one: sum(self._shapes[one][0]))
        drawn = []
        for _ in range(4):
            if number:
                shape = self._shapes[trial][number - 1]
                values = self._run(trial, {number - 1: rng.normal(scale=5.0, size=shape)}).values
            else:
                own = self.feeds.shapes[trial]
                shapes = own[self.feeds.sequences.name]
                x = rng.integers(0, self.symbols or 2, shapes)
                given = x if self.feeds.whole else rng.normal(scale=5.0, size=shapes)
                values, _ = self._first_vectors(trial, given)
            drawn.append(np.asarray(values[name]))
        return any(not np.array_equal(drawn[0], one, equal_nan=True) for one in drawn[1:])
