from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from train.options import Options

torch = pytest.importorskip("torch")

from train.quantisers import QUANTISERS, Sign, Threshold, straight_through  # noqa: E402

GRID = torch.linspace(-1, 1, 81, dtype=torch.float64).reshape(9, 9)


def test_every_choice_has_its_quantiser() -> None:
    assert list(QUANTISERS) == list(get_args(Options.model_fields["weights"].annotation))
    assert all(name == quantiser.arithmetic.name for name, quantiser in QUANTISERS.items())


def test_sign() -> None:
    expected = np.where(GRID.numpy() >= 0, 1, -1)
    np.testing.assert_array_equal(Sign()(GRID).numpy(), expected)
    assert Sign()(torch.tensor([-0.0, 0.0])).tolist() == [1, 1]


def test_threshold() -> None:
    shadow = GRID.numpy()
    threshold = 0.7 * np.abs(shadow).mean()
    expected = (shadow > threshold).astype(int) - (shadow < -threshold)
    np.testing.assert_array_equal(Threshold()(GRID).numpy(), expected)
    assert set(expected.ravel()) == {-1, 0, 1}


def test_threshold_makes_42_percent_zero() -> None:
    torch.manual_seed(0)
    zeros = (Threshold()(torch.randn(400, 400)) == 0).double().mean().item()
    assert zeros == pytest.approx(0.42, abs=0.01)


def test_threshold_of_zeros() -> None:
    assert not Threshold()(torch.zeros(3, 3)).any()


@pytest.mark.parametrize("name", list(QUANTISERS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_are_weights_of_the_arithmetic(name: str, dtype: torch.dtype) -> None:
    quantiser = QUANTISERS[name]
    values = quantiser(torch.randn(50, 50, dtype=dtype))
    assert values.dtype == dtype
    integers = values.numpy().astype(np.int64)
    np.testing.assert_array_equal(integers, values.numpy())
    quantiser.arithmetic.encode(integers)


@pytest.mark.parametrize("name", list(QUANTISERS))
def test_gradient_goes_straight_through(name: str) -> None:
    shadow = GRID.clone().requires_grad_()
    factor = torch.randn(9, 9, dtype=torch.float64)
    torch.autograd.backward((factor * QUANTISERS[name](shadow)).sum())
    assert shadow.grad is not None
    assert torch.equal(shadow.grad, factor)


def test_straight_through_is_exact() -> None:
    shadow, values = torch.randn(1000), torch.randn(1000)
    assert torch.equal(straight_through(shadow.requires_grad_(), values), values)
