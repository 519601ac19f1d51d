from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.convert import Conversion, convert
from pascaline.importers.foreign import Reading
from pascaline.importers.graph.file import read_onnx
from pascaline.importers.network import FloatNetwork
from pascaline.importers.plain import run_layers
from pascaline.importers.sources import SOURCES, read_foreign
from pascaline.importers.statedict.reader import network_of
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import quantize
from tests.importers.test_convert import WIDE

onnx = pytest.importorskip("onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper

INPUTS, HIDDEN, CLASSES = 5, 8, 3
ROWS = 4 * HIDDEN


def shapes(layout: int = 0) -> dict[str, tuple[int, ...]]:
    return {
        "W": (1, ROWS, INPUTS),
        "R": (1, ROWS, HIDDEN),
        "B": (1, 2 * ROWS),
        "P": (1, 3 * HIDDEN),
        "W2": (1, ROWS, HIDDEN),
        "S": (HIDDEN, HIDDEN),
        "V": (CLASSES, HIDDEN),
        "VT": (HIDDEN, CLASSES),
        "b": (CLASSES,),
        "start": (2, 1, HIDDEN) if layout else (1, 2, HIDDEN),
    }


class Graph:
    """A graph with an LSTM in it, to be changed before it is written."""

    def __init__(self, layout: int = 0, **attributes: Any) -> None:
        self.rng = np.random.default_rng(3)
        self.layout, self.axes = layout, [2, 6, INPUTS] if layout else [6, 2, INPUTS]
        self.lstm_inputs = ["x", "W", "R", "B"]
        self.attributes = {"hidden_size": HIDDEN, "layout": layout, **attributes}
        self.more: list[Any] = []
        self.inputs = [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, self.axes)]
        self.output = "Y"

    def add(self, kind: str, *names: str, to: str | None = None, **attributes: Any) -> Graph:
        """A node behind the others; its first output is that of the graph, unless it has a name."""
        result = to or f"{kind}{len(self.more)}"
        self.more.append(helper.make_node(kind, names, [result], name=f"n{result}", **attributes))
        if to is None:
            self.output = result
        return self

    def squeezed(self) -> Graph:
        """All h without the axis of directions."""
        self.constant("one", np.array([2 if self.layout else 1]))
        return self.add("Squeeze", "Y", "one", to="H")

    def constant(self, name: str, value: Any) -> Graph:
        self.more.append(
            helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))
        )
        return self

    def model(self, opset: int = 18) -> Any:
        lstm = helper.make_node(
            "LSTM", self.lstm_inputs, ["Y", "Y_h", "Y_c"], name="lstm", **self.attributes
        )
        used = {*self.lstm_inputs, *(name for node in self.more for name in node.input)}
        constants = [
            numpy_helper.from_array(self.rng.uniform(-0.6, 0.6, shape).astype(np.float32), name)
            for name, shape in shapes(self.layout).items()
            if name in used
        ]
        known = {"x", *shapes()}
        before = [n for n in self.more if n.op_type != "LSTM" and set(n.input) <= known]
        after = [node for node in self.more if node not in before]
        graph = helper.make_graph(
            [*before, lstm, *after],
            "graph",
            self.inputs,
            [helper.make_tensor_value_info(self.output, onnx.TensorProto.FLOAT, [])],
            constants,
        )
        imports = [helper.make_opsetid("", opset)]
        return helper.make_model(graph, opset_imports=imports, ir_version=9)

    def write(self, path: Path) -> Path:
        onnx.save(self.model(), path)
        return path


def head_on_last() -> Graph:
    return Graph().constant("zero", np.array([0])).add("Squeeze", "Y_h", "zero", to="last")


GOOD: dict[str, tuple[Callable[[], Graph], str]] = {
    "all h": (Graph, "every"),
    "all h, batch first": (lambda: Graph(layout=1), "every"),
    "last h": (lambda: Graph().add("Identity", "Y_h"), "last"),
    "last h, batch first": (lambda: Graph(layout=1).add("Identity", "Y_h"), "last"),
    "Gemm": (lambda: head_on_last().add("Gemm", "last", "V", "b", transB=1), "last"),
    "Gemm, no bias": (lambda: head_on_last().add("Gemm", "last", "VT"), "last"),
    "MatMul": (lambda: Graph().squeezed().add("MatMul", "H", "VT"), "every"),
    "MatMul, Add": (
        lambda: Graph(layout=1).squeezed().add("MatMul", "H", "VT", to="s").add("Add", "b", "s"),
        "every",
    ),
    "last by Gather": (
        lambda: (
            Graph()
            .squeezed()
            .constant("end", np.array(-1))
            .add("Gather", "H", "end", to="last", axis=0)
            .add("Gemm", "last", "V", "b", transB=1)
        ),
        "last",
    ),
}


