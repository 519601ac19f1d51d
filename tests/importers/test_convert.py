from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pascaline.golden.network import Golden
from pascaline.importers.convert import Conversion, convert
from pascaline.importers.draft import Formats
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.statedict.reader import network_of
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.preprocess import Preprocess, quantize

INPUTS, HIDDEN, CLASSES = 5, 12, 4

WIDE = Formats(
    x=Format(width=16, frac=12),
    h=Format(width=16, frac=15),
    pre=Format(width=16, frac=12),
    sigmoid=Format(width=16, frac=15, signed=False),
    tanh=Format(width=16, frac=15),
    cell=Format(width=24, frac=20),
    state=Format(width=24, frac=20),
    scale_width=24,
    head=arithmetic("fixed16"),
)

Tensors = dict[str, NDArray[Any]]


def imported(
    tensors: Tensors,
    conversion: Conversion,
    *,
    preprocess: Preprocess | None = None,
    **reading: Any,
) -> Model:
    network = network_of(tensors, Reading(**reading))
    foreign = Foreign(network=network, source="PyTorch", preprocess=preprocess)
    return convert(foreign, conversion, name="net")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def tensors(rng: np.random.Generator) -> Tensors:
    """A state_dict as PyTorch would start it, with a head."""
    rows, reach = 4 * HIDDEN, 1 / np.sqrt(HIDDEN)
    shapes = {
        "weight_ih_l0": (rows, INPUTS),
        "weight_hh_l0": (rows, HIDDEN),
        "bias_ih_l0": (rows,),
        "bias_hh_l0": (rows,),
        "fc.weight": (CLASSES, HIDDEN),
        "fc.bias": (CLASSES,),
    }
    return {
        key: rng.uniform(-reach, reach, shape).astype(np.float32) for key, shape in shapes.items()
    }


def ternary(rng: np.random.Generator, matrix: NDArray[Any]) -> NDArray[Any]:
    """A matrix of exact ternary form, with one row of zeros."""
    scale = rng.uniform(0.1, 0.5, (len(matrix), 1)).astype(np.float32)
    values = rng.integers(-1, 2, matrix.shape)
    values[3] = 0
    values[:3, 0] = 1
    return scale * values


def float_lstm(tensors: Tensors, x: NDArray[Any]) -> NDArray[Any]:
    """All h of one sequence, as the PyTorch manual defines them."""

    def sigmoid(z: NDArray[Any]) -> NDArray[Any]:
        return 1 / (1 + np.exp(-z))

    h = c = np.zeros(HIDDEN)
    every = []
    for step in x:
        z = tensors["weight_ih_l0"] @ step + tensors["bias_ih_l0"]
        z = z + tensors["weight_hh_l0"] @ h + tensors["bias_hh_l0"]
        i, f, g, o = z.reshape(4, HIDDEN)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        every.append(h)
    return np.array(every)


@pytest.mark.parametrize(
    ("weights", "close"), [("fixed8", 0.02), ("fixed12", 2e-3), ("fixed16", 7e-4)]
)
def test_fixed_point_follows_the_lstm(
    weights: str, close: float, tensors: Tensors, rng: np.random.Generator
) -> None:
    del tensors["fc.weight"], tensors["fc.bias"]
    conversion = Conversion(weights=arithmetic(weights), formats=WIDE)
    model = imported(tensors, conversion, result="every")
    features = rng.normal(size=(30, INPUTS))
    (h,) = Golden(model).run(quantize([features], model)).results
    exact = float_lstm(tensors, features)
    np.testing.assert_allclose(h * WIDE.h.lsb, exact, rtol=0, atol=close)
    assert np.abs(exact).max() > 0.3


def test_head_follows_the_dense_layer(tensors: Tensors, rng: np.random.Generator) -> None:
    conversion = Conversion(weights=arithmetic("fixed16"), formats=WIDE, output="logits")
    model = imported(tensors, conversion)
    features = rng.normal(size=(9, INPUTS))
    (logits,) = Golden(model).run(quantize([features], model)).results
    exact = tensors["fc.weight"] @ float_lstm(tensors, features)[-1] + tensors["fc.bias"]
    np.testing.assert_allclose(logits[0] * model.card["logit_unit"], exact, atol=3e-3)


def test_preprocess_stands_before_the_network(tensors: Tensors, rng: np.random.Generator) -> None:
    conversion = Conversion(weights=arithmetic("fixed16"), formats=WIDE)
    rule = Preprocess(offset=(1, 2, 3, 4, 5), gain=(0.5,) * 5)
    model = imported(tensors, conversion, preprocess=rule)
    x = rng.normal(size=(2, INPUTS))
    (found,) = quantize([x * 2 + np.arange(1, 6)], model)
    np.testing.assert_array_equal(found, WIDE.x.quantize(x))


