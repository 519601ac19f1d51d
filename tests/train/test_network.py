from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.draft import Formats, draft
from pascaline.importers.freeze import freeze
from pascaline.spec.cells.lstm import GATES
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.train.options import Options
from tests.golden.reference import Reference

torch = pytest.importorskip("torch")

from pascaline.train.extract import learned  # noqa: E402
from pascaline.train.learn import build, run  # noqa: E402
from pascaline.train.network import pad  # noqa: E402
from pascaline.train.units import FIXED  # noqa: E402
from tests.models import same_scales  # noqa: E402

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


@pytest.fixture(params=["binary", "ternary", "float"])
def weights(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=["scale", "batchnorm", "weightnorm"])
def normaliser(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[False, True], ids=["separate", "shared"])
def options(request: pytest.FixtureRequest, weights: Any, normaliser: Any) -> Options:
    return Options(
        weights=weights, normaliser=normaliser, shared_scale=request.param, hidden=HIDDEN
    )


def layer_of(network: Any) -> Any:
    """The one layer of a network."""
    (layer,) = network.stack
    (part,) = layer.parts
    return part


def make_network(options: Options, rng: np.random.Generator) -> Any:
    """A network in double precision, as if it had learned: nothing is where it started."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = build(options, inputs=INPUTS, hidden=HIDDEN, classes=CLASSES).double()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter += 0.2 * torch.randn_like(parameter)
            network.head.weight *= 5
    x = torch.from_numpy(rng.uniform(-1, 1, (200, INPUTS)))
    h = torch.from_numpy(rng.uniform(-0.5, 0.5, (200, HIDDEN)))
    layer_of(network).normaliser.observe(x, h)
    return network.eval()


def make_model(network: Any, options: Options, formats: Formats) -> Model:
    sizes = {"inputs": INPUTS, "hidden": HIDDEN, "classes": CLASSES}
    network_draft = draft(formats, weights=options.arithmetics[0], **sizes)
    return freeze(learned(network), network_draft, name="a")


def classify(network: Any, inputs: list[Any], lsb: float) -> Any:
    """Classes that a network in evaluation mode gives."""
    return np.concatenate(run(network, inputs, lsb=lsb)).argmax(axis=1)


def make_inputs(rng: np.random.Generator, x: Format, lengths: list[int]) -> list[Any]:
    return [x.quantize(rng.uniform(-1, 1, (steps, INPUTS))) for steps in lengths]


def test_pad() -> None:
    x, lengths = pad([np.array([[2, 4]]), np.array([[1, 1], [3, 3]])], 0.5)
    assert lengths.tolist() == [1, 2]
    assert x.tolist() == [[[1, 2], [0.5, 0.5]], [[0, 0], [1.5, 1.5]]]


def test_forget_gates_start_open() -> None:
    network = build(Options(hidden=3), inputs=INPUTS, hidden=3, classes=CLASSES)
    bias = layer_of(network).normaliser.bias.reshape(len(GATES), 3)
    assert bias[GATES.index("f")].tolist() == [1, 1, 1]
    assert bias.sum() == 3


def test_memories_of_many_lengths() -> None:
    network = build(Options(), inputs=INPUTS, hidden=500, classes=CLASSES, memory=784)
    bias = layer_of(network).normaliser.bias.detach().reshape(len(GATES), 500)
    steps = bias[GATES.index("f")].exp()
    assert steps.min() >= 1
    assert steps.max() <= 783.5
    assert float(steps.mean()) == pytest.approx(392, abs=50)
    assert torch.equal(bias[GATES.index("i")], -bias[GATES.index("f")])
    assert not bias[GATES.index("g")].any()


def test_layer_is_an_lstm(options: Options, rng: np.random.Generator) -> None:
    """The layer computes what ``nn.LSTM`` does with the same scaled weights."""
    network = make_network(options, rng)
    weight_x, weight_h, scale_x, scale_h, bias, _ = layer_of(network).folded()
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
    every, c = layer_of(network)(x)
    expected, (_, last) = lstm(x)
    torch.testing.assert_close(every[1:], expected)
    torch.testing.assert_close(c, last[0])
    assert not every[0].any()
    # The second half from the state after the first one.
    first, middle = layer_of(network)(x[:3])
    second, _ = layer_of(network)(x[3:], state=(first[-1], middle))
    torch.testing.assert_close(second[1:], expected[3:])


def test_folding_is_exact(options: Options, rng: np.random.Generator) -> None:
    """The frozen model's real-valued twin is the network; the integers stay within its bound."""
    network = make_network(options, rng)
    model = make_model(network, options, WIDE)
    assert not options.shared_scale or same_scales(model.layers[0])
    inputs = np.stack(make_inputs(rng, WIDE.x, [6, 6, 6]), axis=1)
    with torch.no_grad():
        real = layer_of(network)(torch.from_numpy(inputs * WIDE.x.lsb))[0][1:].numpy()
    reference, golden = Reference(model), Golden(model)
    twins, states = reference.zero(3), golden.zero(3)
    # Real weights are rounded to twelve bits, too.
    slack = 3e-3 if options.weights == "float" else 2e-4
    for step, x in enumerate(inputs):
        twins = reference.step(x, twins)
        states = tuple(one.state for one in golden.step(x, states))
        (twin,), (state,) = twins, states
        np.testing.assert_allclose(twin.h.value, real[step], rtol=0, atol=slack)
        assert (np.abs(state.h * WIDE.h.lsb - real[step]) <= twin.h.error + slack).all()
        assert np.abs(state.h * WIDE.h.lsb - real[step]).max() < 5e-3


