"""What a graph is fed with: its sequences, its states, and sizes of axes that it leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.graph.evaluator import Values
from pascaline.importers.graph.graph import Graph
from pascaline.importers.graph.probe import Probes
from pascaline.importers.graph.recurrent import connected
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import NodeProto, ValueInfoProto

__all__ = ["SIZES", "Feeds", "Sizes", "pinned"]

Shapes = dict[str, tuple[int, ...]]

Sizes = Sequence[tuple[int, int]]

SIZES: Sizes = ((7, 3), (3, 7), (9, 2), (2, 9), (4, 1), (1, 4), (5, 40), (40, 5))
"""Of the first axis that a graph leaves open, and of all others."""

LARGEST = 1 << 22
"""Elements of an input."""


def pinned(graph: Graph) -> Iterator[tuple[int, Sizes]]:
    """Sizes with one axis as a graph has it in the shape of a Reshape, and that number.

    Exporters sometimes write the steps that a network was traced with into a graph whose axes they
    leave open; it computes something else for any other number of steps.
    """
    from onnx import numpy_helper

    constants = {one.name: one for one in graph.model.graph.initializer}
    found = {
        int(number)
        for node in graph.nodes
        if node.op_type == "Reshape" and node.input[1] in constants
        for number in numpy_helper.to_array(constants[node.input[1]]).reshape(-1)
        if 1 < number < 1 << 12
    }
    for number in sorted(found)[:8]:
        yield number, [(number, other) for other in (3, 2, 1, 40) if other != number]
        yield number, [(other, number) for other in (3, 2, 1, 40) if other != number]


class Feeds:
    """The inputs of a graph, and sizes with which it runs.

    Parameters
    ----------
    graph : Graph
        The graph.
    nodes : list of NodeProto
        Its recurrent nodes.
    sizes : sequence of (int, int)
        Of the first axis that the graph leaves open, and of all others.
    opened : bool
        Whether the first two axes count as open, whatever the graph says.

    Attributes
    ----------
    sequences : ValueInfoProto
        The input that sequences come through.
    states : list of str
        Inputs that are initial states only: fed with zeros.
    idle : list of str
        Inputs that nothing depends on.
    shapes : list of dict of str to tuple
        Shapes of all inputs for which the graph runs; `try_sizes` finds them.

    Raises
    ------
    InputError
        If there is not one input for sequences.
    """

    def __init__(
        self, graph: Graph, nodes: list[NodeProto], *, sizes: Sizes = SIZES, opened: bool = False
    ) -> None:
        self._graph, self._sizes, self._opened = graph, sizes, opened
        self.sequences, self.states, self.idle = self._sort(nodes)
        self._inputs = self._elements(nodes[0])
        self.shapes: list[Shapes] = []

    def try_sizes(self, probes: Probes) -> None:
        """Find shapes for which the graph runs; raises `InputError` if there are none."""
        refused: InputError | None = None
        for shapes in self._candidates():
            self._check_size(shapes)
            try:
                probes.run(self.zeros(shapes), lambda _, shape: np.zeros(shape))
            except InputError as error:
                # A graph may have been traced for some sizes alone.
                refused = refused or error
                continue
            self.shapes.append(shapes)
        if not self.shapes and refused is not None:
            raise refused

    @property
    def whole(self) -> bool:
        """Whether the input is whole numbers."""
        return self._kind(self.sequences).kind in "iu"

    def zeros(self, shapes: Shapes) -> Values:
        """Zeros for every input."""
        return {
            value.name: np.zeros(shapes[value.name], dtype=self._kind(value))
            for value in self._graph.inputs
        }

    def fed(self, shapes: Shapes, sequences: NDArray[Any]) -> Values:
        """Sequences, and zeros for everything else."""
        kind = self._kind(self.sequences)
        return self.zeros(shapes) | {self.sequences.name: sequences.astype(kind)}

    def _sort(self, nodes: list[NodeProto]) -> tuple[ValueInfoProto, list[str], list[str]]:
        graph = self._graph
        first = connected(nodes[0])["X"]
        needed = {name for node in graph.nodes for name in node.input}
        sequences, states, idle = [], [], []
        for value in graph.inputs:
            hanging = graph.hanging_on([value.name], stop=nodes)
            ends = {
                key for node in nodes for key, name in connected(node).items() if name in hanging
            }
            if first in hanging:
                sequences.append(value)
            elif ends and ends <= {"initial_h", "initial_c"} and graph.output not in hanging:
                states.append(value.name)
            elif value.name in needed and (ends or graph.output in hanging):
                rule = "must be no input: a machine gets sequences, and starts from constants"
                raise InputError(f"{graph.path}: {value.name}", rule)
            else:
                idle.append(f"input {value.name}")
        if len(sequences) != 1:
            rule = "must have one input, sequences (and initial states, if they are inputs)"
            raise InputError(str(graph.path), rule, len(sequences))
        return sequences[0], states, idle

    def _elements(self, node: NodeProto) -> int | None:
        """Elements of what the first layer gets, if its weights are written in the graph."""
        name = connected(node)["W"]
        constants = self._graph.model.graph.initializer
        return next(
            (one.dims[2] for one in constants if one.name == name and len(one.dims) > 2), None
        )

    def _candidates(self) -> Iterator[Shapes]:
        tried = []
        for sizes in self._sizes:
            shapes = self._sized(sizes)
            if shapes not in tried:
                tried.append(shapes)
                yield shapes

    def _sized(self, sizes: tuple[int, int]) -> Shapes:
        inputs = self._inputs
        named: dict[str, int] = {}
        found: Shapes = {}
        # The axes of the sequences come first, so that others follow those of the same name.
        for value in sorted(self._graph.inputs, key=lambda one: one.name != self.sequences.name):
            axes = list(value.type.tensor_type.shape.dim)
            if not value.type.tensor_type.HasField("shape"):
                rule = "must have a shape, at least the number of its axes"
                raise InputError(f"{self._graph.path}: {value.name}", rule)
            shape = []
            for place, axis in enumerate(axes):
                name = axis.dim_param or f"{value.name} {place}"
                if axis.dim_value and not (self._opened and place < 2 and len(axes) > 1):
                    shape.append(axis.dim_value)
                elif inputs and place == 2 and place == len(axes) - 1 and name not in named:
                    shape.append(inputs)
                else:
                    shape.append(named.setdefault(name, sizes[min(len(named), 1)]))
            found[value.name] = tuple(shape)
        return found

    def _check_size(self, shapes: Shapes) -> None:
        for name, shape in shapes.items():
            if min(shape, default=1) < 0 or np.prod(shape, dtype=float) > LARGEST:
                rule = f"must have at most {LARGEST:,} elements"
                raise InputError(f"{self._graph.path}: {name}", rule, list(shape))

    def _kind(self, value: ValueInfoProto) -> np.dtype[Any]:
        from onnx.helper import tensor_dtype_to_np_dtype

        try:
            return np.dtype(tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
        except KeyError:
            rule = "must be a tensor of numbers"
            raise InputError(f"{self._graph.path}: {value.name}", rule) from None