def test_ternary_form_is_taken_over(tensors: Tensors, rng: np.random.Generator) -> None:
    for key in ("weight_ih_l0", "weight_hh_l0"):
        tensors[key] = ternary(rng, tensors[key])
    for anyway in (False, True):
        conversion = Conversion(weights=arithmetic("ternary"), quantize=anyway)
        model = imported(tensors, conversion)
        layer, unit = model.layers[0], 2.0 ** -(8 + model.network.layer.normaliser.shift)
        for weight, scale, key in (
            (layer["weight_x"], layer["scale_x"], "weight_ih_l0"),
            (layer["weight_h"], layer["scale_h"], "weight_hh_l0"),
        ):
            np.testing.assert_array_equal(weight, np.sign(tensors[key]))
            real = np.abs(tensors[key]).max(axis=1)
            np.testing.assert_allclose(scale * unit * 128, real, rtol=0, atol=unit * 64)
            assert scale[3] == 0


def test_binary_form_is_taken_over(tensors: Tensors, rng: np.random.Generator) -> None:
    for key in ("weight_ih_l0", "weight_hh_l0"):
        scale = rng.uniform(0.1, 0.5, (len(tensors[key]), 1))
        tensors[key] = scale * rng.choice([-1, 1], tensors[key].shape)
    tensors["weight_hh_l0"][5] = 0
    layer = imported(tensors, Conversion(weights=arithmetic("binary"))).layers[0]
    np.testing.assert_array_equal(layer["weight_x"], np.sign(tensors["weight_ih_l0"]))
    assert layer["scale_h"][5] == 0


@pytest.mark.parametrize(
    ("weights", "row", "form"),
    [("ternary", "weight_hh_l0[7]", "-1, 0 or 1"), ("binary", "weight_ih_l0[0]", "-1 or 1")],
)
def test_other_forms_are_refused(
    weights: str, row: str, form: str, tensors: Tensors, rng: np.random.Generator
) -> None:
    for key in ("weight_ih_l0", "weight_hh_l0"):
        tensors[key] = ternary(rng, tensors[key])
    tensors["weight_ih_l0"][0, 1:] = 0
    tensors["weight_hh_l0"][7, :2] = (0.25, 0.125)
    text = f"{row}: must be one scale times {form} (or be quantised, which loses accuracy)"
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        imported(tensors, Conversion(weights=arithmetic(weights)))


def test_ternary_quantisation(tensors: Tensors) -> None:
    tensors["weight_ih_l0"][0] = (1.0, -0.5, 0.4, 0.3, -0.1)  # 0.7 of the mean is 0.322
    conversion = Conversion(weights=arithmetic("ternary"), quantize=True)
    model = imported(tensors, conversion)
    assert model.layers[0]["weight_x"][0].tolist() == [1, -1, 1, 0, 0]
    real = model.layers[0]["scale_x"][0] * 2.0 ** -(1 + model.network.layer.normaliser.shift)
    assert real == pytest.approx((1 + 0.5 + 0.4) / 3, abs=1e-4)
    assert model.card["quantized"] is True


def test_binary_quantisation(tensors: Tensors) -> None:
    tensors["weight_ih_l0"][0] = (1.0, -0.5, 0.0, 0.3, -0.1)
    conversion = Conversion(weights=arithmetic("binary"), quantize=True)
    model = imported(tensors, conversion)
    assert model.layers[0]["weight_x"][0].tolist() == [1, -1, 1, 1, -1]
    real = model.layers[0]["scale_x"][0] * 2.0 ** -(1 + model.network.layer.normaliser.shift)
    assert real == pytest.approx(1.9 / 5, abs=1e-4)


@pytest.mark.parametrize("head", ["head", "fc", "linear", "model.fc"])
def test_names_of_modules_around(head: str, tensors: Tensors) -> None:
    renamed = {
        key.replace("fc", head) if "fc" in key else f"body.rnn.{key}": value
        for key, value in tensors.items()
    }
    conversion = Conversion(weights=arithmetic("fixed8"))
    one, other = (imported(each, conversion) for each in (tensors, renamed))
    for key, tensor in one.tensors.items():
        np.testing.assert_array_equal(tensor, other.tensors[key])


def test_no_biases(tensors: Tensors) -> None:
    bare = {key: value for key, value in tensors.items() if "bias" not in key}
    model = imported(bare, Conversion(weights=arithmetic("fixed8")))
    assert not model.layers[0]["bias"].any()
    assert model.head is not None
    assert not model.head.bias.any()


def put(key: str, value: Any) -> Callable[[Tensors], None]:
    return lambda tensors: tensors.update({key: value})


def drop(key: str) -> Callable[[Tensors], None]:
    return lambda tensors: tensors.__delitem__(key)


