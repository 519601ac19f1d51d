from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.golden.walsh import Transform
from pascaline.importers.draft import Formats
from pascaline.importers.freeze import freeze
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.operands import Walsh
from pascaline.train.options import Options
from pascaline.train.recipe import Plan
from pascaline.train.tasks import task

torch = pytest.importorskip("torch")

from pascaline.train.extract import learned  # noqa: E402
from pascaline.train.learn import build, run  # noqa: E402
from pascaline.train.network import pad  # noqa: E402
from pascaline.train.reach import reaching  # noqa: E402
from pascaline.train.transform import Signs, sylvester  # noqa: E402
from pascaline.train.units import state_units  # noqa: E402
from tests.train.test_cells import WIDE  # noqa: E402

PAPER = Options(cell="hadamard", weights="fixed4", rule="uniform", head_weights="fixed4")


def make(hidden: int = 16, formats: Formats | None = None, **chosen: Any) -> tuple[Any, Any, Any]:
    """An untrained network of the copy task with noisy biases, its description, inputs."""
    options = PAPER.model_copy(update={"hidden": hidden, **chosen})
    copy = replace(task("copy"), formats=formats or task("copy").formats)
    plan = Plan(copy, options.settled(copy))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = plan.build().eval()
        with torch.no_grad():
            for part in network.parts:
                part.normaliser.bias.normal_(0, 0.05)
    inputs = plan.rule.apply(plan.parts.held_out.sequences[:20], plan.draft.x)
    return network, reaching(plan.draft, network, inputs), inputs


@pytest.mark.parametrize("block", [2, 4, 16])
def test_the_matrix_is_golden_s_transform(block: int) -> None:
    vectors = np.random.default_rng(0).integers(-9, 9, (5, 16))
    sums = Transform(Walsh("h", "state", block), Interval(-9, 9), 16)(vectors)
    np.testing.assert_array_equal(vectors @ sylvester(16, block).numpy().T, sums)


@pytest.mark.parametrize("block", [1, 3, 32])
def test_blocks_that_do_not_fit(block: int) -> None:
    with pytest.raises(InputError, match=rf"^block: must be .* 16 hidden units, not {block}$"):
        sylvester(16, block)


def test_slow_signs_start_far_from_where_they_turn() -> None:
    usual, slow = (make(sign_pace=pace)[0].parts for pace in (1.0, 0.01))
    (usual,), (slow,) = list(usual), list(slow)
    torch.testing.assert_close(100 * usual.shadow_h, slow.shadow_h)


@pytest.mark.parametrize("block", [2, 8, 16])
def test_the_recurrent_matrix_is_orthogonal(block: int) -> None:
    network, _, _ = make(block=block)
    (part,) = network.parts
    folded = part.folded()
    matrix = (folded.scale_h[:, None] * folded.weight_h).double()
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(16, dtype=torch.float64))
    assert part.shadow_h.shape == (16, 1)
    assert isinstance(part.quantisers[1], Signs)


def test_both_ways_through_the_steps_are_the_same() -> None:
    """All at once and one by one: values and gradients of what is learned."""
    found = []
    for plain in (False, True):
        network, description, inputs = make()
        network.double()
        for part in network.parts:
            part.plain = plain
        x, _ = pad(inputs, description.x.lsb)
        logits, _ = network(x.double())
        torch.autograd.backward(logits.square().sum())
        found.append([logits, *(p.grad for p in network.parameters())])
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_last_h_alone(bidirectional: bool) -> None:
    """Sequences of all lengths, against the way step by step."""
    options = PAPER.model_copy(update={"bidirectional": bidirectional, "rectified": True})
    network = build(options, inputs=3, hidden=8, classes=2).double().eval()
    x, lengths = torch.randn(9, 9, 3, dtype=torch.float64), torch.arange(1, 10)
    quick, _ = network(x, lengths)
    for part in network.parts:
        part.plain = True
    torch.testing.assert_close(quick, network(x, lengths)[0])


@pytest.mark.parametrize(
    ("block", "weights"), [(16, "fixed4"), (8, "fixed4"), (4, "ternary"), (2, "float")]
)
def test_integers_are_the_network_s(block: int, weights: str) -> None:
    """Rounded to the formats, in all but the rounding of biases; scales of x are one constant."""
    chosen = {} if weights == "fixed4" else {"weights": weights, "rule": None}
    network, description, inputs = make(block=block, state_bits=16, **chosen)
    model = freeze(learned(network), description, name="a")
    scales = model.layers[0]
    assert len(np.unique(scales["scale_x"])) == len(np.unique(np.abs(scales["scale_h"]))) == 1
    assert "weight_h" not in scales
    shift = model.network.layer.normaliser.shift
    scale = 2.0**shift / block**0.5
    assert abs(np.abs(scales["scale_h"][0]) / scale - 1) < 1e-6
    assert np.log2(scales["scale_x"][0]).is_integer()
    logits = model.network.head.model_copy(update={"output": "logits"})
    model = type(model)(
        name="a",
        network=model.network.model_copy(update={"head": logits}),
        tensors=model.tensors,
        card=model.card,
    )
    integers = np.concatenate(Golden(model).run(inputs).results) * model.card["logit_unit"]
    if weights == "fixed4":
        real = np.concatenate(run(network, inputs, lsb=description.x.lsb))
        assert np.abs(integers - real).max() < 2e-3 * np.abs(real).max()


