from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from pascaline.train.normalisers import BatchNorm, Scales, Units, WeightNorm  # noqa: E402

AFFINE = {"scale": Scales, "batchnorm": BatchNorm, "weightnorm": WeightNorm}

ROWS, INPUTS, HIDDEN = 40, 7, 20


@pytest.fixture
def weights() -> tuple[Any, Any, Any]:
    """Ternary matrices of both products, and a bias."""
    torch.manual_seed(0)
    parts = [torch.randint(-1, 2, (ROWS, size)).double() for size in (INPUTS, HIDDEN)]
    parts[0][:, 0] = 1  # no row of zeros
    return parts[0], parts[1], torch.randn(ROWS).double()


def make_batch() -> tuple[Any, Any]:
    """Vectors whose elements depend on each other and are not about 0."""
    mix = torch.randn(INPUTS + HIDDEN, INPUTS + HIDDEN)
    met = torch.randn(500, INPUTS + HIDDEN) @ mix + torch.randn(INPUTS + HIDDEN)
    return met[:, :INPUTS].double(), met[:, INPUTS:].double()


@pytest.mark.parametrize("name", list(AFFINE))
@pytest.mark.parametrize("shared", [False, True])
def test_shared_scales_are_one_tensor(name: str, shared: bool, weights: Any) -> None:
    normaliser = AFFINE[name](*weights, shared=shared).double()
    affine = normaliser.coefficients(*weights[:2])
    assert (affine.scale_x is affine.scale_h) == shared
    assert all(part is None or part.shape == (ROWS,) for part in affine)


def test_scales_start_at_unit_variance(weights: Any) -> None:
    density = [float((weight != 0).double().mean()) for weight in weights[:2]]
    affine = Scales(*weights).coefficients(*weights[:2])
    assert affine.scale_x[0].item() == pytest.approx((density[0] * INPUTS) ** -0.5)
    assert affine.scale_h[0].item() == pytest.approx((density[1] * HIDDEN) ** -0.5)
    assert torch.equal(affine.bias, weights[2])
    # One scale for both has the variance of the whole sum.
    shared = Scales(*weights, shared=True).coefficients(*weights[:2])
    both = density[0] * INPUTS + density[1] * HIDDEN
    assert shared.scale_x[0].item() == pytest.approx(both**-0.5)


@pytest.mark.parametrize("shared", [False, True])
def test_batch_norm_is_that_of_the_sums(shared: bool, weights: Any) -> None:
    """The affine does to the sums of a batch what PyTorch's own normalisation does."""
    weight_x, weight_h, bias = weights
    normaliser = BatchNorm(*weights, shared=shared).double()
    x, h = make_batch()
    normaliser.observe(x, h)
    for gamma in normaliser.gammas:
        torch.nn.init.normal_(gamma)
    affine = normaliser.coefficients(weight_x, weight_h)
    sum_x, sum_h = x @ weight_x.T, h @ weight_h.T
    found = affine.scale_x * sum_x + affine.scale_h * sum_h + affine.bias
    assert (affine.offset is None) == shared
    found = found if affine.offset is None else found + affine.offset

    def normalised(sums: Any, gamma: Any) -> Any:
        eps = normaliser.epsilon
        return torch.nn.functional.batch_norm(sums, None, None, gamma, training=True, eps=eps)

    gammas = list(normaliser.gammas)
    if shared:
        expected = normalised(sum_x + sum_h, gammas[0]) + bias
    else:
        expected = normalised(sum_x, gammas[0]) + normalised(sum_h, gammas[1]) + bias
    torch.testing.assert_close(found, expected)


