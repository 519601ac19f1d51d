"""Weights with zero points: integers of files are taken over, real weights find their own."""

from pathlib import Path

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.convert import Conversion, convert
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.network import Exact, FloatLayer, FloatNetwork, FloatPart
from pascaline.importers.plain import run_network
from pascaline.importers.rows import offset_rows, round_rows, shifted
from pascaline.importers.sources import read_foreign
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.operands import met

NAMES = {"weight_x": "w", "weight_h": "r"}


def test_integers_find_their_zero_point() -> None:
    kind = arithmetic("fixed8")
    moved, zero = shifted(np.array([[-250, 3], [0, 5]]), kind)
    assert (zero, moved.min(), moved.max()) == (122, -128, 127)
    assert shifted(np.array([[0, 255]]), kind)[1] == -128
    assert shifted(np.array([[-1, 255]]), kind) is None
    assert shifted(np.array([[300, 301]]), kind) is None
    assert shifted(np.array([[0, 3]]), arithmetic("exp3")) is None


@pytest.mark.parametrize("name", ["fixed4", "fixed8", "pow2i1f2"])
def test_rounded_rows_have_the_finest_steps(name: str, rng: np.random.Generator) -> None:
    kind = arithmetic(name)
    matrix = rng.normal(0.8, 1.0, (6, 40))
    matrix[3] = 0
    rows = offset_rows(matrix, kind)
    assert np.isin(rows.weight, kind.values).all()
    assert kind.weights.lo <= rows.zero <= kind.weights.hi
    made = (rows.weight - rows.zero) * rows.scale[:, None]
    assert (np.abs(made - matrix) <= rows.scale[:, None] / 2 + 1e-12).all()
    _, scale = round_rows(matrix, kind)
    assert np.square(rows.scale).sum() < 0.9 * np.square(scale).sum()


def test_rows_around_zero_need_none() -> None:
    matrix = np.array([[-7.0, 7.0, 1.0]])
    assert offset_rows(matrix, arithmetic("fixed4")).zero in (-1, 0)


def one_layer(rng: np.random.Generator, low: int, high: int) -> FloatNetwork:
    exact = {
        name: Exact(rng.integers(low, high, (8, columns)), rng.uniform(1, 2, 8) / 2048)
        for name, columns in (("weight_x", 3), ("weight_h", 2))
    }
    for one in exact.values():
        one.weight[0, :2] = low, high - 1
    reals = {name: one.weight * one.scale[:, None] for name, one in exact.items()}
    part = FloatPart(**reals, bias=rng.normal(0, 0.1, 8), exact=exact, names=NAMES)
    return FloatNetwork(layers=(FloatLayer(cell="lstm", parts=(part,)),), result="every")


def test_integers_of_a_file_are_taken_over(rng: np.random.Generator) -> None:
    found = one_layer(rng, -200, 56)
    model = convert(
        Foreign(network=found, source="test"), Conversion(weights=arithmetic("fixed8")), name="net"
    )
    assert model.network.layer.zero_points
    assert model.layers[0]["zero_x"] == model.layers[0]["zero_h"] == [72]
    for name in ("x", "h"):
        wanted = found.layers[0].parts[0].exact[f"weight_{name}"].weight
        assert np.array_equal(met(model.layers[0], name), wanted)
    said = "layer 0: zero points of its weights are 72 and 72 (x and h)"
    assert said in model.card["reading"]["understood"]


def test_integers_within_the_arithmetic_stay(rng: np.random.Generator) -> None:
    foreign = Foreign(network=one_layer(rng, -128, 128), source="test")
    model = convert(foreign, Conversion(weights=arithmetic("fixed8")), name="net")
    assert not model.network.layer.zero_points
    with pytest.raises(InputError, match="w: has integers from -200 to 199, which fixed8 has not"):
        convert(
            Foreign(network=one_layer(rng, -200, 200), source="test"),
            Conversion(weights=arithmetic("fixed8")),
            name="net",
        )


