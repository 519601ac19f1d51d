from __future__ import annotations

import numpy as np
import pytest

from pascaline.spec.errors import InputError

torch = pytest.importorskip("torch")

from pascaline.train.quantisers import (  # noqa: E402
    Ardakani,
    ArdakaniSign,
    Asymmetric,
    Exponents,
    Nearest,
    Ott,
    PowerOfTwo,
    Quantiser,
    Sign,
    Threshold,
    Uniform,
    quantiser,
    rules,
    straight_through,
)

ROWS, COLUMNS = 8, 10
GRID = torch.linspace(-1, 1, ROWS * COLUMNS + 1, dtype=torch.float64)[1:].reshape(ROWS, COLUMNS)
GRID[0, 0] = 0

WEIGHTS = [
    "float",
    "binary",
    "ternary",
    "pow2i0f1",
    "pow2i1f0",
    "pow2i1f2",
    "pow2i4f4",
    "exp3",
    "exp4",
    "exp5",
    *("fixed2", "fixed8", "fixed16"),
]

ALL = [
    pytest.param(made, id=f"{weights}-{rule}")
    for weights in WEIGHTS
    for rule, made in rules(weights).items()
]
DRAWN = [param for param in ALL if param.values[0].stochastic]
"""Rules with a stochastic form."""


def weights_of(made: Quantiser, noise: object = None) -> np.ndarray:
    values = made.values(GRID, noise)
    return (made.unit(ROWS, COLUMNS) * values).numpy()


def test_sign() -> None:
    np.testing.assert_array_equal(weights_of(Sign()), np.where(GRID.numpy() >= 0, 1, -1))
    assert Sign()(torch.tensor([-0.0, 0.0])).tolist() == [1, 1]


def test_threshold() -> None:
    shadow = GRID.numpy()
    threshold = 0.7 * np.abs(shadow).mean()
    expected = (shadow > threshold).astype(int) - (shadow < -threshold)
    np.testing.assert_array_equal(weights_of(Threshold()), expected)
    assert set(expected.ravel()) == {-1, 0, 1}


def test_threshold_makes_42_percent_zero() -> None:
    torch.manual_seed(0)
    zeros = (Threshold()(torch.randn(400, 400)) == 0).double().mean().item()
    assert zeros == pytest.approx(0.42, abs=0.01)


def test_threshold_of_zeros() -> None:
    assert not Threshold()(torch.zeros(3, 3)).any()


def test_ardakani() -> None:
    """One scale a matrix of stacked gates, half of Glorot's limit; thresholds at a third."""
    alpha, shadow = 0.5 * np.sqrt(6 / (ROWS + COLUMNS)), GRID.numpy()
    binary = np.where(shadow >= 0, alpha, -alpha)
    np.testing.assert_allclose(weights_of(ArdakaniSign()), binary, rtol=1e-15)
    ternary = alpha * ((shadow > -alpha / 3).astype(int) + (shadow > alpha / 3) - 1)
    np.testing.assert_allclose(weights_of(Ardakani()), ternary, rtol=1e-15)
    assert len(np.unique(ternary)) == 3


def test_ott() -> None:
    """Glorot's limit of one gate; thresholds at a half."""
    limit, shadow = np.sqrt(6 / (ROWS / 4 + COLUMNS)), GRID.numpy()
    expected = limit * ((shadow > -limit / 2).astype(int) + (shadow > limit / 2) - 1)
    np.testing.assert_allclose(weights_of(Ott()), expected, rtol=1e-15)
    assert len(np.unique(expected)) == 3


@pytest.mark.parametrize(("whole", "frac"), [(0, 1), (0, 2), (1, 3), (1, 0)])
def test_power_of_two(whole: int, frac: int) -> None:
    most = 2 ** (frac + whole) - 1
    shadow = GRID.numpy()
    # Halves go away from zero.
    nearest = np.sign(shadow) * np.floor(np.abs(shadow) * 2**frac + 0.5)
    made = quantiser(f"pow2i{whole}f{frac}")
    np.testing.assert_array_equal(weights_of(made), np.clip(nearest, -most, most) / 2**frac)
    assert made.limit * 2**frac >= most


@pytest.mark.parametrize("bits", [3, 4, 5])
def test_exponents(bits: int) -> None:
    least = -(2 ** (bits - 1) - 2)
    shadow = torch.cat((GRID.flatten(), 2.0 ** torch.arange(-30, 1)))
    made = quantiser(f"exp{bits}")
    found = made.unit(1, 1) * made.values(shadow).numpy()
    magnitude = np.abs(shadow.numpy())
    power = np.floor(np.log2(np.maximum(magnitude, 1e-30)))
    below = np.where(power < least, 0, 2.0**power)
    above = 2.0 ** np.maximum(power + 1, least)
    up = (magnitude - below) / (above - below)
    expected = np.sign(shadow.numpy()) * np.where(up > 0.5, above, below)
    np.testing.assert_array_equal(found, expected)
    assert set(np.abs(found)) == {0, *(2.0 ** np.arange(least, 1))}


def test_exponents_are_the_sources_where_there_are_enough() -> None:
    """Ott et al. clip exponents to -22 and 9, and have no 0."""
    shadow = GRID[GRID.abs() > 2.0**-14].numpy()
    k = np.clip(np.floor(np.log2(np.abs(shadow))), -22, 9)
    expected = np.sign(shadow) * 2.0 ** (k + (np.abs(shadow) / 2**k - 1 > 0.5))
    found = weights_of(quantiser("exp5"))[GRID.abs().numpy() > 2.0**-14]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("bits", [2, 8])
