from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pascaline.importers.plain import run_head, run_layers
from pascaline.importers.statedict.reader import network_of
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import Preprocess

torch = pytest.importorskip("torch")

INPUTS, HIDDEN, CLASSES = 6, 10, 4
ROWS = 4 * HIDDEN


def make(
    weights: str, *, cell: str = "lstm", shared: bool = False, normaliser: str = "scale"
) -> Any:
    from pascaline.train.learn import build
    from pascaline.train.options import Options

    chosen = {"weights": weights, "shared_scale": shared, "normaliser": normaliser}
    options = Options(cell=cell, **chosen)
    torch.manual_seed(1)
    return build(options, inputs=INPUTS, hidden=HIDDEN, classes=CLASSES, every=True)


def tensors(weights: str, *, shared: bool = False) -> dict[str, Any]:
    """A float network whose rows are already one scale times weights of that arithmetic."""
    rng = np.random.default_rng(2)
    values = [-1, 1] if weights == "binary" else [-1, 0, 1]
    scales = rng.uniform(0.1, 0.5, (2, ROWS, 1))
    weight_x, weight_h = (rng.choice(values, (ROWS, size)) for size in (INPUTS, HIDDEN))
    weight_x[:, 0] = weight_h[:, 0] = 1
    return {
        "weight_ih_l0": scales[0] * weight_x,
        "weight_hh_l0": scales[0 if shared else 1] * weight_h,
        "bias_ih_l0": rng.normal(size=ROWS),
        "bias_hh_l0": rng.normal(size=ROWS),
        "head.weight": rng.normal(size=(CLASSES, HIDDEN)),
        "head.bias": rng.normal(size=CLASSES),
    }


@pytest.mark.parametrize("weights", ["binary", "ternary"])
@pytest.mark.parametrize(("shared", "affine"), [(False, False), (False, True), (True, False)])
def test_computes_what_the_other_does(weights: str, shared: bool, affine: bool) -> None:
    from pascaline.train.adopt import adopt

    network, other = make(weights, shared=shared), tensors(weights, shared=shared)
    rule = Preprocess(offset=(1.0,) * INPUTS, gain=(0.5,) * INPUTS)
    before = Preprocess(offset=(3.0,) * INPUTS, gain=(0.25,) * INPUTS)
    features = x = np.random.default_rng(0).normal(size=(7, 3, INPUTS))
    if affine:
        adopt(network, network_of(other), rule, before=before)
        x, features = (x - 1) * 0.5, (features - 3) * 0.25
    else:
        adopt(network, network_of(other))
    network.eval()
    with torch.no_grad():
        found = network(torch.from_numpy(x).float())[0].numpy()
    wanted = run_head(network_of(other), run_layers(network_of(other), features)[0])
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4)


def test_any_weights_are_near() -> None:
    from pascaline.train.adopt import adopt

    network, rng = make("ternary"), np.random.default_rng(0)
    other = tensors("ternary") | {"weight_ih_l0": rng.normal(size=(ROWS, INPUTS))}
    adopt(network, network_of(other))
    with torch.no_grad():
        folded = network.stack[0].parts[0].folded()
        near = (folded.weight_x * folded.scale_x[:, None]).numpy()
    error = np.square(near - other["weight_ih_l0"]).sum() / np.square(other["weight_ih_l0"]).sum()
    assert error < 0.3


def test_a_head_may_be_missing() -> None:
    from pascaline.train.adopt import adopt

    network, other = make("ternary"), tensors("ternary")
    before = network.head.weight.detach().clone()
    adopt(network, network_of({key: value for key, value in other.items() if "head" not in key}))
    assert torch.equal(network.head.weight, before)


@pytest.mark.parametrize(
    ("key", "shape", "text"),
    [
        ("weight_ih_l0", (ROWS, 5), "starting weights: inputs: must be 6, not 5"),
        ("head", (3, HIDDEN), "starting weights: classes: must be 4, not 3"),
    ],
)
def test_sizes(key: str, shape: tuple[int, int], text: str) -> None:
    from pascaline.train.adopt import adopt

    other = tensors("ternary")
    if key == "head":
        other |= {"head.weight": np.zeros(shape), "head.bias": np.zeros(3)}
    else:
        other[key] = np.zeros(shape)
    with pytest.raises(InputError, match=f"^{text}$"):
        adopt(make("ternary"), network_of(other))


def test_layers_that_differ() -> None:
    """A stack of modules need not have equal layers, but a network that learns has."""
    from pascaline.train.adopt import adopt

    rng, gru = np.random.default_rng(0), 3 * HIDDEN
    other = {
        "rnn.weight_ih_l0": rng.normal(size=(gru, INPUTS)),
        "rnn.weight_hh_l0": rng.normal(size=(gru, HIDDEN)),
    }
    with pytest.raises(InputError, match=r"^starting weights: gates: must be 4, not 3$"):
        adopt(make("ternary"), network_of(other))


def test_no_recurrent_matrix() -> None:
    from pascaline.train.adopt import adopt

    with pytest.raises(InputError, match=r"^cell: must have a recurrent matrix to start from"):
        adopt(make("ternary", cell="lstm-hadamard"), network_of(tensors("ternary")))


def test_other_normaliser() -> None:
    from pascaline.train.adopt import adopt

    with pytest.raises(InputError, match=r"^normaliser: must be scale to start from other"):
        adopt(make("ternary", normaliser="batchnorm"), network_of(tensors("ternary")))