def state_of(network: FloatNetwork) -> dict[str, Any]:
    """Its recurrent tensors as PyTorch's module would have them, all of the bias in one of both."""
    state: dict[str, Any] = {}
    for index, layer in enumerate(network.layers):
        for part, suffix in zip(layer.parts, ("", "_reverse"), strict=False):
            at = f"l{index}{suffix}"
            own = np.zeros(len(part.bias)) if part.bias_h is None else part.bias_h
            bias_h = np.concatenate([np.zeros(len(part.bias) - len(own)), own])
            state |= {f"weight_ih_{at}": part.weight_x, f"weight_hh_{at}": part.weight_h}
            state |= {f"bias_ih_{at}": part.bias, f"bias_hh_{at}": bias_h}
    return state


def check_same(network: FloatNetwork, state: dict[str, Any]) -> None:
    """That a network has the numbers of a state_dict."""
    wanted = network_of({name: tensor.numpy() for name, tensor in state.items()})
    found, other = state_of(network), state_of(wanted)
    assert found.keys() == other.keys()
    for name, tensor in found.items():
        np.testing.assert_allclose(tensor, other[name], rtol=0, atol=1e-12)
    for name in ("head_weight", "head_bias"):
        np.testing.assert_array_equal(getattr(network, name), getattr(wanted, name))


def with_states(graph: Graph) -> Graph:
    graph.lstm_inputs += ["", "h0", "c0"]
    for name in ("h0", "c0"):
        graph.inputs.append(
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shapes()["start"])
        )
    return graph


def test_imported_follows_the_reference_implementation(tmp_path: Path) -> None:
    for name, (make, results) in GOOD.items():
        graph = make()
        path = graph.write(tmp_path / "net.onnx")
        foreign = read_foreign(path)
        assert (foreign.network.result, foreign.source) == (results, "ONNX"), name
        conversion = Conversion(weights=arithmetic("fixed16"), formats=WIDE, output="logits")
        model = convert(foreign, conversion, name="net")
        x = np.random.default_rng(1).normal(size=graph.axes).astype(np.float32)
        (wanted,) = onnx.reference.ReferenceEvaluator(onnx.load(path)).run(None, {"x": x})
        sequences = list(x if graph.layout else x.swapaxes(0, 1))
        found = np.array(Golden(model).run(quantize(sequences, model)).results)
        unit = model.card.get("logit_unit", WIDE.h.lsb)
        wanted = np.squeeze(wanted)
        if results == "every" and not graph.layout:
            wanted = wanted.swapaxes(0, 1)
        np.testing.assert_allclose(np.squeeze(found) * unit, wanted, rtol=0, atol=5e-3)


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_what_pytorch_exports(every: bool, first: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(INPUTS, HIDDEN, batch_first=first)
            self.fc = torch.nn.Linear(HIDDEN, CLASSES)

        def forward(self, x: Any) -> Any:
            h = self.lstm(x)[0]
            return self.fc(h if every else h[:, -1] if first else h[-1])

    net, path = Net(), tmp_path / "net.onnx"
    axes = {"x": {0: "a", 1: "b"}}
    torch.onnx.export(
        net, (torch.zeros(2, 7, INPUTS),), path, dynamo=False, input_names=["x"], dynamic_axes=axes
    )
    found = read_onnx(path, Reading())
    assert found.network.result == ("every" if every else "last")
    check_same(found.network, net.state_dict())


def test_states_that_are_inputs_start_from_zero(tmp_path: Path) -> None:
    network = read_onnx(with_states(Graph()).write(tmp_path / "a.onnx"), Reading())
    assert network.network.result == "every"


def test_axes_without_sizes(tmp_path: Path) -> None:
    graph = Graph(layout=1).add("Identity", "Y_h")
    graph.inputs = [
        helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["batch", "time", None])
    ]
    network = read_onnx(graph.write(tmp_path / "a.onnx"), Reading())
    assert (network.network.inputs, network.network.result) == (INPUTS, "last")


