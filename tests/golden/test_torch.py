"""PyTorch's own layers beside the golden model of their weights; where there is PyTorch."""

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.spec.model import Model
from tests.golden.networks import network, q

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.utils import rnn  # noqa: E402

INPUTS, HIDDEN = 5, 6

FINE = {
    "hidden": HIDDEN,
    "weights": "fixed16",
    "h": q(16, 14),
    "pre": q(16, 12),
    "normaliser": {"scale_width": 24, "bias_width": 48, "shift": 34},
}
GATED = FINE | {"sigmoid": q(17, 15), "tanh": q(17, 15)}

LAYERS = {
    "lstm": GATED | {"cell": q(24, 20)},
    "gru": GATED | {"kind": "gru", "state": q(26, 24)},
    "tanh": FINE | {"kind": "rnn"},
    "relu": FINE | {"kind": "rnn", "function": "relu", "h": q(16, 12)},
}


def make(name, **options):
    kinds = {"lstm": nn.LSTM, "gru": nn.GRU}
    if name in ("tanh", "relu"):
        options["nonlinearity"] = name
    torch.manual_seed(0)
    return kinds.get(name, nn.RNN)(INPUTS, HIDDEN, batch_first=True, **options).double()


def tensors(module, described):
    """Integers for each layer and direction, as near to the module's weights as they get."""
    weights = {name: value.detach().numpy() for name, value in module.named_parameters()}
    found = {}
    for index, layer in enumerate(described.layers):
        one = 2.0 ** (layer.pre.frac + layer.normaliser.shift)
        for reverse in ("", "_reverse")[: layer.directions]:
            at = f"layers.{index}." + ("reverse." if reverse else "")
            for part, torch_part, of in (
                ("x", "ih", described.layer_x(index)),
                ("h", "hh", layer.h),
            ):
                matrix = weights[f"weight_{torch_part}_l{index}{reverse}"]
                unit = np.abs(matrix).max(axis=1) / 32767
                found[f"{at}weight_{part}"] = np.round(matrix / unit[:, None]).astype(np.int64)
                found[f"{at}scale_{part}"] = np.round(unit * of.lsb * one).astype(np.int64)
            x, h = (weights[f"bias_{part}_l{index}{reverse}"] for part in ("ih", "hh"))
            if layer.separate:
                apart = 2 * HIDDEN
                found[at + "bias_h"] = np.round(h[apart:] * one).astype(np.int64)
                h = np.concatenate([h[:apart], 0 * h[apart:]])
            found[at + "bias"] = np.round((x + h) * one).astype(np.int64)
    return found


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("count", [1, 2])
def test_computes_what_pytorch_computes(name, bidirectional, count, rng):
    module = make(name, num_layers=count, bidirectional=bidirectional)
    layers = [LAYERS[name] | {"bidirectional": bidirectional}] * count
    golden = {}
    for results in ("every", "last"):
        described = network(layers, inputs=INPUTS, x=q(16, 14), results=results)
        made = Model(name="a", network=described, tensors=tensors(module, described))
        golden[results] = Golden(made)
    lengths = [9, 1, 20, 4]
    x = [described.x.quantize(rng.uniform(-1, 1, (steps, INPUTS))) for steps in lengths]
    real = [torch.from_numpy(one * described.x.lsb) for one in x]
    with torch.no_grad():
        outputs, state = module(rnn.pack_sequence(real, enforce_sorted=False))
        outputs, _ = rnn.pad_packed_sequence(outputs, batch_first=True)
    h = state[0] if name == "lstm" else state
    last = torch.cat(list(h[-(1 + bidirectional) :]), dim=1).numpy()
    lsb, fine = described.layer.h.lsb, {"rtol": 0, "atol": 1e-3}
    every = golden["every"].run(x).results
    for index, steps in enumerate(lengths):
        np.testing.assert_allclose(every[index] * lsb, outputs[index, :steps].numpy(), **fine)
    found = np.concatenate(golden["last"].run(x).results)
    np.testing.assert_allclose(found * lsb, last, **fine)
    assert np.abs(last).max() > 0.1
