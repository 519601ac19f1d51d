import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval

intervals = st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)).map(
    lambda ends: Interval(min(ends), max(ends))
)


def inside(interval):
    return st.integers(interval.lo, interval.hi)


@given(st.data(), intervals, intervals)
def test_interval_arithmetic_holds_every_result(data, a, b):
    x, y = data.draw(inside(a)), data.draw(inside(b))
    for interval, value in (
        (a + b, x + y),
        (a * b, x * y),
        (a | b, x),
        (a | b, y),
        (a << 3, x << 3),
    ):
        assert interval.lo <= value <= interval.hi


@given(st.data(), intervals, st.integers(0, 8))
def test_rounded_interval_is_exact(data, a, shift):
    half = (1 << shift) >> 1
    rounded = a.rounded(shift)
    assert rounded == Interval((a.lo + half) >> shift, (a.hi + half) >> shift)
    assert rounded.lo <= (data.draw(inside(a)) + half) >> shift <= rounded.hi


@given(intervals)
def test_width_is_the_smallest_that_holds_the_interval(a):
    lo, hi = (
        (-(1 << (a.width - 1)), (1 << (a.width - 1)) - 1) if a.signed else (0, (1 << a.width) - 1)
    )
    assert lo <= a.lo
    assert a.hi <= hi
    if a.width > 1:
        assert a.lo < lo // 2 or a.hi > hi // 2


def test_interval_of_values_has_zero():
    assert Interval.of([3, 5]) == Interval(0, 5)
    assert Interval.of([-3, -5]) == Interval(-5, 0)
    assert Interval.of([]) == Interval(0, 0)


@pytest.mark.parametrize(
    ("format_", "lo", "hi", "text"),
    [
        (Format(width=8, frac=7), -128, 127, "Q0.7"),
        (Format(width=12, frac=8), -2048, 2047, "Q3.8"),
        (Format(width=8, frac=7, signed=False), 0, 255, "UQ1.7"),
    ],
)
def test_format(format_, lo, hi, text):
    assert format_.interval == Interval(lo, hi)
    assert str(format_) == text


def test_quantize_rounds_ties_up_and_saturates():
    q = Format(width=4, frac=1)
    assert q.quantize([0.25, -0.25, 0.24, 100.0, -1e300]).tolist() == [1, 0, 0, 7, -8]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_quantize_refuses_what_is_not_a_number(value):
    with pytest.raises(InputError, match=r"^scale: must be finite, not '-?(nan|inf)'$"):
        Format(width=8, frac=7).quantize([0.0, value], thing="scale")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"width": 0, "frac": 0}, "f: width: should be greater than or equal to 1, not 0"),
        ({"width": 33, "frac": 0}, "f: width: should be less than or equal to 32, not 33"),
        ({"width": 1, "frac": 0}, "f: a signed format must have a width of at least 2"),
        ({"width": 8}, "f: frac: field required"),
        ({"width": 8, "frac": 0, "bits": 1}, "f: bits: extra inputs are not permitted, not 1"),
        ({"width": "8", "frac": 0}, "f: width: should be a valid integer, not '8'"),
    ],
)
def test_format_errors(fields, text):
    with pytest.raises(InputError) as error:
        Format.parse(fields, thing="f")
    assert str(error.value) == text