def test_batch_norm_averages_batches(weights: Any) -> None:
    normaliser = BatchNorm(*weights).double()
    batches = [make_batch() for _ in range(12)]
    for x, h in batches[:5]:
        normaliser.observe(x, h)
    mean = torch.stack([torch.cat((x, h), dim=1).mean(dim=0) for x, h in batches])
    torch.testing.assert_close(normaliser.mean, mean[:5].mean(dim=0))
    # From the tenth batch on the average forgets.
    for x, h in batches[5:]:
        normaliser.observe(x, h)
    old = mean[:10].mean(dim=0)
    torch.testing.assert_close(
        normaliser.mean, ((old * 0.9 + mean[10] * 0.1) * 0.9 + mean[11] * 0.1)
    )


def test_batch_norm_ignores_the_size_of_weights(weights: Any) -> None:
    normaliser = BatchNorm(*weights).double()
    x, h = make_batch()
    normaliser.observe(x, h)
    weight = weights[0].clone().requires_grad_()
    one, ten = (normaliser.coefficients(factor * weight, weights[1]) for factor in (1, 10))
    torch.testing.assert_close(one.scale_x, 10 * ten.scale_x, rtol=1e-2, atol=0)
    torch.testing.assert_close(one.bias, ten.bias, rtol=1e-2, atol=1e-2)
    # So the gradient has no part along the weights.
    torch.autograd.backward((x @ (one.scale_x[:, None] * weight).T).square().sum())
    assert weight.grad is not None
    along, whole = (weight.grad * weight).sum(dim=1), weight.grad.norm()
    assert (along.abs() < 1e-3 * whole).all()


def test_batch_norm_starts_anew(weights: Any) -> None:
    normaliser = BatchNorm(*weights).double()
    for _ in range(3):
        normaliser.observe(*make_batch())
    normaliser.restart()
    x, h = make_batch()
    normaliser.observe(x, h)
    torch.testing.assert_close(normaliser.mean, torch.cat((x, h), dim=1).mean(dim=0))


def test_batch_norm_counts_what_is_active(weights: Any) -> None:
    x, h = make_batch()
    whole, part = BatchNorm(*weights).double(), BatchNorm(*weights).double()
    whole.observe(x[:300], h[:300])
    part.observe(x, h, torch.arange(500) < 300)
    torch.testing.assert_close(part.mean, whole.mean)
    torch.testing.assert_close(part.covariance, whole.covariance)


@pytest.mark.parametrize("shared", [False, True])
def test_weight_norm_gives_rows_their_length(shared: bool, weights: Any) -> None:
    weight_x, weight_h, bias = weights
    normaliser = WeightNorm(*weights, shared=shared).double()
    for length in normaliser.lengths:
        torch.nn.init.uniform_(length, 0.5, 2)
    affine = normaliser.coefficients(weight_x, weight_h)
    scaled = (affine.scale_x[:, None] * weight_x, affine.scale_h[:, None] * weight_h)
    parts = [torch.cat(scaled, dim=1)] if shared else scaled
    for part, length in zip(parts, normaliser.lengths, strict=True):
        torch.testing.assert_close(part.norm(dim=1), length)
    assert torch.equal(affine.bias, bias)
    larger = normaliser.coefficients(3 * weight_x, 3 * weight_h)
    torch.testing.assert_close(larger.scale_x, affine.scale_x / 3)


def test_units_are_the_quantiser_s(weights: Any) -> None:
    affine = Units(*weights, units=(0.5, 0.25)).double().coefficients(*weights[:2])
    assert affine.scale_x.unique().tolist() == [0.5]
    assert affine.scale_h.unique().tolist() == [0.25]
    assert torch.equal(affine.bias, weights[2])


@pytest.mark.parametrize("name", list(AFFINE))
def test_gain_of_the_recurrent_sums(name: str, weights: Any) -> None:
    one, small = (AFFINE[name](*weights, gain=gain) for gain in (1.0, 0.2))
    before, after = (made.coefficients(*weights[:2]) for made in (one, small))
    torch.testing.assert_close(after.scale_x, before.scale_x)
    torch.testing.assert_close(after.scale_h, 0.2 * before.scale_h)
