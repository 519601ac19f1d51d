"""Binary and ternary rows of real ones."""

import numpy as np
import pytest

from pascaline.importers.rows import exact_rows, fit_rows, row_errors, threshold_rows
from pascaline.spec.arithmetic import arithmetic
from tests.importers.floats import features_of, foreign_of
from tests.importers.test_calibrate import calibrated

ARITHMETICS = [arithmetic("binary"), arithmetic("ternary")]


def moments_of(rng, columns, count=500):
    mixed = rng.normal(size=(count, columns)) @ rng.normal(size=(columns, columns))
    vectors = mixed * np.exp(rng.normal(size=columns))
    return vectors.T @ vectors / count, vectors


@pytest.mark.parametrize("made", ARITHMETICS)
def test_the_error_is_that_of_products(made):
    rng = np.random.default_rng(0)
    matrix, (moments, vectors) = rng.normal(size=(5, 8)), moments_of(rng, 8)
    weights, scale = fit_rows(matrix, made, moments)
    products = vectors @ (matrix - scale[:, None] * weights).T
    np.testing.assert_allclose(row_errors(matrix, weights, scale, moments), (products**2).mean(0))


@pytest.mark.parametrize("made", ARITHMETICS)
@pytest.mark.parametrize("seed", range(4))
def test_fitted_rows_lose_less_than_the_rule(made, seed):
    rng = np.random.default_rng(seed)
    matrix, (moments, _) = rng.normal(size=(40, 24)), moments_of(rng, 24)
    fitted = row_errors(matrix, *fit_rows(matrix, made, moments), moments)
    rule = row_errors(matrix, *threshold_rows(matrix, made), moments)
    assert (fitted <= rule * (1 + 1e-3)).all()
    assert fitted.sum() < 0.6 * rule.sum()
    assert set(np.unique(fit_rows(matrix, made, moments)[0])) <= set(made.values.tolist())


@pytest.mark.parametrize("made", ARITHMETICS)
def test_few_columns_are_as_good_as_all_choices(made):
    """Not always the best: near it."""
    rng = np.random.default_rng(3)
    matrix, (moments, _) = rng.normal(size=(30, 5)), moments_of(rng, 5)
    fitted = row_errors(matrix, *fit_rows(matrix, made, moments), moments)
    every = np.stack(np.meshgrid(*[made.values] * 5), axis=-1).reshape(-1, 5)
    power = ((every @ moments) * every).sum(axis=1)
    along = every @ moments @ matrix.T
    whole = ((matrix @ moments) * matrix).sum(axis=1)
    gain = np.where(power > 0, np.maximum(along.T, 0) ** 2 / np.where(power > 0, power, 1), 0)
    best = (whole[:, None] - gain).min(axis=1)
    assert fitted.sum() < 1.6 * best.sum()


@pytest.mark.parametrize("made", ARITHMETICS)
def test_rows_of_the_form_are_taken_over(made):
    rng = np.random.default_rng(4)
    weights = rng.choice(made.values, (6, 10))
    weights[:, 0] = 1
    scale = rng.uniform(0.1, 1, 6)
    matrix, (moments, _) = scale[:, None] * weights, moments_of(rng, 10)
    assert exact_rows(matrix, made).all()
    found, of_rows = fit_rows(matrix, made, moments)
    np.testing.assert_array_equal(found, weights)
    np.testing.assert_array_equal(of_rows, scale)


@pytest.mark.parametrize("made", ARITHMETICS)
def test_nothing_is_known_of_the_inputs(made):
    matrix = np.random.default_rng(5).normal(size=(3, 4))
    for one, two in zip(
        fit_rows(matrix, made, np.zeros((4, 4))), threshold_rows(matrix, made), strict=True
    ):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("weights", ["binary", "ternary"])
def test_calibration_tells_what_quantising_costs(weights):
    foreign, features = foreign_of("lstm"), features_of(80, 80)
    model = calibrated(foreign, features, weights=weights, quantize=True, bits=8)
    for row in model.card["precision"]["quantized"]:
        assert row["snr"] > row["rule"]
