"""An ONNX graph: its nodes looked up, and its values for random sequences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

__all__ = ["Graph", "Values"]

Values = dict[str, NDArray[Any]]

UNKNOWN = (3, 4, 5)
"""Sizes of axes that a graph leaves open: all different, and more than one step."""


class Graph:
    """A graph.

    Parameters
    ----------
    path : Path
        Its file; the graph is checked, and functions in it are put in their places.

    Raises
    ------
    InputError
        If the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.model = path, _load(path)
        self.nodes = list(self.model.graph.node)
        self.from_input = self._reached({value.name for value in self.inputs()})

    def refuse(self, node: NodeProto, rule: str, value: object = None) -> NoReturn:
        """Raise `InputError` that names a node."""
        name = f" {node.name}" if node.name else ""
        raise InputError(f"{self.path}: {node.op_type}{name}", rule, value)

    def only(self, *kinds: str) -> NodeProto | None:
        """The one node of these kinds, if there is any."""
        found: list[NodeProto] = [node for node in self.nodes if node.op_type in kinds]
        for node in found[1:]:
            self.refuse(node, f"a second {' or '.join(kinds)} is not supported")
        return found[0] if found else None

    def inputs(self) -> Iterator[Any]:
        """Inputs of the graph that are no constants."""
        constants = {tensor.name for tensor in self.model.graph.initializer}
        return (value for value in self.model.graph.input if value.name not in constants)

    def attributes(self, node: NodeProto) -> dict[str, Any]:
        """What is chosen for a node."""
        from onnx.helper import get_attribute_value

        return {one.name: get_attribute_value(one) for one in node.attribute}

    def constant(self, node: NodeProto, name: str) -> str:
        """The name itself, of something that does not hang on the input of the graph."""
        if not name or name in self.from_input:
            self.refuse(node, "must have a constant beside what comes from the layers")
        return name

    def run(self, states: set[str], inputs: int | None) -> Values:
        """The value of every name in the graph, for random sequences.

        Parameters
        ----------
        states : set of str
            Inputs that are 0.
        inputs : int or None
            Elements of an input vector, for graphs that leave it open.
        """
        from onnx.helper import tensor_dtype_to_np_dtype
        from onnx.reference import ReferenceEvaluator

        rng, fed = np.random.default_rng(0), {}
        sizes = self._sizes(inputs)
        for value in self.inputs():
            kind = tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
            shape = sizes[value.name]
            zeros = np.zeros(shape, dtype=kind)
            fed[value.name] = zeros if value.name in states else rng.normal(size=shape).astype(kind)
        try:
            with np.errstate(all="ignore"):
                evaluator = ReferenceEvaluator(self.model, new_ops=[_rnn_with_relu()])
                values = evaluator.run(None, fed, intermediate=True)
        except Exception as error:
            # What the reference implementation raises is nowhere documented.
            rule = f"cannot be run by the reference implementation of ONNX ({_line(error)})"
            raise InputError(str(self.path), rule) from None
        assert isinstance(values, dict)
        return values

    def _sizes(self, inputs: int | None) -> dict[str, list[int]]:
        """A shape for every input; axes of one name have one size."""
        named: dict[str, int] = {}
        sizes = {}
        for value in self.inputs():
            axes = value.type.tensor_type.shape.dim
            shape = []
            for place, axis in enumerate(axes):
                name = axis.dim_param or f"{value.name} {place}"
                if axis.dim_value:
                    shape.append(axis.dim_value)
                elif place == 2 and inputs and name not in named:
                    shape.append(inputs)
                else:
                    shape.append(named.setdefault(name, UNKNOWN[len(named) % len(UNKNOWN)]))
            sizes[value.name] = shape
        return sizes

    def _reached(self, names: set[str]) -> set[str]:
        """Everything that depends on these names, with them."""
        reached = set(names)
        # Nodes are in such an order that each comes after those that it takes from.
        for node in self.nodes:
            if reached.intersection(node.input):
                reached.update(node.output)
        return reached


def _load(path: Path) -> ModelProto:
    import onnx
    from onnx.inliner import inline_local_functions

    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from None
    except Exception as error:
        # Errors of Protobuf are of a class of its own, which this need not know.
        raise InputError(str(path), f"must be an ONNX model ({_line(error)})") from None
    return inline_local_functions(model)


def _rnn_with_relu() -> Any:
    """The reference implementation's RNN with the function that it lacks."""
    from onnx.reference.ops.op_rnn import RNN_14

    class RNN(RNN_14):
        op_domain = ""

        def choose_act(self, name: str, alpha: Any, beta: Any) -> Any:
            if name == "Relu":
                return lambda x: np.maximum(x, 0)
            return super().choose_act(name, alpha, beta)  # type: ignore[no-untyped-call]

    return RNN


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
