"""What stands in front of, between and behind the layers of a graph: folded exactly, or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.convert import Conversion, convert
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.plain import run_network
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import quantize
from tests.importers.test_convert import WIDE

onnx = pytest.importorskip("onnx")

from tests.importers.insertions import (  # noqa: E402
    CLASSES,
    HIDDEN,
    INPUTS,
    Builder,
    draw,
    is_right,
    sliced,
    verdict,
)

helper, TensorProto = onnx.helper, onnx.TensorProto

Made = tuple[Builder, str]


def new() -> Builder:
    return Builder(np.random.default_rng(5))


def read(model: Any, folder: Path, **reading: Any) -> Foreign:
    from pascaline.importers.graph.file import read_onnx

    onnx.save(model, folder / "a.onnx")
    return read_onnx(folder / "a.onnx", Reading(**reading))


def dense(b: Builder, x: str, inputs: int, outputs: int, bias: float = 0.6) -> str:
    shift = b.constant(b.rng.uniform(-bias, bias, outputs).astype(np.float32))
    return b.node("Add", b.node("MatMul", x, b.real(inputs, outputs)), shift)


@pytest.mark.parametrize("seed", range(0, 400, 8))
def test_anything_put_in_is_read_right_or_refused_by_name(seed: int, tmp_path: Path) -> None:
    what, model = draw(seed)
    outcome, why = verdict(tmp_path / "a.onnx", model)
    assert outcome in ("right", "refused"), f"{what}: {why}"


@pytest.mark.parametrize("directions", [1, 2])
def test_affines_in_front_between_and_behind(directions: int, tmp_path: Path) -> None:
    b = new()
    x = dense(b, dense(b, "x", INPUTS, 9), 9, 5)
    x = b.layer("LSTM", x, 5, directions)
    x = dense(b, x, directions * HIDDEN, 7)
    x = b.layer("GRU", x, 7, directions)
    x = dense(b, dense(b, x, directions * HIDDEN, 11), 11, CLASSES)
    model = b.model(x)
    found = read(model, tmp_path)
    assert is_right(found, model)
    assert [layer.inputs for layer in found.network.layers] == [INPUTS, directions * HIDDEN]
    assert [layer.cell for layer in found.network.layers] == ["lstm", "gru-before"]
    assert len(found.understood) == 3


def test_columns_in_another_order_are_folded_exactly(tmp_path: Path) -> None:
    b = new()
    order = np.array([2, 0, 3, 1])
    x = b.layer("LSTM", b.node("Gather", "x", b.constant(order), axis=2), INPUTS, 1)
    found = read(b.model(x), tmp_path)
    weight = b.constants["c1"][0].astype(np.float64)  # iofc
    i, o, f, c = np.split(weight, 4)
    wanted = np.zeros_like(weight)
    wanted[:, order] = np.concatenate([i, f, c, o])
    np.testing.assert_array_equal(found.network.layers[0].parts[0].weight_x, wanted)


@pytest.mark.parametrize("first", ["steps", "batch"])
def test_embedding_becomes_a_table_in_the_weights(first: str, tmp_path: Path) -> None:
    b, symbols = new(), 11
    table = b.real(symbols, INPUTS)
    x = b.node("Gather", table, "x")
    if first == "batch":
        x = b.node("Transpose", x, perm=[1, 0, 2])
    model = b.model(b.layer("LSTM", x, INPUTS, 1))
    shape = model.graph.input[0].type.tensor_type
    shape.elem_type = TensorProto.INT64
    del shape.shape.dim[2]
    found = read(model, tmp_path)
    assert found.network.symbols
    assert found.network.inputs == symbols
    assert found.rule.model_dump() == {"symbols": symbols}
    codes = np.random.default_rng(0).integers(0, symbols, (6, 3))
    given = onnx.reference.ReferenceEvaluator(model).run(
        None, {"x": codes if first == "steps" else codes.T}
    )
    wanted = run_network(found.network, np.eye(symbols)[codes])
    np.testing.assert_allclose(given[0], wanted, rtol=0, atol=1e-6)
    assert "a table of 11 symbols" in found.understood[0]


@pytest.mark.parametrize(
    ("ending", "output"),
    [
        (lambda b, x: b.node("Softmax", x, axis=-1), "class"),
        (lambda b, x: b.node("LogSoftmax", x, axis=2), "class"),
        (lambda b, x: b.node("ArgMax", x, axis=-1, keepdims=0), "class"),
        (lambda b, x: b.node("ArgMax", b.node("Softmax", x), axis=2), "class"),
        (lambda b, x: b.node("Sigmoid", x), "logits"),
        (lambda b, x: b.node("Squeeze", b.node("Sigmoid", x)), "logits"),
    ],
)
def test_endings_that_move_no_class(
    ending: Callable[[Builder, str], str], output: str, tmp_path: Path
) -> None:
    b = new()
    x = dense(b, b.layer("LSTM", "x", INPUTS, 1), HIDDEN, CLASSES)
    found = read(b.model(ending(b, x)), tmp_path)
    assert (found.network.output, found.network.result) == (output, "every")
    assert any("at the end is left out" in line for line in found.understood)


def test_softmax_over_steps_is_refused(tmp_path: Path) -> None:
    b = new()
    x = dense(b, b.layer("LSTM", "x", INPUTS, 1), HIDDEN, CLASSES)
    with pytest.raises(InputError, match="Softmax n5: must be over the classes, not 0"):
        read(b.model(b.node("Softmax", x, axis=0)), tmp_path)


def reversed_steps(b: Builder, x: str) -> str:
    return sliced(-1, -(1 << 30), -1, 0)(b, x, 0)


def second_steps(b: Builder, x: str) -> str:
    return sliced(0, 1 << 30, 2, 0)(b, x, 0)


@pytest.mark.parametrize("front", [reversed_steps, second_steps])
def test_steps_in_another_order_are_refused(
    front: Callable[[Builder, str], str], tmp_path: Path
) -> None:
    b, text = new(), "Slice n0: must leave steps in their order, and each apart from the others"
    with pytest.raises(InputError, match=text):
        read(b.model(b.layer("LSTM", front(b, "x"), INPUTS, 1)), tmp_path)


@pytest.mark.parametrize("layers", [0, 1])
def test_steps_in_the_place_of_elements_are_refused(layers: int, tmp_path: Path) -> None:
    b, x = new(), "x"
    for _ in range(layers):
        x = b.layer("RNN", x, INPUTS, 1)
    turned = b.node("Transpose", x, perm=[2, 1, 0])
    x = b.layer("LSTM", b.node("Gather", turned, b.constant(np.arange(3)), axis=2), 3, 1)
    with pytest.raises(InputError, match="must leave steps in their order"):
        read(b.model(dense(b, x, HIDDEN, CLASSES)), tmp_path)


def test_two_frames_in_one_step_are_refused(tmp_path: Path) -> None:
    b = new()
    x = b.node("Transpose", "x", perm=[1, 0, 2])
    x = b.node("Reshape", x, b.constant(np.array([3, 4, 2 * INPUTS])))
    x = b.node("Transpose", x, perm=[1, 0, 2])
    model = b.model(b.layer("LSTM", x, 2 * INPUTS, 1))
    for axis, size in enumerate((8, 3)):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    with pytest.raises(InputError, match="Reshape n1: must leave steps in their order"):
        read(model, tmp_path)


TAKEN: dict[str, Callable[[Builder, str], str]] = {
    "last": lambda b, x: sliced(-1, 1 << 30, 1, 0)(b, x, 0),
    "first": lambda b, x: sliced(0, 1, 1, 0)(b, x, 0),
    "second last": lambda b, x: sliced(-2, -1, 1, 0)(b, x, 0),
    "max": lambda b, x: b.node("ReduceMax", x, b.constant(np.array([0]))),
    "mean": lambda b, x: b.node("ReduceMean", x, b.constant(np.array([0]))),
}


@pytest.mark.parametrize("scale", [1.0, 1e-4])
@pytest.mark.parametrize("bias", [0.5, 5000.0])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("taken", TAKEN)
def test_what_is_taken_is_told_whatever_the_size_of_outputs(
    taken: str, directions: int, bias: float, scale: float, tmp_path: Path
) -> None:
    b = new()
    x = TAKEN[taken](b, b.layer("LSTM", "x", INPUTS, directions))
    x = b.node("Mul", x, b.constant(np.float32(scale)))
    model = b.model(dense(b, x, directions * HIDDEN, CLASSES, bias))
    if taken in ("first", "second last"):
        with pytest.raises(InputError, match="Slice n3: must leave what a machine can give"):
            read(model, tmp_path)
        return
    found = read(model, tmp_path).network.result
    expected = "first-of-backward" if directions == 2 and taken == "last" else taken
    assert found == expected


@pytest.mark.parametrize("taken", ["max", "mean", "last"])
def test_graph_of_one_step(taken: str, tmp_path: Path) -> None:
    b = new()
    model = b.model(TAKEN[taken](b, b.layer("LSTM", "x", INPUTS, 1)))
    for axis, size in enumerate((1, 2)):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    found = read(model, tmp_path)
    assert found.network.result == taken
    assert f"result {taken}, as it runs then" in found.assumed[0]


def test_graph_that_runs_with_one_step_alone(tmp_path: Path) -> None:
    b = new()
    x = b.node("Reshape", "x", b.constant(np.array([1, 2, INPUTS])))
    model = b.model(b.layer("LSTM", x, INPUTS, 1))
    for axis, size in enumerate((1, 2)):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    with pytest.raises(InputError, match="has one step only, so --result must say which it is"):
        read(model, tmp_path)
    assert read(model, tmp_path, result="max").network.result == "max"


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_constant_state_that_is_far_in_the_past(value: float, tmp_path: Path) -> None:
    b = new()
    w, r = b.real(1, 4 * HIDDEN, INPUTS), b.real(1, 4 * HIDDEN, HIDDEN)
    state = b.constant(np.full((1, 3, HIDDEN), value, np.float32))
    y = b.node("LSTM", "x", w, r, "", "", state, state, hidden_size=HIDDEN)
    y = b.node("Squeeze", y, b.constant(np.array([1])))
    model = b.model(TAKEN["last"](b, y))
    for axis, size in enumerate((40, 3)):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    part = read(model, tmp_path).network.layers[0].parts[0]
    assert (part.initial_h is None) == (value == 0)
    if value:
        np.testing.assert_array_equal(part.initial_h, np.full(HIDDEN, value))
        np.testing.assert_array_equal(part.initial_c, np.full(HIDDEN, value))


def test_skip_connections_are_refused(tmp_path: Path) -> None:
    b = new()
    y = b.layer("LSTM", "x", INPUTS, 1)
    text = "must be all that the output is made of, which sees the input, too"
    with pytest.raises(InputError, match=text):
        read(b.model(b.node("Concat", y, "x", axis=2)), tmp_path)


def test_weights_beside_the_file(tmp_path: Path) -> None:
    b = new()
    model = b.model(b.layer("LSTM", "x", INPUTS, 1))
    path = tmp_path / "a.onnx"
    onnx.save(model, path, save_as_external_data=True, location="a.onnx.data", size_threshold=0)
    from pascaline.importers.graph.file import read_onnx

    assert is_right(read_onnx(path, Reading()), onnx.load(path))
    loaded = onnx.load(path, load_external_data=False)
    for tensor in loaded.graph.initializer:
        for one in tensor.external_data:
            if one.key == "location":
                one.value = "../secret"
    path.write_bytes(loaded.SerializeToString())
    with pytest.raises(InputError, match=r"must be in the file, or beside it in a\.onnx\.data$"):
        read_onnx(path, Reading())


def quant(b: Builder, x: str, scale: Any, bits: int = 8) -> str:
    numbers = [np.asarray(scale, np.float32), np.float32(0), np.float32(bits)]
    domain = "qonnx.custom_op.general"
    return b.node("Quant", x, *map(b.constant, numbers), domain=domain, narrow=1)


@pytest.mark.parametrize("each", [False, True], ids=["a tensor", "a row"])
def test_quantised_weights_are_taken_over(each: bool, tmp_path: Path) -> None:
    b, rows = new(), 4 * HIDDEN
    spread = b.rng.uniform(0.003, 0.006, rows).astype(np.float32) if each else np.float32(0.005)
    unit = spread[:, None] if each else spread
    matrices = [
        b.node("Unsqueeze", quant(b, b.real(rows, n), unit), b.constant(np.array([0])))
        for n in (INPUTS, HIDDEN)
    ]
    x = quant(b, "x", np.float32(2**-5))
    y = b.node("LSTM", x, *matrices, hidden_size=HIDDEN)
    model = b.model(b.node("Squeeze", y, b.constant(np.array([1]))))
    model.opset_import.append(helper.make_opsetid("qonnx.custom_op.general", 1))
    found = read(model, tmp_path)
    part = found.network.layers[0].parts[0]
    for key, matrix in (("weight_x", part.weight_x), ("weight_h", part.weight_h)):
        exact = part.exact[key]
        assert np.abs(exact.weight).max() > 90
        assert set(exact.scale.astype(np.float32)) <= set(np.atleast_1d(spread))
        np.testing.assert_allclose(exact.weight * exact.scale[:, None], matrix, rtol=1e-12)
    assert found.left_out == ("Quant n4: signals are rounded as the formats say instead",)


def close_to_golden(found: Foreign, model: Any, **formats: Any) -> None:
    """That integers of 16 bits compute what the graph does."""
    conversion = Conversion(
        weights=arithmetic("fixed16"), formats=WIDE.model_copy(update=formats), output="logits"
    )
    integers = convert(found, conversion, name="net")
    x = np.random.default_rng(0).normal(size=(9, 3, INPUTS)).astype(np.float32)
    (wanted,) = onnx.reference.ReferenceEvaluator(model).run(None, {"x": x})
    made = Golden(integers).run(quantize(list(x.swapaxes(0, 1)), integers)).results
    unit = integers.card.get("logit_unit", integers.network.layer.h.lsb)
    made = np.stack(made, axis=1) * unit
    np.testing.assert_allclose(made.reshape(wanted.shape), wanted, rtol=0, atol=5e-3)


@pytest.mark.parametrize("directions", [1, 2])
def test_peepholes_become_integers(directions: int, tmp_path: Path) -> None:
    b, both = new(), "bidirectional" if directions == 2 else "forward"
    shapes = ((4 * HIDDEN, INPUTS), (4 * HIDDEN, HIDDEN), (8 * HIDDEN,))
    w, r, bias = (b.real(directions, *shape) for shape in shapes)
    names = [w, r, bias, "", "", "", b.real(directions, 3 * HIDDEN)]
    y = b.node("LSTM", "x", *names, hidden_size=HIDDEN, direction=both)
    y = b.node("Transpose", y, perm=[0, 2, 1, 3])
    model = b.model(b.node("Reshape", y, b.constant(np.array([0, 0, -1]))))
    found = read(model, tmp_path)
    assert found.network.layers[0].cell == "lstm-peephole"
    assert is_right(found, model)
    close_to_golden(found, model)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("directions", [1, 2])
def test_initial_states_become_integers(kind: str, directions: int, tmp_path: Path) -> None:
    b, both = new(), "bidirectional" if directions == 2 else "forward"
    rows = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind] * HIDDEN
    w, r = b.real(directions, rows, INPUTS), b.real(directions, rows, HIDDEN)
    shape = b.node("Shape", "x", start=1, end=2)
    sizes = b.node(
        "Concat", b.constant([directions]), shape, b.constant(np.array([HIDDEN])), axis=0
    )
    states = [
        b.node("Expand", b.real(directions, 1, HIDDEN), sizes) for _ in range(1 + (kind == "LSTM"))
    ]
    y = b.node(kind, "x", w, r, "", "", *states, hidden_size=HIDDEN, direction=both)
    y = b.node("Transpose", y, perm=[0, 2, 1, 3])
    model = b.model(b.node("Reshape", y, b.constant(np.array([0, 0, -1]))))
    found = read(model, tmp_path)
    assert found.network.layers[0].started
    assert is_right(found, model)
    close_to_golden(found, model)


@pytest.mark.parametrize("taken", ["max", "mean", "last"])
@pytest.mark.parametrize("directions", [1, 2])
def test_results_become_integers(taken: str, directions: int, tmp_path: Path) -> None:
    b = new()
    x = TAKEN[taken](b, b.layer("LSTM", "x", INPUTS, directions))
    model = b.model(dense(b, x, directions * HIDDEN, CLASSES))
    close_to_golden(read(model, tmp_path), model)


def test_a_sum_of_fixed_steps_is_said_to_be_a_mean(tmp_path: Path) -> None:
    b = new()
    x = b.node("ReduceSum", b.layer("LSTM", "x", INPUTS, 1), b.constant(np.array([0])))
    model = b.model(dense(b, x, HIDDEN, CLASSES))
    for axis, size in enumerate((12, 2)):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    found = read(model, tmp_path)
    assert found.network.result == "mean"
    assert found.assumed[-1].endswith("result mean, too (a sum of 12 steps would look the same)")


def test_initial_states_beyond_one_get_formats(tmp_path: Path) -> None:
    b = new()
    w, r = b.real(1, 4 * HIDDEN, INPUTS), b.real(1, 4 * HIDDEN, HIDDEN)
    h, c = (b.constant(np.full((1, 3, HIDDEN), value, np.float32)) for value in (2.5, 9.0))
    y = b.node("LSTM", "x", w, r, "", "", h, c, hidden_size=HIDDEN)
    model = b.model(b.node("Squeeze", y, b.constant(np.array([1]))))
    for axis, size in enumerate((4, 3)):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    found = read(model, tmp_path)
    assert "layer 0: every sequence starts from constants, not from zero" in found.understood
    pascaline = pytest.importorskip("pascaline")
    data = np.random.default_rng(0).normal(size=(20, 4, INPUTS))
    integers = pascaline.import_network(tmp_path / "a.onnx", calibrate=data, bits=12)
    assert integers.card["precision"]["snr"] > 40