def second(**attributes: Any) -> Graph:
    graph = Graph().squeezed()
    more = helper.make_node(
        "LSTM", ["H", "W2", "R", "B"], ["Z"], name="two", hidden_size=HIDDEN, **attributes
    )
    graph.more.append(more)
    graph.output = "Z"
    return graph


def connect(place: int, name: str) -> Graph:
    graph = Graph()
    graph.lstm_inputs += [""] * (place + 1 - len(graph.lstm_inputs))
    graph.lstm_inputs[place] = name
    return graph


def lengths() -> Graph:
    return connect(4, "lens").constant("lens", np.array([6, 5], np.int32))


def dynamic_weights() -> Graph:
    graph = Graph()
    graph.lstm_inputs[1] = "given"
    shape = shapes()["W"]
    graph.inputs.append(helper.make_tensor_value_info("given", onnx.TensorProto.FLOAT, shape))
    return graph


def gemm(**attributes: Any) -> Graph:
    return head_on_last().add("Gemm", "last", "V", "b", transB=1, **attributes)


BEHIND = "is not supported behind the layers: only what is affine in each step can be folded"

BAD: dict[str, Callable[[], Graph]] = {
    "LSTM lstm: direction is not supported, not 'reverse'": lambda: Graph(direction="reverse"),
    "LSTM lstm: clip is not supported, not '3.0'": lambda: Graph(clip=3.0),
    "LSTM lstm: input_forget is not supported, not '1'": lambda: Graph(input_forget=1),
    "LSTM lstm: activations is not supported, not 'Sigmoid, Relu, Tanh'": lambda: Graph(
        activations=["Sigmoid", "Relu", "Tanh"]
    ),
    "LSTM lstm: sequence_lens is not supported: a sequence ends where it ends": lengths,
    "LSTM lstm: W must be a constant": dynamic_weights,
    f"Relu nRelu0: {BEHIND}": lambda: Graph().add("Relu", "Y"),
    "GRU nGRU0: shape of W must be [1, 24, 5], not [1, 32, 5]": lambda: Graph().add(
        "GRU", "x", "W", "R", hidden_size=HIDDEN
    ),
    "Mul nMul0: is not supported with both factors from the input": lambda: Graph().add(
        "Mul", "Y", "Y"
    ),
    "LSTM lstm: initial_h must be the same for all sequences of a batch": lambda: connect(
        5, "start"
    ),
    "LSTM lstm: must not give the state of its cell (Y_c): a machine has no such output": lambda: (
        Graph().add("Identity", "Y_c")
    ),
}


@pytest.mark.parametrize("text", BAD)
def test_refused_by_name(text: str, tmp_path: Path) -> None:
    path = BAD[text]().write(tmp_path / "a.onnx")
    with pytest.raises(InputError, match=f"^{re.escape(f'{path}: {text}')}$"):
        read_onnx(path, Reading())


def test_two_inputs(tmp_path: Path) -> None:
    graph = Graph()
    graph.inputs.append(helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1]))
    assert read_onnx(graph.write(tmp_path / "a.onnx"), Reading()).left_out[-1] == "input y"
    graph.add("Add", "Y", "y")
    text = r"y: must be no input: a machine gets sequences, and starts from constants$"
    with pytest.raises(InputError, match=text):
        read_onnx(graph.write(tmp_path / "a.onnx"), Reading())


def test_no_lstm(tmp_path: Path) -> None:
    one = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    two = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [one], [two])
    imports = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=9), tmp_path / "a.onnx")
    with pytest.raises(InputError, match=r"a\.onnx: must have an LSTM, GRU or RNN$"):
        read_onnx(tmp_path / "a.onnx", Reading())