def test_integers_classify_as_the_network_does(options: Options, rng: np.random.Generator) -> None:
    network = make_network(options, rng).float()
    lengths = rng.integers(1, 12, 300).tolist()
    inputs = make_inputs(rng, Formats().x, lengths)
    as_float = classify(network, inputs, Formats().x.lsb)
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
    alone, _ = network(*pad(inputs[:1], 1 / 128))
    torch.testing.assert_close(network(x, lengths)[0][:1], alone)
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
        layer_of(network).shadow_x *= 100
        layer_of(network).shadow_h *= 100
    before = learned(network)
    layer_of(network).clamp()
    if options.weights == "float":
        assert layer_of(network).shadow_x.abs().max() > 1
        return
    assert layer_of(network).shadow_x.abs().max() == layer_of(network).shadow_h.abs().max() == 1
    if options.weights == "binary":
        np.testing.assert_array_equal(
            learned(network).layers[0][0].weight_h, before.layers[0][0].weight_h
        )


def test_rounding_is_the_machine_s(options: Options, rng: np.random.Generator) -> None:
    """With rounded activations the network is its model, but for rounded coefficients."""
    network = make_network(options, rng)
    model = make_model(network, options, Formats(scale_width=24))
    layer_of(network).rounding = model.network.layer
    inputs = make_inputs(rng, Formats().x, [8] * 50)
    x, _ = pad(inputs, Formats().x.lsb)
    with torch.no_grad():
        h = layer_of(network)(x.double())[0][-1] / Formats().h.lsb
    (state,) = Golden(model).run(inputs).state
    assert torch.equal(h, h.round())
    same = (h.numpy() == state.h).mean()
    assert same > (0.7 if options.weights == "float" else 0.97)
    assert np.abs(h.numpy() - state.h).max() <= 6


def test_gradient_passes_rounding(rng: np.random.Generator) -> None:
    options = Options(hidden=HIDDEN)
    network = make_network(options, rng)
    x = torch.from_numpy(rng.uniform(-1, 1, (5, 7, INPUTS)))

    def gradient() -> Any:
        network.zero_grad()
        torch.autograd.backward(network(x)[0].square().sum())
        return layer_of(network).shadow_h.grad.clone()

    exact = gradient()
    layer_of(network).rounding = draft_layer(options)
    rounded = gradient()
    assert not torch.equal(exact, rounded)
    assert float((exact - rounded).norm() / exact.norm()) < 0.1


def draft_layer(options: Options) -> Any:
    return draft(
        Formats(), inputs=INPUTS, hidden=HIDDEN, weights=options.arithmetics[0], classes=CLASSES
    ).layer


def test_plain_way_is_the_same(rng: np.random.Generator) -> None:
    network = make_network(Options(hidden=HIDDEN), rng)
    x = torch.from_numpy(rng.uniform(-1, 1, (5, 7, INPUTS)))
    fused = layer_of(network)(x)
    layer_of(network).plain = True
    for one, other in zip(fused, layer_of(network)(x), strict=True):
        torch.testing.assert_close(one, other)


def test_real_weights_become_fixed_point(rng: np.random.Generator) -> None:
    for shared in (False, True):
        network = make_network(Options(weights="float", hidden=HIDDEN, shared_scale=shared), rng)
        (part,) = learned(network).layers[0]
        affine = layer_of(network).folded()
        FIXED.encode(part.weight_h)
        real = (affine.scale_h[:, None] * affine.weight_h).detach().numpy()
        step = np.abs(part.scale_h)[:, None]
        assert (np.abs(part.scale_h[:, None] * part.weight_h - real) <= step / 2 + 1e-9).all()
        assert np.array_equal(part.scale_x, part.scale_h) == shared


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"normaliser": "stepnorm"}, "normaliser: cannot be frozen: stepnorm keeps .* batchnorm"),
    ],
)
def test_what_no_machine_has(choice: dict[str, Any], text: str) -> None:
    network = build(Options(**choice), inputs=INPUTS, hidden=HIDDEN, classes=CLASSES)
    with pytest.raises(InputError, match=f"^{text}$"):
        learned(network)
