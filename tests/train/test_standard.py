from __future__ import annotations

import pytest

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.train.options import Options
from pascaline.train.tasks import task

torch = pytest.importorskip("torch")

from pascaline.train.standard import EPSILON, LayerNorm, Standardised, standardise  # noqa: E402

GATES, HIDDEN = 4, 6
ROWS = GATES * HIDDEN


def test_root_mean_square_is_the_layer_norm_of_every_gate() -> None:
    sums = 30 * torch.randn(5, ROWS, dtype=torch.float64)
    found = standardise(sums, HIDDEN, "rms").reshape(5, GATES, HIDDEN)
    gates = sums.reshape(5, GATES, HIDDEN)
    expected = torch.nn.functional.layer_norm(gates, (HIDDEN,), eps=EPSILON**2)
    torch.testing.assert_close(found, expected)


def test_mean_absolute_deviation() -> None:
    sums = torch.tensor([[1.0, 2.0, 3.0, 6.0]], dtype=torch.float64)
    expected = torch.tensor([[-2.0, -1.0, 0.0, 3.0]], dtype=torch.float64) / (1.5 + EPSILON)
    torch.testing.assert_close(standardise(sums, 4, "mad"), expected)


@pytest.mark.parametrize("spread", ["rms", "mad"])
def test_equal_sums_are_nothing_and_have_a_gradient(spread: str) -> None:
    sums = torch.full((2, ROWS), 7.0, dtype=torch.float64, requires_grad=True)
    found = standardise(sums, HIDDEN, spread)
    assert not found.any()
    found.sum().backward()
    assert sums.grad.isfinite().all()


@pytest.mark.parametrize("spread", ["rms", "mad"])
def test_gradient(spread: str) -> None:
    def scaled(h, weight, gain):
        return Standardised(weight, gain, spread, None).sums(h)

    shapes = [(3, HIDDEN), (ROWS, HIDDEN), (ROWS,)]
    made = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(scaled, made)


def test_rounded_to_its_format() -> None:
    normal = Format(width=6, frac=3)
    h, weight = torch.randn(9, HIDDEN), torch.randn(ROWS, HIDDEN).sign()
    found = Standardised(weight, torch.ones(ROWS), "mad", normal).sums(h)
    assert torch.equal(found * 8, (found * 8).round())
    assert found.abs().max() <= 4


def test_what_is_refused() -> None:
    ones = torch.ones(ROWS, HIDDEN)
    with pytest.raises(InputError, match=r"^shared_scale: must not be with layer norm: sums are"):
        LayerNorm(ones, ones, torch.zeros(ROWS), shared=True)
    with pytest.raises(InputError, match=r"^shared_scale: must not be with madnorm: sums of x and"):
        Options(normaliser="madnorm", shared_scale=True).settled(task("digits"))
    with pytest.raises(InputError, match=r"^normaliser: must be another one: h meets a transform"):
        Options(normaliser="layernorm", cell="lstm-hadamard").settled(task("digits"))
    settled = Options(normaliser="layernorm").settled(task("digits"))
    assert (settled.shared_scale, settled.spread) == (False, "rms")