@pytest.mark.parametrize("content", [b"", b"something else", bytes(100)])
def test_no_onnx(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.onnx: must be an ONNX model \(.*\)$"):
        read_onnx(tmp_path / "a.onnx", Reading())


def test_no_file(tmp_path: Path) -> None:
    text = r"a\.onnx: no such file$"
    with pytest.raises(InputError, match=text):
        read_onnx(tmp_path / "a.onnx", Reading())


def test_onnx_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(InputError, match=r"needs onnx \(pip install pascaline\[onnx\]\)$"):
        read_onnx(tmp_path / "a.onnx", Reading())


def test_other_suffix(tmp_path: Path) -> None:
    text = re.escape(f"must end with {', '.join(SOURCES)}, not '.tflite'")
    with pytest.raises(InputError, match=f"{text}$"):
        read_foreign(tmp_path / "a.tflite")


def test_a_graph_has_no_part(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^part: must not be given: a graph is one network"):
        read_foreign(tmp_path / "a.onnx", Reading(part="rnn."))


CELLS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "lstm": ("LSTM", 4, {}),
    "gru": ("GRU", 3, {"linear_before_reset": 1}),
    "gru-before": ("GRU", 3, {"linear_before_reset": 0}),
    "rnn": ("RNN", 1, {}),
    "rnn-relu": ("RNN", 1, {"activations": ["Relu"]}),
}
"""Operator, gates and attributes of each cell."""


def stack(path: Path, cell: str, *, layers: int, directions: int, output: str) -> Path:
    """A graph of some layers of a cell."""
    rng = np.random.default_rng(4)
    operator, gates, chosen = CELLS[cell]
    chosen = dict(chosen) | {"direction": ("forward", "bidirectional")[directions - 1]}
    if "activations" in chosen:
        chosen["activations"] = chosen["activations"] * directions
    size, wide, vector = INPUTS, directions * HIDDEN, "x"
    constants = {"flat": np.array([0, 0, -1]), "axis": np.array([0])}
    nodes = []
    for index in range(layers):
        shapes = {"W": size, "R": HIDDEN}
        for name, columns in shapes.items():
            shape = (directions, gates * HIDDEN, columns)
            constants[f"{name}{index}"] = rng.uniform(-0.4, 0.4, shape).astype(np.float32)
        bias = rng.uniform(-0.4, 0.4, (directions, 2 * gates * HIDDEN)).astype(np.float32)
        constants[f"B{index}"] = bias
        names = [vector, f"W{index}", f"R{index}", f"B{index}"]
        made = [f"Y{index}", f"h{index}"]
        nodes.append(helper.make_node(operator, names, made, hidden_size=HIDDEN, **chosen))
        # From (steps, directions, batch, hidden) to (steps, batch, directions * hidden).
        order = [0, 2, 1, 3]
        nodes.append(helper.make_node("Transpose", [f"Y{index}"], [f"t{index}"], perm=order))
        nodes.append(helper.make_node("Reshape", [f"t{index}", "flat"], [f"v{index}"]))
        vector, size = f"v{index}", wide
    if output == "max":
        nodes.append(helper.make_node("ReduceMax", [vector, "axis"], ["out"], keepdims=0))
    else:
        nodes.append(helper.make_node("Identity", [vector], ["out"]))
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [6, 2, INPUTS])],
        [helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    imports = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=9), path)
    return path


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell(cell: str, layers: int, directions: int, tmp_path: Path) -> None:
    """Cells that PyTorch has, too, compute what its modules do with the same tensors."""
    for output in ("every", "max"):
        path = stack(
            tmp_path / "net.onnx", cell, layers=layers, directions=directions, output=output
        )
        found = read_onnx(path, Reading())
        assert (found.network.layers[0].cell, found.network.result) == (cell, output)
    if cell == "gru-before":
        return
    torch = pytest.importorskip("torch")
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell, torch.nn.RNN)
    choices = {"nonlinearity": "relu"} if cell == "rnn-relu" else {}
    module = kind(INPUTS, HIDDEN, num_layers=layers, bidirectional=directions == 2, **choices)
    with torch.no_grad():
        for name, one in state_of(found.network).items():
            getattr(module, name).copy_(torch.from_numpy(one))
    x = torch.randn(6, 2, INPUTS, generator=torch.Generator().manual_seed(1))
    every, _ = run_layers(found.network, x.double().numpy())
    np.testing.assert_allclose(every, module(x)[0].detach().numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.filterwarnings("ignore")
def test_stacks_of_both_directions_that_pytorch_exports(cell: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[cell]
            self.rnn = kind(INPUTS, HIDDEN, num_layers=2, bidirectional=True)
            self.fc = torch.nn.Linear(2 * HIDDEN, CLASSES)

        def forward(self, x: Any) -> Any:
            last = self.rnn(x)[1]
            last = last[0] if cell == "lstm" else last
            return self.fc(torch.cat([last[-2], last[-1]], dim=1))

    net, path = Net(), tmp_path / "net.onnx"
    torch.onnx.export(net, (torch.zeros(7, 2, INPUTS),), path, dynamo=False, input_names=["x"])
    found = read_onnx(path, Reading())
    assert (found.network.layers[0].cell, found.network.result) == (cell, "last")
    check_same(found.network, net.state_dict())
