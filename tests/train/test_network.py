from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from golden.network import Golden
from golden.reference import Reference
from spec.formats import Format
from spec.model import Model
from spec.network import GATES
from train.draft import Formats, draft
from train.freeze import freeze
from train.options import Options

torch = pytest.importorskip("torch")

from train.cells import CELLS, Lstm  # noqa: E402
from train.fit import classify  # noqa: E402
from train.learn import build  # noqa: E402
from train.network import pad  # noqa: E402
from train.quantisers import QUANTISERS  # noqa: E402

INPUTS, HIDDEN, CLASSES = 4, 10, 3

WIDE = Formats(
    x=Format(width=16, frac=14),
    h=Format(width=16, frac=14),
    pre=Format(width=16, frac=11),
    sigmoid=Format(width=16, frac=14),
    tanh=Format(width=16, frac=14),
    cell=Format(width=24, frac=20),
    scale_width=24,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(params=["binary", "ternary"])
def weights(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=["scale", "batchnorm"])
def normaliser(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[False, True], ids=["separate", "shared"])
def options(request: pytest.FixtureRequest, weights: Any, normaliser: Any) -> Options:
    return Options(
        weights=weights, normaliser=normaliser, shared_scale=request.param, hidden=HIDDEN
    )


def make_network(options: Options, rng: np.random.Generator) -> Any:
    """A network in double precision, as if it had learned: nothing is where it started."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = build(options, inputs=INPUTS, classes=CLASSES).double()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter += 0.2 * torch.randn_like(parameter)
            network.head.weight *= 5
    x = torch.from_numpy(rng.uniform(-1, 1, (200, INPUTS)))
    h = torch.from_numpy(rng.uniform(-0.5, 0.5, (200, HIDDEN)))
    network.layer.normaliser.observe(x, h)
    return network.eval()


def make_model(network: Any, options: Options, formats: Formats) -> Model:
    arithmetic = QUANTISERS[options.weights].arithmetic
    sizes = {"inputs": INPUTS, "hidden": HIDDEN, "classes": CLASSES}
    return freeze(network.learned(), draft(formats, weights=arithmetic, **sizes), name="a")


def make_inputs(rng: np.random.Generator, x: Format, lengths: list[int]) -> list[Any]:
    return [x.quantize(rng.uniform(-1, 1, (steps, INPUTS))) for steps in lengths]


def test_pad() -> None:
    x, lengths = pad([np.array([[2, 4]]), np.array([[1, 1], [3, 3]])], 0.5)
    assert lengths.tolist() == [1, 2]
    assert x.tolist() == [[[1, 2], [0.5, 0.5]], [[0, 0], [1.5, 1.5]]]


def test_lstm_starts_with_an_open_forget_gate() -> None:
    assert list(CELLS) == ["lstm"]
    bias = Lstm().bias(3).reshape(len(GATES), 3)
    assert bias[GATES.index("f")].tolist() == [1, 1, 1]
    assert bias.sum() == 3


def test_layer_is_an_lstm(options: Options, rng: np.random.Generator) -> None:
    """The layer computes what ``nn.LSTM`` does with the same scaled weights."""
    network = make_network(options, rng)
    weight_x, weight_h, (scale_x, scale_h, bias) = network.layer.folded()
    lstm = torch.nn.LSTM(INPUTS, HIDDEN).double()
    lstm.load_state_dict(
        {
            "weight_ih_l0": scale_x[:, None] * weight_x,
            "weight_hh_l0": scale_h[:, None] * weight_h,
            "bias_ih_l0": bias,
            "bias_hh_l0": torch.zeros_like(bias),
        }
    )
    x = torch.from_numpy(rng.uniform(-1, 1, (6, 5, INPUTS)))
    found = network.layer(x, torch.full((5,), 6))
    torch.testing.assert_close(found, lstm(x)[0])


def test_folding_is_exact(options: Options, rng: np.random.Generator) -> None:
    """The frozen model's real-valued twin is the network; the integers stay within its bound."""
    network = make_network(options, rng)
    model = make_model(network, options, WIDE)
    assert not options.shared_scale or model.layers[0].shared_scale
    inputs = np.stack(make_inputs(rng, WIDE.x, [6, 6, 6]), axis=1)
    with torch.no_grad():
        real = network.layer(torch.from_numpy(inputs * WIDE.x.lsb), torch.full((3,), 6)).numpy()
    reference, golden = Reference(model), Golden(model)
    twin, state = reference.zero(3), golden.zero(3)
    for step, x in enumerate(inputs):
        twin, state = reference.step(x, twin), golden.step(x, state).state
        np.testing.assert_allclose(twin.h.value, real[step], rtol=0, atol=2e-4)
        assert (np.abs(state.h * WIDE.h.lsb - real[step]) <= twin.h.error + 2e-4).all()
        assert np.abs(state.h * WIDE.h.lsb - real[step]).max() < 5e-3


def test_integers_classify_as_the_network_does(options: Options, rng: np.random.Generator) -> None:
    network = make_network(options, rng).float()
    lengths = rng.integers(1, 12, 300).tolist()
    inputs = make_inputs(rng, Formats().x, lengths)
    as_float = classify(network, inputs, lsb=Formats().x.lsb, batch=64)
    results = Golden(make_model(network, options, Formats())).run(inputs).results
    assert (np.concatenate(results) == as_float).mean() > 0.95
    assert len(set(as_float)) > 1


def test_what_follows_a_sequence_does_not_matter(
    options: Options, rng: np.random.Generator
) -> None:
    network = make_network(options, rng).float()
    inputs = make_inputs(rng, Formats().x, [3, 9])
    x, lengths = pad(inputs, 1 / 128)
    x[3:, 0] = 1e3
    alone = network(*pad(inputs[:1], 1 / 128))
    torch.testing.assert_close(network(x, lengths)[:1], alone)
    # Nor do statistics see it.
    network.train()
    network(x, lengths)
    assert all(buffer.abs().max() < 100 for buffer in network.buffers())


def test_only_training_moves_statistics(options: Options, rng: np.random.Generator) -> None:
    network = make_network(options, rng).float()
    before = [buffer.clone() for buffer in network.buffers()]
    network(*pad(make_inputs(rng, Formats().x, [3, 9]), 1 / 128))
    assert all(map(torch.equal, before, network.buffers()))


def test_clamp(options: Options, rng: np.random.Generator) -> None:
    network = make_network(options, rng)
    with torch.no_grad():
        network.layer.shadow_x *= 100
        network.layer.shadow_h *= 100
    before = network.learned()
    network.layer.clamp()
    assert network.layer.shadow_x.abs().max() == network.layer.shadow_h.abs().max() == 1
    if options.weights == "binary":
        np.testing.assert_array_equal(network.learned().weight_h, before.weight_h)
