"""An LSTM out of an ONNX file, as the tensors that PyTorch's ``nn.LSTM`` would have.

A graph is read and tried: its LSTM and its dense layer are looked up by the names of operators,
and then the graph runs, in ONNX's own reference implementation. What comes out has to be what
these two compute. So an exporter may move axes, choose steps and make zeros as it likes, and
nothing that changes values goes unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from spec.errors import InputError
from spec.network import GATES
from train.checkpoint import Arrays
from train.plain import run_head, run_lstm

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

__all__ = ["read_onnx"]

Results = Literal["last", "every"]
Values = dict[str, NDArray[Any]]

ONNX_GATES = ("i", "o", "f", "g")
"""Order of the gates in stacked rows; ``g`` is called c there."""

LSTM_INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
"""Inputs of the operator, in their order."""

ATTRIBUTES: dict[str, tuple[Any, ...]] = {
    "direction": (b"forward",),
    "activations": ([b"Sigmoid", b"Tanh", b"Tanh"],),
    "input_forget": (0,),
    "layout": (0, 1),
    "clip": (),
    "activation_alpha": ([],),
    "activation_beta": ([],),
}
"""What attributes of an LSTM may be, if there are any."""

DENSE = ("Gemm", "MatMul", "Add")
MOVES = ("Identity", "Dropout", "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten")
CHOICES = ("Gather", "Slice", "Split", "Cast", "CastLike")
SHAPES = ("Constant", "ConstantOfShape", "Shape", "Concat", "Expand", "Range", "Size")
OPERATORS = ("LSTM", *DENSE, *MOVES, *CHOICES, *SHAPES)
"""Operators that a graph may have."""

UNKNOWN = (3, 4, 5)
"""Sizes of axes that a graph leaves open: all different, and more than one step."""


def read_onnx(path: Path) -> tuple[Arrays, Results]:
    """Tensors by their names in PyTorch, and whether results come after the last or every step.

    The graph must have one LSTM, forward and of one layer, and may have one dense layer behind it.
    Of several outputs the first counts.

    Raises
    ------
    InputError
        If the file cannot be read, if its graph has anything else, which is named, or if it
        computes anything else.
    """
    try:
        import onnx  # noqa: F401
    except ModuleNotFoundError:
        raise InputError(str(path), "needs onnx (pip install pascaline[onnx])") from None
    return _Graph(path, _load(path)).read()


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


class _Graph:
    """A graph with its nodes looked up."""

    def __init__(self, path: Path, model: ModelProto) -> None:
        self._path, self._model = path, model
        self._nodes = list(model.graph.node)
        for node in self._nodes:
            if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
                self._refuse(node, "is not supported")
        self._lstm = self._only("LSTM")
        if self._lstm is None:
            raise InputError(str(path), "must have an LSTM")
        self._from_input = self._reached({value.name for value in self._inputs()})
        self._check_lstm()

    def read(self) -> tuple[Arrays, Results]:
        """See `read_onnx`."""
        values = self._run()
        tensors = self._tensors(values)
        h = run_lstm(tensors, self._sequences(values))
        every = run_head(tensors, h)
        found = np.squeeze(np.asarray(values[self._model.graph.output[0].name]))
        wanted: tuple[tuple[Results, NDArray[Any]], ...] = (
            ("last", every[-1]),
            ("every", every),
            ("every", every.swapaxes(0, 1)),
        )
        for results, one in wanted:
            if found.shape == np.squeeze(one).shape and _is_near(found, np.squeeze(one)):
                return tensors, results
        rule = "must compute its LSTM from zero, with its dense layer if any, and nothing else"
        raise InputError(str(self._path), rule)

    def _refuse(self, node: NodeProto, rule: str, value: object = None) -> NoReturn:
        name = f" {node.name}" if node.name else ""
        raise InputError(f"{self._path}: {node.op_type}{name}", rule, value)

    def _only(self, *kinds: str) -> NodeProto | None:
        """The one node of these kinds, if there is any."""
        first, *others = [node for node in self._nodes if node.op_type in kinds] or [None]
        for node in others:
            if node is not None:
                self._refuse(node, f"a second {' or '.join(kinds)} is not supported")
        return first

    def _inputs(self) -> Iterator[Any]:
        """Inputs of the graph that are no constants."""
        constants = {tensor.name for tensor in self._model.graph.initializer}
        return (value for value in self._model.graph.input if value.name not in constants)

    def _reached(self, names: set[str]) -> set[str]:
        """Everything that depends on these names, with them."""
        reached = set(names)
        # Nodes are in such an order that each comes after those that it takes from.
        for node in self._nodes:
            if reached.intersection(node.input):
                reached.update(node.output)
        return reached

    def _lstm_inputs(self) -> dict[str, str]:
        """What the inputs of the LSTM are connected to."""
        assert self._lstm is not None
        connected = dict(zip(LSTM_INPUTS, self._lstm.input, strict=False))
        return {key: name for key, name in connected.items() if name}

    def _attributes(self, node: NodeProto) -> dict[str, Any]:
        from onnx.helper import get_attribute_value

        return {one.name: get_attribute_value(one) for one in node.attribute}

    def _check_lstm(self) -> None:
        node, connected = self._lstm, self._lstm_inputs()
        assert node is not None
        for name, value in self._attributes(node).items():
            if name in ATTRIBUTES and value not in ATTRIBUTES[name]:
                self._refuse(node, f"{name} is not supported", _shown(value))
        for key, rule in (
            ("P", "peepholes (P) are not supported"),
            ("sequence_lens", "sequence_lens is not supported: a sequence ends where it ends"),
        ):
            if key in connected:
                self._refuse(node, rule)
        for key in ("W", "R", "B"):
            if connected.get(key) in self._from_input:
                self._refuse(node, f"{key} must be a constant")
        states = {connected.get("initial_h"), connected.get("initial_c")}
        first, *others = [value for value in self._inputs() if value.name not in states] or [None]
        if first is None or others:
            count = len(others) + 1 if first is not None else 0
            rule = "must have one input, sequences (and initial states, if they are inputs)"
            raise InputError(str(self._path), rule, count)

    def _run(self) -> Values:
        """The value of every name in the graph, for random sequences."""
        from onnx.helper import tensor_dtype_to_np_dtype
        from onnx.reference import ReferenceEvaluator

        rng, fed = np.random.default_rng(0), {}
        states = self._lstm_inputs().get("initial_h"), self._lstm_inputs().get("initial_c")
        sizes = self._sizes()
        for value in self._inputs():
            kind = tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
            shape = sizes[value.name]
            zeros = np.zeros(shape, dtype=kind)
            fed[value.name] = zeros if value.name in states else rng.normal(size=shape).astype(kind)
        try:
            with np.errstate(all="ignore"):
                values = ReferenceEvaluator(self._model).run(None, fed, intermediate=True)
        except Exception as error:
            # What the reference implementation raises is nowhere documented.
            rule = f"cannot be run by the reference implementation of ONNX ({_line(error)})"
            raise InputError(str(self._path), rule) from None
        assert isinstance(values, dict)
        return values

    def _sizes(self) -> dict[str, list[int]]:
        """A shape for every input; axes of one name have one size."""
        w = self._lstm_inputs()["W"]
        last = [t.dims[2] for t in self._model.graph.initializer if t.name == w and len(t.dims) > 2]
        named: dict[str, int] = {}
        sizes = {}
        for value in self._inputs():
            axes = value.type.tensor_type.shape.dim
            shape = []
            for place, axis in enumerate(axes):
                name = axis.dim_param or f"{value.name} {place}"
                if axis.dim_value:
                    shape.append(axis.dim_value)
                elif place == 2 and last and name not in named:
                    shape.append(last[0])
                else:
                    shape.append(named.setdefault(name, UNKNOWN[len(named) % len(UNKNOWN)]))
            sizes[value.name] = shape
        return sizes

    def _sequences(self, values: Values) -> NDArray[np.float64]:
        """What the LSTM got: (steps, batch, inputs)."""
        assert self._lstm is not None
        x = np.asarray(values[self._lstm_inputs()["X"]], dtype=np.float64)
        return x.swapaxes(0, 1) if self._attributes(self._lstm).get("layout") else x

    def _tensors(self, values: Values) -> Arrays:
        """The parameters of the LSTM and of the dense layer, as PyTorch has them."""
        given = {key: np.asarray(values[name]) for key, name in self._lstm_inputs().items()}
        hidden = given["R"].shape[2]
        order = np.concatenate(
            [np.arange(hidden) + hidden * ONNX_GATES.index(gate) for gate in GATES]
        )
        tensors = {"weight_ih_l0": given["W"][0][order], "weight_hh_l0": given["R"][0][order]}
        if "B" in given:
            bias = given["B"][0].reshape(2, -1)[:, order]
            tensors |= {"bias_ih_l0": bias[0], "bias_hh_l0": bias[1]}
        return tensors | self._head(values)

    def _head(self, values: Values) -> Arrays:
        dense, add = self._only("Gemm", "MatMul"), self._only("Add")
        if dense is None:
            if add is not None:
                self._refuse(add, "is not supported without a MatMul")
            return {}
        weight = np.asarray(values[self._constant(dense, dense.input[1])])
        tensors = {"head.weight": weight.T}
        if dense.op_type == "MatMul":
            if add is not None:
                bias = next((one for one in add.input if one not in self._from_input), "")
                tensors["head.bias"] = np.asarray(values[self._constant(add, bias)])
            return tensors
        if add is not None:
            self._refuse(add, "is not supported beside a Gemm")
        chosen = self._attributes(dense)
        for name, usual in (("alpha", 1.0), ("beta", 1.0), ("transA", 0)):
            if chosen.get(name, usual) != usual:
                self._refuse(dense, f"{name} must be {usual}", chosen[name])
        if chosen.get("transB"):
            tensors["head.weight"] = weight
        if len(dense.input) > 2 and dense.input[2]:
            bias = np.asarray(values[self._constant(dense, dense.input[2])])
            tensors["head.bias"] = np.broadcast_to(bias.reshape(-1), len(tensors["head.weight"]))
        return tensors

    def _constant(self, node: NodeProto, name: str) -> str:
        if not name or name in self._from_input:
            self._refuse(node, "must have a constant beside what comes from the LSTM")
        return name


def _is_near(found: NDArray[Any], exact: NDArray[np.float64]) -> bool:
    """Whether both are the same but for rounding in the type of the graph."""
    unit = float(np.finfo(found.dtype).eps) if found.dtype.kind == "f" else 0.0
    close = min(1000 * unit, 0.02) * max(1.0, float(np.abs(exact).max()))
    return bool(np.allclose(found.astype(np.float64), exact, rtol=0, atol=close))


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value)


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
