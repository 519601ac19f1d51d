"""What is exported computes what the modules do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.draft import Formats
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.modelfile import model_bytes, read_model
from pascaline.spec.preprocess import Preprocess

torch = pytest.importorskip("torch")

from pascaline import nn  # noqa: E402
from tests.train.test_layers import CELLS  # noqa: E402

INPUTS, HIDDEN, CLASSES, STEPS = 6, 16, 3, 8


class Net(torch.nn.Module):  # type: ignore[misc]
    """A user's network: a recurrent layer, and a head on its last h."""

    def __init__(self, cell: str, weights: str, head: Any = None, **kwargs: Any) -> None:
        super().__init__()
        kind, chosen = CELLS[cell]
        self.rnn = kind(INPUTS, HIDDEN, batch_first=True, weights=weights, **chosen, **kwargs)
        self.parts = 2 if self.rnn.bidirectional else 1
        sizes = self.parts * HIDDEN, CLASSES
        self.fc = nn.Linear(*sizes, weights=weights) if head is None else head(*sizes)

    def outputs(self, x: Any) -> Any:
        _, state = self.rnn(x)
        h = state[0] if isinstance(state, tuple) else state
        return torch.cat(list(h[-self.parts :]), dim=-1)

    def forward(self, x: Any) -> Any:
        return self.fc(self.outputs(x))


def teach(net: Net, steps: int = 20) -> list[float]:
    """The loss of each step: which of three inputs is largest in sum."""
    adam, losses = torch.optim.Adam(net.parameters(), lr=0.03), []
    for _ in range(steps):
        x = torch.rand(50, STEPS, INPUTS) * 2 - 1
        labels = x.sum(dim=1)[:, :CLASSES].argmax(dim=1)
        loss = torch.nn.functional.cross_entropy(net(x.to(net.fc.weight.dtype)), labels)
        adam.zero_grad()
        torch.autograd.backward(loss)
        adam.step()
        losses.append(loss.item())
    return losses


def taught(*args: Any, **kwargs: Any) -> Net:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Net(*args, **kwargs)
        losses = teach(net)
    assert np.mean(losses[-5:]) < losses[0] - 0.05
    return net.eval()


def make_inputs(x: Format, count: int = 200) -> Any:
    return x.quantize(np.random.default_rng(0).uniform(-1, 1, (count, STEPS, INPUTS)))


def computed(model: Model, inputs: Any) -> Any:
    """What golden gives for each sequence."""
    return np.concatenate(Golden(model).run(list(inputs)).results)


def seen(model: Model, inputs: Any, dtype: Any = torch.float32) -> Any:
    """The same inputs as real numbers."""
    return torch.from_numpy(inputs * model.network.x.lsb).to(dtype)


@pytest.mark.parametrize("weights", ["binary", "ternary", "fixed8"])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, False), (1, True)])
@pytest.mark.parametrize("cell", CELLS)
def test_decides_as_the_network_does(
    cell: str, layers: int, both: bool, weights: str, tmp_path: Path
) -> None:
    net = taught(cell, weights, num_layers=layers, bidirectional=both)
    bare = nn.export(net.rnn, tmp_path / "bare.safetensors")
    model = nn.export(net.rnn, tmp_path / "net.safetensors", head=net.fc)
    inputs = make_inputs(model.network.x)
    with torch.no_grad():
        h = net.outputs(seen(bare, inputs)).numpy() / bare.network.layer.h.lsb
        classes = net(seen(model, inputs)).numpy().argmax(axis=1)
    integers = computed(bare, inputs)
    coarse = "hadamard" in cell and weights == "fixed8"
    assert (h == integers).mean() > (0.8 if coarse else 0.95)
    assert np.abs(h - integers).max() <= (4 if coarse else 3)
    assert (computed(model, inputs) == classes).mean() >= (0.95 if coarse else 0.985)
    assert len(set(classes.tolist())) > 1


