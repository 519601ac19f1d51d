"""Layer norm of the cell of an LSTM in training: what it is, frozen, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.draft import draft
from pascaline.importers.freeze import freeze
from pascaline.spec.errors import InputError
from pascaline.train.options import SPREADS, Options
from pascaline.train.tasks import task
from tests.train.formats import WIDE

torch = pytest.importorskip("torch")

from pascaline.train.ensemble import Ensemble  # noqa: E402
from pascaline.train.extract import learned  # noqa: E402
from pascaline.train.layers import LSTM  # noqa: E402
from pascaline.train.learn import build  # noqa: E402
from pascaline.train.network import pad  # noqa: E402
from pascaline.train.standard import EPSILON, StandardisedCell  # noqa: E402

INPUTS, HIDDEN, CLASSES = 4, 10, 3

SIZES = {"inputs": INPUTS, "hidden": HIDDEN, "classes": CLASSES}


def make(normaliser: Any, **chosen: Any) -> Any:
    """A network in double precision, as if it had learned: nothing is where it started."""
    options = Options(normaliser=normaliser, normalise_cell=True, hidden=HIDDEN, **chosen)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = build(options, **SIZES).double()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter += 0.1 * torch.randn_like(parameter)
    return network.eval()


def test_is_the_layer_norm_of_pytorch() -> None:
    c, gain, bias = (torch.randn(*shape, HIDDEN, dtype=torch.float64) for shape in ((5,), (), ()))
    found = StandardisedCell(gain, bias, "rms", None)(c)
    wanted = torch.nn.functional.layer_norm(c, (HIDDEN,), gain, bias, eps=EPSILON**2)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("normaliser", SPREADS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_freezing_and_rounding_are_the_machine_s(normaliser: str, bidirectional: bool) -> None:
    shape: dict[str, Any] = {"bidirectional": bidirectional}
    network = make(normaliser, layers=2, rule="ott", **shape)
    rng = np.random.default_rng(0)
    inputs = [
        WIDE.x.quantize(rng.uniform(-1, 1, (steps, INPUTS))) for steps in rng.integers(1, 7, 40)
    ]
    description = draft(
        WIDE,
        **SIZES,
        weights=Options().arithmetics[0],
        cells=("lstm",) * 2,
        output="logits",
        spread=SPREADS[normaliser],
        normalise_cell=True,
        **shape,
    )
    model = freeze(learned(network), description, name="a")
    prefixes = ["layers.1.reverse." if bidirectional else "layers.1.", "layers.0."]
    assert {f"{at}{name}" for at in prefixes for name in ("scale_c", "bias_c")} <= set(
        model.tensors
    )
    integers = np.concatenate(Golden(model).run(inputs).results) * model.card["logit_unit"]
    network.round(model.network)
    x, lengths = pad(inputs, WIDE.x.lsb)
    with torch.no_grad():
        found = network(x.double(), lengths)[0].numpy()
    # The reciprocal of a spread has nine bits.
    assert np.abs(found - integers).max() < 0.02 * np.abs(found).max()


def test_every_gain_and_bias_has_a_gradient() -> None:
    network = make("madnorm")
    x, lengths = torch.randn(3, 2, INPUTS, dtype=torch.float64), torch.tensor([3, 2])
    network(x, lengths)[0].sum().backward()
    [part] = network.parts
    for parameter in part.cell_norm.parameters():
        assert parameter.grad.isfinite().all()
        assert parameter.grad.any()


def test_side_by_side() -> None:
    members = [make("layernorm", layers=2, weights=weights) for weights in ("ternary", "binary")]
    x, lengths = torch.randn(4, 6, INPUTS, dtype=torch.float64), torch.tensor([4, 1, 2, 3, 4, 2])
    logits, _ = Ensemble(members)(x, lengths)
    for index, member in enumerate(members):
        torch.testing.assert_close(logits[index], member(x, lengths)[0])


def test_layers_of_a_loop_of_one_s_own() -> None:
    layer = LSTM(INPUTS, HIDDEN, normaliser="madnorm", normalise_cell=True, shared_scale=False)
    [described] = layer.description
    assert described.state_standard.spread == "mad"
    every, (h, _) = layer(torch.randn(5, 2, INPUTS))
    torch.testing.assert_close(every[-1], h[0])


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({}, r"^normalise_cell: must be with the normaliser layernorm or madnorm, not 'scale'$"),
        ({"normaliser": "layernorm", "cell": "gru"}, r"^normalise_cell: must not be with gru: no"),
    ],
)
def test_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Options(normalise_cell=True, **chosen).settled(task("digits"))


def test_command_says_it() -> None:
    options = Options(normaliser="layernorm", normalise_cell=True)
    assert "--normaliser layernorm --normalise-cell --sep" in options.command(
        task("digits"), Path("a")
    )