def test_roots_have_the_bits_that_there_are() -> None:
    """Where scales of x need so many that none is left for a root of 1/2 to be near."""
    network, description, _ = make(hidden=8, weights="ternary", rule=None)
    h = description.layer.h.model_copy(update={"frac": description.x.frac + 6})
    layers = (description.layer.model_copy(update={"h": h, "pre": h}),)
    model = freeze(learned(network), description.model_copy(update={"layers": layers}), name="a")
    scale = abs(model.layers[0]["scale_h"][0]) / 2.0**model.network.layer.normaliser.shift
    assert 1e-6 < abs(scale * 8**0.5 - 1) < 1e-3


def test_h_is_within_its_range() -> None:
    network, description, inputs = make(state_bits=9)
    h = description.layer.h
    assert (h.width, description.layer.pre) == (9, h)
    x, _ = pad(inputs, description.x.lsb)
    with torch.no_grad():
        most = float(network.stack[0](x)[0].abs().max())
    most /= state_units([layer.parts for layer in network.stack])[0]
    reach = (h.interval.hi + 1) * h.lsb
    assert most <= reach
    assert reach == 1 or reach / 2 < most


def test_what_the_cell_has_where_nothing_is_chosen() -> None:
    settled = Options(cell="hadamard", hidden=96).settled(task("pixel"))
    assert (settled.normaliser, settled.block, settled.tuned) == ("none", 32, 0)
    assert settled.rectified
    assert not settled.augment
    assert Options().settled(task("pixel")).augment
    assert not settled.shared_scale
    command = settled.command(task("pixel"), Path("a.safetensors"))
    assert "--cell hadamard --block 32 --sign-pace 1.0 --weights ternary" in command
    assert "rectified" not in command


def test_gates_have_the_normaliser_of_the_task() -> None:
    settled = Options(cell="lstm-hadamard").settled(task("pixel"))
    assert (settled.normaliser, settled.block, settled.tuned) == ("batchnorm", 4, 1)
    assert settled.augment
    assert not settled.rectified
    settled = Options(cell="gru-hadamard", hidden=128).settled(task("digits"))
    assert (settled.normaliser, settled.block, settled.shared_scale) == ("scale", 128, False)
    command = settled.command(task("digits"), Path("a.safetensors"))
    assert "--cell gru-hadamard --block 128 --sign-pace 1.0 --weights ternary" in command
    assert "--normaliser scale --separate-scale" in command


@pytest.mark.parametrize("cell", ["hadamard,gru", "gru,hadamard", "lstm-hadamard,hadamard,rnn"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_cell_for_each_layer(cell: str, bidirectional: bool) -> None:
    """Integers are those of the network, rounded; linear layers are counted in units."""
    chosen = {
        "bidirectional": bidirectional,
        "normaliser": "weightnorm",
        "rule": None,
        "head_weights": None,
    }
    network, description, inputs = make(
        formats=WIDE, cell=cell, state_bits=15, weights="ternary", **chosen
    )
    assert [layer.parts[0].cell.linear for layer in network.stack] == [
        name == "hadamard" for name in cell.split(",")
    ]
    assert [one.h.width == 15 for one in description.layers] == [
        one.linear for one in description.layers
    ]
    logits = description.head.model_copy(update={"output": "logits"})
    description = description.model_copy(update={"head": logits})
    model = freeze(learned(network), description, name="a")
    integers = np.concatenate(Golden(model).run(inputs).results) * model.card["logit_unit"]
    network.round(model.network)
    found = np.concatenate(run(network, inputs, lsb=description.x.lsb))
    assert np.abs(found - integers).max() < 0.005 * np.abs(found).max()


def test_what_a_stack_has_where_nothing_is_chosen() -> None:
    settled = Options(cell="hadamard,gru", state_bits=14, hidden=64).settled(task("pixel"))
    assert (settled.layers, settled.block, settled.tuned) == (2, 64, 0)
    assert (settled.normaliser, settled.shared_scale) == ("batchnorm", False)
    assert not settled.rectified
    assert not settled.augment
    command = settled.command(task("pixel"), Path("a.safetensors"))
    words = "pascaline train pixel --cell hadamard,gru --block 64 --sign-pace 1.0 --state-bits 14"
    assert command.startswith(f"{words} --weights ternary --hidden 64 --normaliser batchnorm")
    assert Options(cell="gru,hadamard").settled(task("digits")).rectified
    assert Options(cell="hadamard,gru").settled(task("digits")).shared_scale


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"recurrent_weights": "ternary"}, "recurrent_weights: must be left out"),
        ({"normaliser": "scale"}, "normaliser: must be none for a linear cell, not 'scale'"),
        ({"augment": True}, "augment: must be left out"),
        ({"tuned": 0.5}, "tuned: must be 0 for a linear cell"),
        ({"cell": "gru-hadamard", "shared_scale": True}, "shared_scale: must not be: "),
        ({"cell": "hadamard,gru", "tuned": 0.5}, "tuned: must be 0 for a linear cell"),
        ({"cell": "hadamard,gru", "layers": 3}, "layers: must be 2, one for each cell, not 3"),
        ({"cell": "hadamard,elman"}, "cell: must be one of lstm, "),
        ({"cell": "gru", "block": 4}, "block: must be left out"),
        ({"cell": "gru", "sign_pace": 0.1}, "sign_pace: must be left out"),
        ({"cell": "gru", "state_bits": 9}, "state_bits: must be left out"),
    ],
)
def test_refused(chosen: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        PAPER.model_copy(update=chosen).settled(task("copy"))
    assert str(caught.value).startswith(words)