@pytest.mark.parametrize("weights", ["binary", "ternary", "fixed8"])
@pytest.mark.parametrize("both", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("cell", CELLS)
def test_fine_scales(cell: str, both: bool, weights: str, tmp_path: Path) -> None:
    """In double precision hardly anything is left but the rounding of the head's bias."""
    formats = Formats(scale_width=24)
    net = taught(cell, weights, bidirectional=both, formats=formats).double()
    bare = nn.export(net.rnn, tmp_path / "bare.safetensors")
    model = nn.export(net.rnn, tmp_path / "net.safetensors", head=net.fc, output="logits")
    inputs, unit = make_inputs(model.network.x), model.card["logit_unit"]
    with torch.no_grad():
        h = net.outputs(seen(bare, inputs, torch.float64)).numpy() / bare.network.layer.h.lsb
        logits = net(seen(model, inputs, torch.float64)).numpy()
    same = computed(bare, inputs) == h
    assert same.mean() > 0.999
    # A transform hands an h that is off by 1 to all units of its block.
    assert np.abs(computed(bare, inputs) - h).max() <= (2 if "hadamard" in cell else 1)
    found, rows = computed(model, inputs) * unit, same.all(axis=1)
    np.testing.assert_allclose(found[rows], logits[rows], rtol=0, atol=unit * 0.501)


@pytest.mark.parametrize("cell", CELLS)
def test_zero_points(cell: str, tmp_path: Path) -> None:
    """In double precision and with fine scales, h is what the network computes."""
    if "hadamard" in cell:
        pytest.skip("an h that is off goes to all units of a block")
    formats = Formats(scale_width=24)
    net = taught(cell, "fixed4", rule="asymmetric", formats=formats).double()
    with torch.no_grad():
        for part in net.rnn.parts:
            # Far from symmetric.
            part.shadow_x.add_(part.shadow_x.std())
    bare = nn.export(net.rnn, tmp_path / "bare.safetensors")
    assert bare.network.layer.zero_points
    assert bare.layers[0]["zero_x"] < -1
    inputs = make_inputs(bare.network.x)
    with torch.no_grad():
        h = net.outputs(seen(bare, inputs, torch.float64)).numpy() / bare.network.layer.h.lsb
    assert (computed(bare, inputs) == h).mean() > 0.999


def test_results_of_every_step_and_pooling(tmp_path: Path) -> None:
    net, path = taught("lstm", "ternary"), tmp_path / "net.safetensors"
    every = nn.export(net.rnn, path, head=net.fc, results="every")
    pooled = nn.export(net.rnn, path, head=net.fc, pooling="max")
    inputs = make_inputs(every.network.x)
    with torch.no_grad():
        output, _ = net.rnn(seen(every, inputs))
        steps, largest = net.fc(output).argmax(dim=2), net.fc(output.amax(dim=1)).argmax(dim=1)
    found = np.stack(Golden(every).run(list(inputs)).results)
    assert (found == steps.numpy()).mean() > 0.97
    assert (computed(pooled, inputs) == largest.numpy()).mean() > 0.97


def test_modules_on_top_of_each_other(tmp_path: Path) -> None:
    """Of other sizes, cells, weights and formats."""
    wide = Formats(h=Format(width=10, frac=9), pre=Format(width=14, frac=9), scale_width=24)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        one = nn.LSTM(INPUTS, 12, bidirectional=True, weights="binary", formats=wide).double()
        two = nn.RNN(24, 10, weights="fixed6", formats=Formats(scale_width=24)).double()
    model = nn.export([one, two], tmp_path / "net.safetensors")
    assert [layer.kind for layer in model.network.layers] == ["lstm", "rnn"]
    inputs = make_inputs(model.network.x)
    with torch.no_grad():
        _, h = two.eval()(one.eval()(seen(model, inputs, torch.float64).transpose(0, 1))[0])
    np.testing.assert_array_equal(computed(model, inputs), h[0].numpy() * 128)


@pytest.mark.parametrize(
    "normaliser", ["scale", "batchnorm", "weightnorm", "none", "layernorm", "madnorm"]
)
def test_normalisers(normaliser: str, tmp_path: Path) -> None:
    net = taught("gru", "ternary", normaliser=normaliser, shared_scale=False)
    model = nn.export(net.rnn, tmp_path / "net.safetensors", head=net.fc)
    inputs = make_inputs(model.network.x)
    with torch.no_grad():
        classes = net(seen(model, inputs)).numpy().argmax(axis=1)
    assert (computed(model, inputs) == classes).mean() > 0.97


def test_head_of_pytorch(tmp_path: Path) -> None:
    net, path = taught("lstm", "ternary", head=torch.nn.Linear), tmp_path / "net.safetensors"
    model = nn.export(net.rnn, path, head=net.fc)
    coarse = nn.export(net.rnn, path, head=net.fc, head_weights="ternary")
    assert [m.network.head.weights.name for m in (model, coarse) if m.network.head] == [
        "fixed8",
        "ternary",
    ]
    inputs = make_inputs(model.network.x)
    with torch.no_grad():
        classes = net(seen(model, inputs)).numpy().argmax(axis=1)
    assert (computed(model, inputs) == classes).mean() > 0.97
    without = nn.export(net.rnn, path, head=torch.nn.Linear(HIDDEN, 2, bias=False))
    assert without.head is not None
    assert not without.head.bias.any()


def test_drawn_weights_are_exported_as_in_evaluation(tmp_path: Path) -> None:
    chosen: dict[str, Any] = {"rule": "ardakani", "stochastic": True}
    module, path = nn.LSTM(INPUTS, HIDDEN, **chosen), tmp_path / "net.safetensors"
    module(torch.zeros(2, 1, INPUTS))
    one = nn.export(module, path)
    module.eval()(torch.zeros(2, 1, INPUTS))
    assert model_bytes(nn.export(module, path)) == model_bytes(one)


def test_file_and_card(tmp_path: Path) -> None:
    module, path = nn.LSTM(INPUTS, HIDDEN), tmp_path / "mine.safetensors"
    before = {name: value.clone() for name, value in module.state_dict().items()}
    model = nn.export(module, path)
    assert model.name == "mine"
    assert model_bytes(read_model(path)) == model_bytes(model)
    assert model.card["preprocess"]["gain"] == [1.0] * INPUTS
    assert set(model.card["made_with"]) == {"pascaline", "numpy", "torch"}
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    rule = Preprocess.uniform(INPUTS, offset=1.0, gain=0.5)
    model = nn.export(module, str(path), name="other", preprocess=rule)
    assert model.name == "other"
    assert model.card["preprocess"]["offset"] == [1.0] * INPUTS


def test_format_of_x(tmp_path: Path) -> None:
    module, path = nn.LSTM(INPUTS, HIDDEN), tmp_path / "net.safetensors"
    assert nn.export(module, path).network.x == Format(width=8, frac=7)
    twelve = Format(width=12, frac=9)
    assert nn.export(module, path, x_format=twelve).network.x == twelve
    for largest, frac in ((0.1, 7), (1.0, 7), (1.5, 6), (5.0, 4)):
        x = torch.zeros(2, 3, INPUTS)
        x[1, 2, 3] = -largest
        for inputs in (x, x.numpy()):
            model = nn.export(module, path, calibrate=inputs)
            assert model.network.x == Format(width=8, frac=frac)


@pytest.mark.parametrize(
    ("layers", "kwargs", "text"),
    [
        ([], {}, r"layers: must be at least one"),
        (
            [torch.nn.LSTM(3, 4)],
            {},
            r"layers\[0\]: must be an LSTM, GRU or RNN of pascaline.nn, not 'LSTM'",
        ),
        ([nn.RNN(3, 4), nn.RNN(3, 4)], {}, r"layers\[1\]\.input_size: must be 4, not 3"),
        (nn.RNN(3, 4), {"head": nn.Linear(5, 2)}, r"head\.in_features: must be 4, not 5"),
        (
            nn.RNN(3, 4),
            {"head": nn.Linear(4, 2), "head_weights": "binary"},
            r"head_weights: must not be given: the head has its own, not 'binary'",
        ),
        (
            nn.RNN(3, 4),
            {"x_format": Format(width=8, frac=7), "calibrate": [1.0]},
            r"calibrate: must not be given beside x_format",
        ),
        (
            nn.RNN(3, 4),
            {"calibrate": [float("nan")]},
            r"calibrate: must be numbers, all of them finite",
        ),
        (nn.RNN(3, 4), {"calibrate": []}, r"calibrate: must be numbers, all of them finite"),
        (nn.RNN(3, 4), {"name": "no name"}, r"name: must be a letter, then .*"),
        (nn.RNN(3, 4), {"pooling": "max", "results": "every"}, r"network: results must be last .*"),
        (
            nn.RNN(3, 4),
            {"preprocess": Preprocess.uniform(2)},
            r"preprocess.offset: must have 3 values, not 2",
        ),
    ],
)
def test_what_cannot_be_exported(
    layers: Any, kwargs: dict[str, Any], text: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"^{text}$"):
        nn.export(layers, tmp_path / "net.safetensors", **kwargs)
    assert not (tmp_path / "net.safetensors").exists()


def test_what_is_no_number(tmp_path: Path) -> None:
    module = nn.LSTM(INPUTS, HIDDEN)
    with torch.no_grad():
        module.parts[0].normaliser.bias[3] = torch.nan
    with pytest.raises(InputError, match=r"^layers\.0\.bias\[3\]: must be finite, not nan$"):
        nn.export(module, tmp_path / "net.safetensors")
