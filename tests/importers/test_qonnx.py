from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from pascaline.importers.graph.qonnx import ROUNDING, bipolar_quant, quant, quantise
from pascaline.spec.errors import InputError

CASES = list(
    itertools.product(
        (1, 2, 3, 4, 8, 16), (True, False), (True, False), ROUNDING, ("all", "rows"), (0.0, 2.0)
    )
)


def drawn(bits: int, rows: str, zero: float, rng: np.random.Generator) -> tuple[Any, ...]:
    scale = rng.uniform(0.01, 0.5, (5, 1) if rows == "rows" else ()).astype(np.float32)
    reach = 2.0 ** min(bits, 8)
    # Many ties, and some values beyond the range.
    x = (rng.integers(-2 * reach, 2 * reach, (5, 9)) / 2).astype(np.float32) * scale
    return x, scale, np.array(zero, np.float32), np.array(bits, np.float32)


def test_as_the_library(rng: np.random.Generator) -> None:
    """Every case gives, to the bit, what the package qonnx gives."""
    library = pytest.importorskip("qonnx.custom_op.general.intquant")
    for bits, signed, narrow, mode, rows, zero in CASES:
        if bits == 1 and narrow and not signed:
            continue  # No integer but 0.
        x, scale, zero_point, width = drawn(bits, rows, zero, rng)
        wanted = library.int_quant(x, scale, zero_point, width, signed, narrow, mode)
        made = quant(x, scale, zero_point, width, signed=signed, narrow=narrow, rounding_mode=mode)
        np.testing.assert_array_equal(made.value, wanted)
        assert made.value.dtype == np.float32
        again = (made.integers.astype(np.float32) - zero_point) * scale
        np.testing.assert_array_equal(again, wanted)


def test_bipolar_as_the_library(rng: np.random.Generator) -> None:
    library = pytest.importorskip("qonnx.custom_op.general.bipolar_quant")
    for rows in ("all", "rows"):
        x, scale, *_ = drawn(1, rows, 0.0, rng)
        x[0, :3] = 0.0, -0.0, -1e-30
        made = bipolar_quant(x, scale)
        np.testing.assert_array_equal(made.value, library.binary_quant(x, scale))
        assert set(made.integers.ravel().tolist()) == {-1, 1}


def test_nodes_as_the_library_runs_them(rng: np.random.Generator) -> None:
    """The whole node, with the defaults of its attributes."""
    wrapper = pytest.importorskip("qonnx.core.modelwrapper")
    execution = pytest.importorskip("qonnx.core.onnx_exec")
    helper, float32 = pytest.importorskip("onnx").helper, 1
    for operator, chosen in (
        ("Quant", {"signed": 1, "narrow": 0, "rounding_mode": "FLOOR"}),
        ("Quant", {"signed": 0, "narrow": 1, "rounding_mode": "ROUND"}),
        ("BipolarQuant", {}),
    ):
        inputs = drawn(4, "rows", 0.0, rng)[: 2 if operator == "BipolarQuant" else 4]
        names = ["x", "scale", "zero", "bits"][: len(inputs)]
        node = helper.make_node(operator, names, ["y"], domain="qonnx.custom_op.general", **chosen)
        values = [
            helper.make_tensor_value_info(name, float32, list(one.shape))
            for name, one in zip([*names, "y"], [*inputs, inputs[0]], strict=True)
        ]
        graph = helper.make_graph([node], "g", [values[0]], [values[-1]], value_info=values[1:-1])
        domains = [helper.make_opsetid("", 13), helper.make_opsetid("qonnx.custom_op.general", 1)]
        model = wrapper.ModelWrapper(helper.make_model(graph, opset_imports=domains))
        for name, one in zip(names[1:], inputs[1:], strict=True):
            model.set_initializer(name, one)
        wanted = execution.execute_onnx(model, {"x": inputs[0]})["y"]
        attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        made = quantise(operator, inputs, attributes, thing="node")
        np.testing.assert_array_equal(made.value, wanted)


def test_exact_has_a_scale_a_row(rng: np.random.Generator) -> None:
    for rows in ("all", "rows"):
        inputs = drawn(4, rows, 0.0, rng)
        made = quant(*inputs, signed=True, narrow=True)
        weight, scale = made.exact(thing="w")
        assert scale.shape == (5,)
        assert np.abs(weight).max() == 7
        np.testing.assert_allclose(weight * scale[:, None], made.value, rtol=1e-6)
        offset = quant(inputs[0], inputs[1], 3.0, inputs[3], signed=True, narrow=True)
        weight, scale = offset.exact(thing="w")
        assert weight.min() < -7
        np.testing.assert_allclose(weight * scale[:, None], offset.value, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"bit_width": 0}, "w: bit width must be one of 1 to 32, not 0.0"),
        ({"bit_width": [4, 5]}, "w: bit width must be one of 1 to 32, not 4.0"),
        ({"bit_width": 2.5}, "w: bit width must be one of 1 to 32, not 2.5"),
        ({"scale": 0.0}, "w: scale must be positive, not 0.0"),
        ({"scale": np.nan}, "w: scale must be finite real numbers"),
        ({"scale": np.ones((3, 1, 1))}, "w: scale and zero point must fit the input"),
        ({"x": [["a"]]}, "w: input must be finite real numbers"),
        ({"rounding_mode": "odd"}, "w: rounding_mode must be ROUND, .*not 'ODD'"),
    ],
)
def test_refused(change: dict[str, Any], text: str) -> None:
    usual: dict[str, Any] = {"x": np.ones((2, 2)), "scale": 0.5, "zero_point": 0, "bit_width": 4}
    with pytest.raises(InputError, match=text):
        quant(**usual | change, thing="w")


def test_nodes_refused() -> None:
    x = np.ones((2, 2))
    with pytest.raises(InputError, match="w: must have 4 inputs, not 2"):
        quantise("Quant", [x, 1.0], {}, thing="w")
    with pytest.raises(InputError, match="w: attribute odd is not supported"):
        quantise("Quant", [x, 1.0, 0.0, 4], {"odd": 1}, thing="w")
    with pytest.raises(InputError, match=r"w: zero point must be an integer, not 0\.5"):
        quant(x, 1.0, 0.5, 4).exact(thing="w")
    with pytest.raises(InputError, match="w: must have one scale for each row"):
        quant(x, np.array([1.0, 2.0]), 0.0, 4).exact(thing="w")
    with pytest.raises(InputError, match="w: must be a matrix"):
        quant(x[0], 1.0, 0.0, 4).exact(thing="w")
