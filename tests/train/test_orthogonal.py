"""Linear layers whose recurrent matrix is kept orthogonal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.freeze import freeze
from pascaline.spec.errors import InputError
from pascaline.train.options import Options
from pascaline.train.recipe import Plan
from pascaline.train.tasks import task

torch = pytest.importorskip("torch")

from pascaline.train.extract import learned  # noqa: E402
from pascaline.train.learn import run  # noqa: E402
from pascaline.train.network import pad  # noqa: E402
from pascaline.train.orthogonal import Orthogonal, exponential  # noqa: E402
from pascaline.train.reach import reaching  # noqa: E402

CHOSEN = Options(
    cell="rnn-linear", weights="float", recurrent_weights="orthogonal", hidden=15, state_bits=16
)


def make() -> tuple[Any, Plan]:
    """The network of the copy task, one step of learning behind its start."""
    plan = Plan(replace(task("copy"), output="logits"), CHOSEN.settled(task("copy")))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = plan.build().eval()
    x, _ = pad(plan.rule.apply(plan.parts.train.sequences[:20], plan.draft.x), plan.draft.x.lsb)
    torch.autograd.backward(network(x)[0].square().sum())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter -= 0.01 * parameter.grad.sign()
    return network, plan


@pytest.mark.parametrize("size", [1, 2, 9])
def test_the_exponential_is_pytorch_s(size: int) -> None:
    matrix = torch.randn(size, size, dtype=torch.float64)
    skew = 3 * (matrix - matrix.T)
    torch.testing.assert_close(exponential(skew), torch.matrix_exp(skew))


@pytest.mark.parametrize("size", [1, 8, 33])
def test_the_start_is_orthogonal_and_turns_by_any_angle(size: int) -> None:
    shadow = torch.empty(size, size)
    Orthogonal().start(shadow)
    matrix = Orthogonal()(shadow).double()
    torch.testing.assert_close(
        matrix @ matrix.T, torch.eye(size, dtype=torch.float64), atol=1e-6, rtol=0
    )
    values = torch.linalg.eigvals(matrix)
    assert (values.imag.abs() > 1e-6).sum() == size // 2 * 2


def test_it_stays_orthogonal() -> None:
    network, _ = make()
    (part,) = network.parts
    matrix = part.folded().weight_h.detach().double()
    assert float(part.shadow_h.grad.abs().max()) > 0
    torch.testing.assert_close(
        matrix @ matrix.T, torch.eye(15, dtype=torch.float64), atol=1e-6, rtol=0
    )


def test_the_model_has_it_in_fixed_point() -> None:
    network, plan = make()
    inputs = plan.rule.apply(plan.parts.held_out.sequences[:20], plan.draft.x)
    description = reaching(plan.draft, network, inputs)
    model = freeze(learned(network), description, name="a")
    tensors = model.layers[0]
    assert model.network.layer.weights_h.name == "fixed12"
    assert np.abs(tensors["weight_h"]).max() == 2047
    scale = np.unique(tensors["scale_h"])
    assert len(scale) == 1
    assert scale > 1 << 17
    real = tensors["weight_h"] * scale / 2.0**model.network.layer.normaliser.shift
    np.testing.assert_allclose(real @ real.T, np.eye(15), atol=2e-3)
    integers = np.concatenate(Golden(model).run(inputs).results) * model.card["logit_unit"]
    found = np.concatenate(run(network, inputs, lsb=description.x.lsb))
    assert np.abs(found - integers).max() < 0.01 * np.abs(found).max()


def test_the_command() -> None:
    command = CHOSEN.command(task("copy"), Path("a.safetensors"))
    words = "--cell rnn-linear --state-bits 16 --weights float --recurrent-weights orthogonal"
    assert words in command


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"cell": "rnn-linear,gru"}, "recurrent_weights: must not be orthogonal but in linear ce"),
        ({"cell": "lstm", "state_bits": None}, "recurrent_weights: must not be orthogonal but in"),
        (
            {"cell": "hadamard", "hidden": 16},
            "recurrent_weights: must be left out: h meets a transform",
        ),
    ],
)
def test_refused(chosen: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        CHOSEN.model_copy(update=chosen).settled(task("copy"))
    assert str(caught.value).startswith(words)


def test_weights_of_x_cannot_be() -> None:
    options = CHOSEN.model_copy(update={"weights": "orthogonal"})
    with pytest.raises(InputError, match=r"^arithmetic: must be .*, not 'orthogonal'$"):
        _ = options.arithmetics
