"""An ONNX graph by its names: which node makes what, and what hangs on what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pascaline.importers.graph.load import load
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, ValueInfoProto

__all__ = ["Graph", "attributes"]

SHAPES = ("Shape", "Size")
"""Operators of which the result does not depend on the values of what they get."""


class Graph:
    """A graph.

    Parameters
    ----------
    path : Path
        Its file.

    Attributes
    ----------
    model : ModelProto
        See `importers.graph.load.load`.
    nodes : list of NodeProto
        Those that the first output needs, each after those that it takes from.

    Raises
    ------
    InputError
        If the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.model = path, load(path)
        outputs = self.model.graph.output
        if not outputs:
            raise InputError(str(path), "must have an output")
        self.output = outputs[0].name
        self.nodes = self.reaching(self.output)

    def refuse(self, node: NodeProto, rule: str, value: object = None) -> NoReturn:
        """Raise `InputError` that names a node and says where it stands."""
        name = f" {node.name}" if node.name else f" that makes {node.output[0]}"
        raise InputError(f"{self.path}: {node.op_type}{name}", rule, value)

    @cached_property
    def producers(self) -> dict[str, NodeProto]:
        """The node that makes each name."""
        return {name: node for node in self.model.graph.node for name in node.output}

    @cached_property
    def inputs(self) -> list[ValueInfoProto]:
        """Inputs of the graph that are no constants."""
        constants = {tensor.name for tensor in self.model.graph.initializer}
        return [value for value in self.model.graph.input if value.name not in constants]

    def reaching(self, *names: str, stop: Iterable[str] = ()) -> list[NodeProto]:
        """The nodes that these names are made of, in order; not those behind names to stop at."""
        wanted, stops, found = set(names), set(stop), []
        for node in reversed(self.model.graph.node):
            if wanted.difference(stops).intersection(node.output):
                found.append(node)
                wanted.update(reads(node))
        return found[::-1]

    def hanging_on(self, names: Iterable[str], *, stop: Iterable[NodeProto] = ()) -> set[str]:
        """Every name whose value depends on the values of these, with them.

        Parameters
        ----------
        names : iterable of str
            The names.
        stop : iterable of NodeProto
            Nodes whose results do not count.
        """
        found, stops = set(names), {id(node) for node in stop}
        for node in self.model.graph.node:
            if id(node) not in stops and node.op_type not in SHAPES and found & set(reads(node)):
                found.update(node.output)
        return found


def attributes(node: NodeProto) -> dict[str, Any]:
    """What is chosen for a node."""
    from onnx.helper import get_attribute_value

    return {one.name: get_attribute_value(one) for one in node.attribute}


def reads(node: NodeProto) -> Iterator[str]:
    """Names that a node takes from, those of the graphs in it, too."""
    yield from filter(None, node.input)
    for one in node.attribute:
        for graph in [*([one.g] if one.HasField("g") else []), *one.graphs]:
            yield from _free(graph)


def _free(graph: GraphProto) -> Iterator[str]:
    own = {value.name for value in graph.input} | {one.name for one in graph.initializer}
    own |= {name for node in graph.node for name in node.output}
    for node in graph.node:
        yield from (name for name in reads(node) if name not in own)
    yield from (value.name for value in graph.output if value.name not in own)
