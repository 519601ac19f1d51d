from dataclasses import replace

import numpy as np
import pytest

from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from tests.golden.networks import model as make_stack
from tests.models import make_model


def changed(model, name, index, value):
    tensor = model.tensors[name].copy()
    tensor[index] = value
    return {**model.tensors, name: tensor}


@pytest.fixture
def model():
    return make_model(
        head={"classes": 2, "weights": "binary", "scaled": True}, layer={"cell_affine": {}}
    )


def test_parts(model):
    [layer] = model.layers
    assert layer["weight_x"].shape == (16, 3)
    assert {name: layer[name].shape for name in ("scale_c", "bias_c")} == {
        "scale_c": (4,),
        "bias_c": (4,),
    }
    assert not np.array_equal(layer["scale_x"], layer["scale_h"])
    assert model.head.scale.shape == (2,)
    [shared] = make_model(shared_scale=True).layers
    assert np.array_equal(shared["scale_x"], shared["scale_h"])
    assert make_model().head is None


def test_parts_of_stacks_and_directions():
    made = make_stack([{"kind": "gru", "bidirectional": True}, {"kind": "rnn", "hidden": 5}])
    assert [name for name in made.tensors if name.endswith("weight_x")] == [
        "layers.0.weight_x",
        "layers.0.reverse.weight_x",
        "layers.1.weight_x",
    ]
    (forward, backward), (last,) = made.directions
    assert made.layers[0] is forward
    assert made.layers[1] is last
    assert not np.array_equal(forward["weight_x"], backward["weight_x"])
    assert backward["weight_x"] is made.tensors["layers.0.reverse.weight_x"]
    assert backward["bias_h"].shape == (4,)
    assert last["weight_x"].shape == (5, 8)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda m: changed(m, "layers.0.weight_x", (1, 2), 2),
            "layers.0.weight_x[1, 2]: must be a ternary weight, -1 to 1, not 2",
        ),
        (
            lambda m: changed(m, "head.weight", (0, 0), 0),
            "head.weight[0, 0]: must be -1 or 1, not 0",
        ),
        (
            lambda m: changed(m, "layers.0.scale_h", 5, 1 << 15),
            "layers.0.scale_h[5]: must be -32768 to 32767, not 32768",
        ),
        (
            lambda m: changed(m, "layers.0.bias", 0, -(1 << 31) - 1),
            "layers.0.bias[0]: must be -2147483648 to 2147483647, not -2147483649",
        ),
        (
            lambda m: changed(m, "layers.0.scale_c", 3, 40000),
            "layers.0.scale_c[3]: must be -32768 to 32767, not 40000",
        ),
        (
            lambda m: m.tensors | {"layers.0.bias": np.zeros(4, np.int64)},
            "layers.0.bias: shape must be [16], not [4]",
        ),
        (
            lambda m: m.tensors | {"layers.1.bias": np.zeros(4, np.int64)},
            "layers.1.bias: tensor is not part of the network",
        ),
        (
            lambda m: {k: v for k, v in m.tensors.items() if k != "head.scale"},
            "head.scale: tensor is missing",
        ),
    ],
)
def test_errors(model, change, text):
    with pytest.raises(InputError) as error:
        replace(model, tensors=change(model))
    assert str(error.value) == text


@pytest.mark.parametrize("name", ["", "1st", "a b", "x" * 65, "a/b"])
def test_names(model, name):
    with pytest.raises(InputError, match=r"^name: must be a letter, then letters, digits, - or _"):
        Model(name=name, network=model.network, tensors=model.tensors)