def test_nearest(bits: int) -> None:
    made = quantiser(f"fixed{bits}", "nearest")
    assert isinstance(made, Nearest)
    most = 2 ** (bits - 1)
    expected = np.clip(np.floor(GRID.numpy() * most + 0.5), -most, most - 1) / most
    np.testing.assert_array_equal(weights_of(made), expected)


@pytest.mark.parametrize("made", DRAWN)
def test_mean_of_draws(made: Quantiser) -> None:
    """Draws are right on average: the shadow weight, as far as the unit reaches."""
    torch.manual_seed(0)
    draws = 4000
    mean = np.mean(
        [weights_of(made, torch.rand(ROWS, COLUMNS, dtype=torch.float64)) for _ in range(draws)],
        axis=0,
    )
    shadow, unit = GRID.numpy(), made.unit(ROWS, COLUMNS)
    expected = shadow if isinstance(made, Exponents) else np.clip(shadow, -unit, unit)
    # Five standard deviations of such a mean.
    np.testing.assert_allclose(mean, expected, atol=5 * max(unit, 0.5) / np.sqrt(draws))


@pytest.mark.parametrize("made", DRAWN)
def test_draws_are_values(made: Quantiser) -> None:
    drawn = set(np.unique(made.values(GRID, torch.rand(ROWS, COLUMNS, dtype=torch.float64))))
    if made.arithmetic is not None:
        assert drawn <= set(made.arithmetic.values)


@pytest.mark.parametrize("made", ALL)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_are_weights_of_the_arithmetic(made: Quantiser, dtype: object) -> None:
    shadow = torch.empty(48, 50, dtype=dtype)
    made.start(shadow)
    values = made.values(shadow)
    assert made(shadow).dtype == values.dtype == dtype
    if made.arithmetic is not None:
        integers = values.numpy().astype(np.int64)
        np.testing.assert_array_equal(integers, values.numpy())
        made.arithmetic.encode(integers + int(made.zero(shadow)))
        assert len(np.unique(integers)) > 1


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize(("least", "largest"), [(-1.0, 1.0), (-0.1, 0.7), (0.2, 0.9), (-3, -2)])
def test_asymmetric(bits: int, least: float, largest: float) -> None:
    """All integers are used from the least weight to the largest, and 0 is one of them."""
    made = quantiser(f"fixed{bits}", "asymmetric")
    assert isinstance(made, Asymmetric)
    shadow = torch.linspace(least, largest, 90, dtype=torch.float64).reshape(9, 10)
    unit, zero = float(made.own_unit(shadow)), int(made.zero(shadow))
    low, high = min(least, 0), max(largest, 0)
    assert unit == pytest.approx((high - low) / (2**bits - 1))
    assert zero == pytest.approx(-(2 ** (bits - 1)) - low / unit, abs=0.5)
    integers = made.values(shadow).numpy() + zero
    assert integers.min() >= -(2 ** (bits - 1))
    assert integers.max() <= 2 ** (bits - 1) - 1
    np.testing.assert_allclose(made(shadow).numpy(), shadow.numpy(), atol=unit * 1.01)
    if least < 0 < largest:
        assert len(np.unique(integers)) >= min(2**bits - 1, 90)


@pytest.mark.parametrize("made", ALL)
def test_deterministic_rules_keep_what_is_quantised(made: Quantiser) -> None:
    """But for what comes from the matrix itself."""
    if isinstance(made, (Threshold, Uniform)):
        return
    unit = made.unit(ROWS, COLUMNS)
    values = made.values(GRID)
    assert torch.equal(made.values(unit * values), values)


@pytest.mark.parametrize("made", ALL)
def test_gradient_goes_straight_through(made: Quantiser) -> None:
    shadow = GRID.clone().requires_grad_()
    factor = torch.randn(ROWS, COLUMNS, dtype=torch.float64)
    torch.autograd.backward((factor * made(shadow)).sum())
    assert shadow.grad is not None
    assert torch.equal(shadow.grad, factor)


def test_straight_through_is_exact() -> None:
    shadow, values = torch.randn(1000), torch.randn(1000)
    assert torch.equal(straight_through(shadow.requires_grad_(), values), values)


def test_rules_by_name() -> None:
    assert isinstance(quantiser("ternary"), Threshold)
    assert isinstance(quantiser("ternary", "ott", stochastic=True), Ott)
    assert isinstance(quantiser("pow2"), PowerOfTwo)
    assert isinstance(quantiser("exp4", stochastic=True), Exponents)
    for weights in WEIGHTS:
        for made in rules(weights).values():
            assert made.arithmetic is None or made.arithmetic.name == weights


@pytest.mark.parametrize(
    ("args", "stochastic", "text"),
    [
        (
            ("octal",),
            False,
            "weights: must be float, binary, .* or fixed2 to fixed16, not 'octal'",
        ),
        (
            ("binary", "pow2"),
            False,
            "rule: of binary weights must be sign or ardakani or ott, not 'pow2'",
        ),
        (("ternary",), True, "stochastic: there is no such form of the rule, not 'threshold'"),
    ],
)
def test_bad_choice(args: tuple[str, ...], stochastic: bool, text: str) -> None:
    with pytest.raises(InputError, match=f"^{text}$"):
        quantiser(*args, stochastic=stochastic)
