"""Products, functions and roundings of the golden model, each by itself."""

import numpy as np
import pytest

from pascaline.golden.activation import ActivationFunction
from pascaline.golden.head import classify
from pascaline.golden.product import Product
from pascaline.golden.rounding import holding, narrow, round_shift
from pascaline.spec.activation import AdaptivePieces, PiecewiseLinear, Table
from pascaline.spec.formats import Format, Interval


def test_types_hold_their_ranges():
    assert holding(Interval(-(1 << 31), (1 << 31) - 1)) is np.int32
    assert holding(Interval(0, (1 << 31) - 1), shift=1) is np.int64
    assert holding(Interval(0, 0), shift=32) is np.int64
    with pytest.raises(AssertionError, match="do not fit in 64 bits"):
        holding(Interval(0, (1 << 63) - 1), shift=1)
    assert narrow(np.array([5], np.int32), 0, Format(width=32, frac=0, signed=False)) == [5]


def test_classes_of_equal_logits():
    assert classify(np.array([[1, 3, 3], [2, 2, 1]])).tolist() == [1, 0]


def test_product_is_exact_at_the_limit():
    weights = np.full((1, 4), -(1 << 15), dtype=np.int64)
    big = Interval(-(1 << 36), 1 << 36)
    vector = np.array([[1 << 36, (1 << 36) - 1, -(1 << 36), 1]])
    assert Product(weights, big)(vector)[0, 0] == sum(-(1 << 15) * int(v) for v in vector[0])
    with pytest.raises(AssertionError, match="beyond exact float64"):
        Product(weights, Interval(-(1 << 37), 1 << 37))
    with pytest.raises(AssertionError, match="outside of -1 to 1"):
        Product(weights, Interval(-1, 1))(np.array([[0, 0, 0, 2]]))


@pytest.mark.parametrize("weights", [(-1, 1), (-100_000, 100_000)])
def test_product_of_symbols_is_a_product(weights, rng):
    matrix = rng.integers(*weights, (6, 9), endpoint=True)
    vectors = 127 * np.eye(9, dtype=np.int64)[rng.integers(0, 9, 20)]
    vectors[3], vectors[4] = 0, -vectors[4]
    product = Product(matrix, Interval(-128, 127))
    assert np.array_equal(product(vectors), vectors @ matrix.T)
    vectors[5, :2] = 1
    assert np.array_equal(product(vectors), vectors @ matrix.T)
    assert product(vectors).dtype == product(vectors[:1]).dtype
    assert product(vectors[:0]).shape == (0, 6)


@pytest.mark.parametrize("form", [Table(), PiecewiseLinear(segments=8), AdaptivePieces()])
def test_activation_keeps_to_its_format(form):
    pre, out = Format(width=8, frac=4), Format(width=5, frac=4)
    values = np.arange(-128, 128)
    found = ActivationFunction(form, "tanh", pre, out)(values)
    assert found.min() >= -16
    assert found.max() <= 15
    assert np.abs(found * out.lsb - np.tanh(values * pre.lsb)).max() < 0.2


def test_rounding_is_half_up():
    values = np.array([-6, -5, -4, -3, -2, 2, 3, 4, 5, 6])
    assert round_shift(values, 2).tolist() == [-1, -1, -1, -1, 0, 1, 1, 1, 1, 2]
    assert narrow(values, 0, Format(width=3, frac=0)).tolist() == [
        -4,
        -4,
        -4,
        -3,
        -2,
        2,
        3,
        3,
        3,
        3,
    ]
