import math

import numpy as np
import pytest

from pascaline.spec.activation import (
    AdaptivePieces,
    PiecewiseLinear,
    Table,
    lines,
    read_activation,
    table,
)
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.functions import FUNCTIONS

PRE = Format(width=12, frac=8)
OUT = Format(width=8, frac=7)
FINE = Format(width=13, frac=12)


def codes(pre):
    return np.concatenate([np.arange(pre.interval.hi + 1), np.arange(pre.interval.lo, 0)])


def line_values(line, pre, out):
    raw = np.arange(1 << pre.width)
    segment, low = raw >> line.low_bits, raw & ((1 << line.low_bits) - 1)
    total = line.slope[segment] * low + line.offset[segment]
    return np.clip(
        (total + ((1 << line.shift) >> 1)) >> line.shift, out.interval.lo, out.interval.hi
    )


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("out", [OUT, FINE])
def test_table_is_the_rounded_function_with_a_margin(function, out):
    exact = [math.ldexp(FUNCTIONS[function](z * PRE.lsb), out.frac) for z in codes(PRE)]
    entries = table(function, PRE, out)
    unsaturated = np.floor(np.array(exact) + 0.5)
    assert np.array_equal(entries, np.clip(unsaturated, out.interval.lo, out.interval.hi))
    # No argument but 0 comes near a tie, so a tanh that is off by 1e-9 gives the same table.
    distance = np.abs(np.array(exact) - np.floor(exact) - 0.5)
    assert distance[1:][entries[1:] < out.interval.hi].min() > 1e-7


def test_sigmoid_and_tanh_are_what_they_are_called():
    for z in np.linspace(-8, 8, 33):
        assert FUNCTIONS["sigmoid"](z) == pytest.approx(1 / (1 + math.exp(-z)), abs=1e-15)
        assert FUNCTIONS["tanh"](z) == math.tanh(z)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_64_lines_are_within_one_unit_of_the_table(function):
    line = lines(function, PRE, OUT, 64)
    assert np.abs(line_values(line, PRE, OUT) - table(function, PRE, OUT)).max() <= 1


@pytest.mark.parametrize("function", FUNCTIONS)
def test_error_falls_with_the_square_of_the_segments(function):
    errors = []
    for segments in (16, 32, 64):
        values = line_values(lines(function, PRE, FINE, segments), PRE, FINE) * FINE.lsb
        exact = np.array([FUNCTIONS[function](z * PRE.lsb) for z in codes(PRE)])
        errors.append(np.abs(values - exact)[exact < 0.9].max())
    assert errors[0] > 2.5 * errors[1] > 6 * errors[2]


@pytest.mark.parametrize("segments", [2, 64, 1024])
def test_total_holds_every_point(segments):
    line = lines("tanh", PRE, OUT, segments)
    low = np.array([0, (1 << line.low_bits) - 1])
    totals = line.slope[:, None] * low + line.offset[:, None]
    assert line.total.lo <= totals.min()
    assert totals.max() <= line.total.hi


def test_segments_must_be_a_power_of_two():
    with pytest.raises(InputError, match=r"^a: segments must be a power of two, not 48$"):
        PiecewiseLinear.parse({"segments": 48}, thing="a")


FORMS = {
    "table": Table(),
    "pwl256": PiecewiseLinear(segments=256),
    "pieces16": AdaptivePieces(),
    "pieces8x3": AdaptivePieces(pieces=8, slope_bits=3),
}


@pytest.mark.parametrize("text", FORMS)
def test_a_form_is_read_as_it_is_written(text):
    assert read_activation(text, thing="a") == FORMS[text]
    assert str(FORMS[text]) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("lines", "a: must be table, or as pwl256, pieces16 or pieces16x4, not 'lines'"),
        ("pwl64x4", "a: must be table, or as pwl256, pieces16 or pieces16x4, not 'pwl64x4'"),
        ("pieces1", "a: pieces: should be greater than or equal to 2, not 1"),
        ("pieces65", "a: pieces: should be less than or equal to 64, not 65"),
        ("pieces16x9", "a: slope_bits: should be less than or equal to 8, not 9"),
        ("pwl48", "a: segments must be a power of two, not 48"),
    ],
)
def test_no_form(text, line):
    with pytest.raises(InputError) as caught:
        read_activation(text, thing="a")
    assert str(caught.value) == line
