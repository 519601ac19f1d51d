"""Damaged graphs: each is read, or refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.importers.test_damaged import damaged, refused

onnx = pytest.importorskip("onnx")

from pascaline.importers.foreign import Reading  # noqa: E402
from pascaline.importers.graph.file import read_onnx  # noqa: E402
from pascaline.spec.errors import InputError  # noqa: E402
from tests.importers.insertions import draw  # noqa: E402

FILES = 150


def fields(message: Any) -> list[tuple[Any, Any]]:
    """Every field that is set, with the message that it is in."""
    found = []
    for field, value in message.ListFields():
        found.append((message, field))
        if field.type == field.TYPE_MESSAGE:
            for one in value if field.is_repeated else [value]:
                found += fields(one)
    return found


def changed(message: Any, rng: np.random.Generator) -> None:
    """Another value in a field, or none."""
    places = fields(message)
    owner, field = places[int(rng.integers(len(places)))]
    if rng.random() < 0.4 or field.type == field.TYPE_MESSAGE:
        owner.ClearField(field.name)
        return
    whole = [0, -1, 1, 7, 2**31 - 1, -(2**31), 2**62]
    value: Any = {
        field.TYPE_STRING: ["", "x", "a\nb", "é" * 40, "/etc/passwd"],
        field.TYPE_BYTES: [b"", b"\xff\xfe", b"bidirectional", rng.bytes(16)],
        field.TYPE_FLOAT: [0.0, float("nan"), float("inf"), -1e30],
    }.get(field.type, whole)
    chosen = value[int(rng.integers(len(value)))]
    try:
        if field.is_repeated:
            values = getattr(owner, field.name)
            values[int(rng.integers(len(values)))] = chosen
        else:
            setattr(owner, field.name, chosen)
    except (ValueError, TypeError):
        owner.ClearField(field.name)


@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes(tmp_path: Path) -> None:
    rng, path, count = np.random.default_rng(1), tmp_path / "a.onnx", 0
    for seed in range(FILES):
        path.write_bytes(damaged(draw(seed % 7)[1].SerializeToString(), rng))
        count += refused(lambda: read_onnx(path, Reading()))
    assert count > FILES // 3


@pytest.mark.filterwarnings("ignore")
def test_damaged_fields(tmp_path: Path) -> None:
    rng, path, count = np.random.default_rng(2), tmp_path / "a.onnx", 0
    for seed in range(FILES):
        model = draw(8 * (seed % 9))[1]
        for _ in range(int(rng.integers(1, 4))):
            changed(model, rng)
        path.write_bytes(model.SerializeToString())
        count += refused(lambda: read_onnx(path, Reading()))
    assert count > FILES // 3


def test_a_graph_that_wants_much_memory(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, numpy_helper

    size = numpy_helper.from_array(np.array([1 << 40]), "size")
    nodes = [
        helper.make_node("ConstantOfShape", ["size"], ["much"]),
        helper.make_node("ReduceSum", ["much"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["v"]),
        helper.make_node("LSTM", ["v", "W", "R"], ["Y"], hidden_size=2),
    ]
    weights = [
        numpy_helper.from_array(np.ones(shape, np.float32), name)
        for name, shape in (("W", (1, 8, 3)), ("R", (1, 8, 2)))
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["a", "b", 3])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [])],
        [size, *weights],
    )
    imports = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=9), tmp_path / "a.onnx")
    with pytest.raises(Exception, match="ConstantOfShape that makes much: cannot be run"):
        read_onnx(tmp_path / "a.onnx", Reading())


def test_a_layer_that_gets_a_matrix(tmp_path: Path) -> None:
    helper, path = onnx.helper, tmp_path / "a.onnx"
    sizes = {"W": (1, 4, 3), "R": (1, 4, 4)}
    weights = [onnx.numpy_helper.from_array(np.ones(sizes[name]), name) for name in sizes]
    node = helper.make_node("RNN", ["X", "W", "R"], ["Y"], hidden_size=4, name="rnn")
    real = onnx.TensorProto.DOUBLE
    given = helper.make_tensor_value_info("X", real, [5, 3])
    made = helper.make_tensor_value_info("Y", real, [5, 1, 1, 4])
    onnx.save(helper.make_model(helper.make_graph([node], "g", [given], [made], weights)), path)
    with pytest.raises(InputError, match=r"X must have three axes, not 2"):
        read_onnx(path, Reading())