def test_real_weights_with_zero_points(rng: np.random.Generator) -> None:
    """As near as the steps of the integers, and nearer than without."""
    part = FloatPart(
        weight_x=rng.uniform(-0.2, 1, (12, 3)),
        weight_h=rng.uniform(-0.8, 0.1, (12, 3)),
        bias=rng.normal(0, 0.1, 12),
        names=NAMES,
    )
    found = FloatNetwork(layers=(FloatLayer(cell="lstm", parts=(part,)),), result="every")
    wide = Format(width=16, frac=12)
    errors = []
    x = rng.integers(-2048, 2048, (4, 6, 3))
    for zero_points in (False, True):
        choice = Conversion(weights=arithmetic("fixed4"), zero_points=zero_points)
        formats = choice.formats.model_copy(update={"x": wide, "h": wide})
        choice = choice.model_copy(update={"formats": formats})
        model = convert(Foreign(network=found, source="test"), choice, name="net")
        assert model.network.layer.zero_points == zero_points
        made = np.stack(Golden(model).run(list(x)).results) * model.network.layer.h.lsb
        wanted = run_network(found, (x * wide.lsb).swapaxes(0, 1)).swapaxes(0, 1)
        errors.append(np.abs(made - wanted).mean())
    assert errors[1] < 0.8 * errors[0]


def test_few_weights_have_no_zero_points() -> None:
    with pytest.raises(InputError, match="zero_points must be left out for ternary weights"):
        Conversion.parse({"weights": "ternary", "zero_points": True}, thing="conversion")


@pytest.mark.parametrize("kind", ["int8", "uint8"])
@pytest.mark.parametrize("rows", [False, True])
def test_a_graph_with_dequantised_weights(
    kind: str, rows: bool, rng: np.random.Generator, tmp_path: Path
) -> None:
    """DequantizeLinear of W and R: the integers of the file; signals are not rounded by it."""
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    low, high = (-128, 127) if kind == "int8" else (0, 255)
    tensors, nodes, wanted = {}, [], {}
    for name, columns in (("W", 3), ("R", 2)):
        integers = rng.integers(low, high, (1, 8, columns), endpoint=True).astype(kind)
        integers[0, 0, :2] = low, high
        zero = low + 100 if name == "W" else high - 20
        count = 8 if rows else 1
        scale = (rng.uniform(1, 2, count) / 256).astype(np.float32)
        tensors |= {
            f"{name}q": integers,
            f"{name}s": scale if rows else scale[0],
            f"{name}z": np.full(count, zero, kind) if rows else np.array(zero, kind),
        }
        chosen = {"axis": 1} if rows else {}
        names = [f"{name}{one}" for one in "qsz"]
        nodes.append(helper.make_node("DequantizeLinear", names, [name], **chosen))
        wanted[name] = integers[0].astype(np.int64) - zero
    tensors |= {"xs": np.float32(1 / 128), "xz": np.int8(0)}
    nodes += [
        helper.make_node("QuantizeLinear", ["X", "xs", "xz"], ["Xq"], name="q"),
        helper.make_node("DequantizeLinear", ["Xq", "xs", "xz"], ["Xd"], name="d"),
        helper.make_node("LSTM", ["Xd", "W", "R"], ["Y"], hidden_size=2),
        helper.make_node("Squeeze", ["Y", "axes"], ["Z"]),
    ]
    tensors["axes"] = np.array([1])
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [value("X", onnx.TensorProto.FLOAT, ["steps", "batch", 3])],
        [value("Z", onnx.TensorProto.FLOAT, ["steps", "batch", 2])],
        [numpy_helper.from_array(np.asarray(one), name) for name, one in tensors.items()],
    )
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    foreign = read_foreign(path, Reading())
    assert any("signals are rounded as the formats say" in line for line in foreign.left_out)
    model = convert(foreign, Conversion(weights=arithmetic("fixed8")), name="net")
    order = [0, 1, 4, 5, 6, 7, 2, 3]  # i, o, f, g of ONNX as i, f, g, o.
    for name, one in (("x", "W"), ("h", "R")):
        assert np.array_equal(met(model.layers[0], name), wanted[one][order])