ROWS = 4 * HIDDEN


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (drop("weight_ih_l0"), "weight_ih_l0: tensor is missing"),
        (drop("weight_hh_l0"), "weight_hh_l0: tensor is missing"),
        (drop("bias_ih_l0"), "bias_ih_l0: tensor is missing"),
        (drop("bias_hh_l0"), "bias_hh_l0: tensor is missing"),
        (drop("fc.weight"), "fc.weight: tensor is missing"),
        (put("weight_ih_l1", 0), "weight_hh_l1: tensor is missing"),
        (put("weight_ih_l2", 0), "weight_ih_l1: tensor is missing"),
        (put("weight_ih_l8", 0), "weight_ih_l8: more than 8 layers are not supported"),
        (put("bias_hh_l0_reverse", 0), "weight_ih_l0_reverse: tensor is missing"),
        (put("weight_hr_l0", 0), "weight_hr_l0: a projection is not supported"),
        (put("b.bias_ih_l0", 0), "b.weight_ih_l0: tensor is missing"),
        (put("linear.bias", 0), "linear.weight: tensor is missing"),
        (
            put("norm.weight", 0),
            "norm.weight: tensor is not part of an LSTM, GRU or RNN or of its head",
        ),
        (
            put("weight_hh_l0", np.zeros((3 * HIDDEN, HIDDEN))),
            f"weight_ih_l0: shape must be [{3 * HIDDEN}, {INPUTS}], not [{ROWS}, {INPUTS}]",
        ),
        (
            put("weight_hh_l0", np.zeros((2 * HIDDEN, HIDDEN))),
            f"weight_hh_l0: must have 1, 3, 4 rows a column, not [{2 * HIDDEN}, {HIDDEN}]",
        ),
        (
            put("weight_ih_l0", np.zeros((ROWS, 0))),
            f"weight_ih_l0: must be a matrix, not [{ROWS}, 0]",
        ),
        (put("weight_ih_l0", np.zeros(5)), "weight_ih_l0: must be a matrix, not [5]"),
        (put("bias_ih_l0", np.zeros(5)), f"bias_ih_l0: shape must be [{ROWS}], not [5]"),
        (put("fc.weight", np.zeros((2, 3))), f"fc.weight: shape must be [2, {HIDDEN}], not [2, 3]"),
        (put("fc.bias", np.zeros(3)), "fc.bias: shape must be [4], not [3]"),
        (
            put("bias_ih_l0", np.array([0] * 30 + [np.nan] * 18)),
            "bias_ih_l0[30]: must be finite, not nan",
        ),
        (
            put("fc.bias", np.zeros(CLASSES, complex)),
            "fc.bias: must hold real numbers, not 'complex128'",
        ),
    ],
)
def test_bad_tensors(change: Callable[[Tensors], None], text: str, tensors: Tensors) -> None:
    change(tensors)
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        imported(tensors, Conversion(weights=arithmetic("fixed8")))


def test_bad_preprocess(tensors: Tensors) -> None:
    conversion = Conversion(weights=arithmetic("fixed8"))
    with pytest.raises(InputError, match=r"^preprocess.offset: must have 5 values, not 4$"):
        imported(tensors, conversion, preprocess=Preprocess.uniform(4))


def test_cell_that_the_weights_are_not_of(tensors: Tensors) -> None:
    conversion = Conversion(weights=arithmetic("fixed8"))
    text = f"weight_hh_l0: must have 3 rows a column for gru, not [{ROWS}, {HIDDEN}]"
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        imported(tensors, conversion, cell="gru")
    with pytest.raises(InputError, match=r"^cell: must be one of lstm, .*, gru, .*, not 'elman'$"):
        imported(tensors, conversion, cell="elman")


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "rnn-relu"])
@pytest.mark.parametrize("result", ["last", "max"])
def test_follows_the_module_of_pytorch(
    cell: str, layers: int, bidirectional: bool, result: str
) -> None:
    """Its outputs after every step, and logits of a head at the end, for 16-bit weights."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell, torch.nn.RNN)
    choices = {"nonlinearity": "relu"} if cell == "rnn-relu" else {}
    shape = {"num_layers": layers, "bidirectional": bidirectional}
    module = kind(INPUTS, HIDDEN, **shape, **choices).double()
    head = torch.nn.Linear(HIDDEN * (1 + bidirectional), CLASSES).double()
    net = torch.nn.ModuleDict({"rnn": module, "fc": head})
    state = {key: value.numpy() for key, value in net.state_dict().items()}
    conversion = Conversion(weights=arithmetic("fixed16"), formats=WIDE, output="logits")
    model = imported(state, conversion, cell=cell, result=result)
    x = torch.randn(9, 4, INPUTS, dtype=torch.float64)
    with torch.no_grad():
        every, last = module(x)
        last = last[0] if cell == "lstm" else last
        seen = torch.cat(list(last[-1 - bidirectional :]), dim=1)
        logits = head(every.amax(dim=0) if result == "max" else seen).numpy()
    inputs = quantize(list(x.numpy().swapaxes(0, 1)), model)
    found = np.concatenate(Golden(model).run(inputs).results) * model.card["logit_unit"]
    np.testing.assert_allclose(found, logits, rtol=0, atol=4e-3)
    bare = {key: value for key, value in state.items() if "fc" not in key}
    results = Golden(imported(bare, conversion, cell=cell, result="every")).run(inputs).results
    outputs = np.stack(results, axis=1) * model.network.layer.h.lsb
    np.testing.assert_allclose(outputs, every.numpy(), rtol=0, atol=2e-3)
