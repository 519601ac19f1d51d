"""Pieces of functions: knots by greedy removal, lines that the hardware has, errors."""

import math
from itertools import pairwise

import numpy as np
import pytest

from pascaline.golden.activation import values_of
from pascaline.spec.activation import table
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.functions import FUNCTIONS
from pascaline.spec.knots import GRID, Lines, remove_knots
from pascaline.spec.pieces import POWERS, find_pieces

PRE = Format(width=12, frac=8)
OUT = Format(width=8, frac=7)
FINE = Format(width=12, frac=11)
SMALL = Format(width=7, frac=3)


def grid(function, pre=SMALL, out=OUT):
    values = [FUNCTIONS[function](z * pre.lsb) for z in arguments(pre)]
    scaled = [math.floor(math.ldexp(value, out.frac + GRID) + 0.5) for value in values]
    return [max(out.interval.lo << GRID, min(out.interval.hi << GRID, one)) for one in scaled]


def arguments(pre):
    return range(pre.interval.lo, pre.interval.hi + 1)


def error(pieces, function, pre, out):
    """The largest and the mean distance from the table."""
    distance = np.abs(values_of(pieces) - table(function, pre, out))
    return distance.max(), distance.mean()


def plain_values(pieces):
    """The formula, one argument at a time."""
    found = []
    for z in arguments(pieces.pre):
        i = max(k for k, first in enumerate(pieces.first.tolist()) if first <= z)
        product = (int(pieces.slope[i]) * z) >> pieces.drop
        found.append((product + int(pieces.offset[i])) >> pieces.guard)
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bits", [None, 2, 5])
def test_values_are_those_of_the_formula_and_numbers_of_the_output(function, bits):
    pieces = find_pieces(function, SMALL, OUT, 8, bits)
    values = plain_values(pieces)
    signed = np.array(values)
    assert np.array_equal(values_of(pieces), np.concatenate([signed[64:], signed[:64]]))
    assert OUT.interval.lo <= signed.min()
    assert signed.max() <= OUT.interval.hi
    products = [
        (int(slope) * z) >> pieces.drop
        for slope, (first, last) in zip(pieces.slope, pieces.ranges, strict=True)
        for z in range(first, last + 1)
    ]
    assert pieces.product.lo == min(0, *products)
    assert pieces.product.hi == max(0, *products)


@pytest.mark.parametrize("powers", [False, True])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_best_line_is_the_best_of_all(function, powers):
    values = grid(function)
    first = SMALL.interval.lo
    lines = Lines(first, values, bits=3, powers=powers)
    sizes = [0, 1, 2, 4, 8] if powers else range(9)
    slopes = sorted({sign * size for size in sizes for sign in (1, -1)})
    for start, stop in [(0, 128), (0, 1), (60, 70), (20, 64), (63, 65), (90, 128)]:
        z, y = np.arange(first + start, first + stop), np.array(values[start:stop])
        costs = []
        for slope in slopes:
            rest = y - slope * z * 2.0 ** (GRID - lines.fine)
            costs.append(np.square(rest - rest.mean()).sum())
        slope, cost = lines.best(start, stop)
        least = min(costs)
        assert costs[slopes.index(slope)] == pytest.approx(least, rel=1e-9)
        assert cost == pytest.approx(least, rel=1e-9, abs=1)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("step", "pieces"), [(1, 5), (1, 20), (4, 7)])
def test_the_knot_that_costs_least_goes(function, step, pieces):
    values = grid(function)
    lines = Lines(SMALL.interval.lo, values, bits=4, powers=False)
    knots = list(range(0, 129, step))

    def cost(start, stop):
        return lines.best(start, stop)[1]

    while len(knots) > pieces + 1:
        added = []
        for left, knot, right in zip(knots, knots[1:], knots[2:], strict=False):
            added.append((cost(left, right) - cost(left, knot) - cost(knot, right), knot))
        knots.remove(min(added)[1])
    total = sum(cost(*ends) for ends in pairwise(knots))
    assert remove_knots(lines, range(0, 129, step), pieces) == (knots[:-1], total)


@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
def test_sixteen_pieces_are_within_a_unit_of_the_table(function):
    assert error(find_pieces(function, PRE, OUT, 16, 4), function, PRE, OUT)[0] <= 1


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bits", [None, 5])
def test_errors_fall_with_the_pieces(function, bits):
    means = [
        error(find_pieces(function, PRE, FINE, count, bits), function, PRE, FINE)[1]
        for count in (4, 8, 16, 32)
    ]
    assert all(after < 0.75 * before for before, after in pairwise(means))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_slopes_and_knots_are_what_hardware_has(function):
    powers = find_pieces(function, PRE, OUT, 16, None)
    assert {*np.abs(powers.slope).tolist()} <= {0, *(1 << k for k in range(POWERS + 1))}
    few = find_pieces(function, PRE, OUT, 16, 3)
    assert np.abs(few.slope).max() <= 8
    for pieces in (powers, few):
        assert pieces.first[0] == PRE.interval.lo
        assert len(pieces.first) == 16
        assert (np.diff(pieces.first) > 0).all()
        assert pieces.grain >= 4
        assert (pieces.first % (1 << pieces.grain) == 0).all()


@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
@pytest.mark.parametrize("out", [OUT, FINE])
def test_last_digits_of_a_function_change_nothing(function, out):
    real, rng = FUNCTIONS[function], np.random.default_rng(0)

    def noisy(z):
        return real(z) * (1 + float(rng.integers(-4, 5)) * 2.0**-52)

    for bits in (None, 4):
        one, other = (find_pieces(each, PRE, out, 16, bits) for each in (function, noisy))
        for name in ("first", "slope", "offset"):
            assert np.array_equal(getattr(one, name), getattr(other, name))


def test_a_function_of_the_user():
    pieces = find_pieces(lambda z: abs(z) / 8, PRE, OUT, 2, None)
    assert pieces.first.tolist() == [-2048, 0]
    assert pieces.slope.tolist() == [-pieces.slope[1], pieces.slope[1]]
    flat = find_pieces(lambda z: 0.25, PRE, OUT, 4, None)
    assert set(values_of(flat).tolist()) == {32}
    step = find_pieces(lambda z: float(z > 0), PRE, OUT, 2, 2)
    assert step.first.tolist() == [-2048, 1]


@pytest.mark.parametrize("pre", [Format(width=2, frac=0), Format(width=16, frac=12)])
def test_narrow_and_wide_arguments(pre):
    pieces = find_pieces("tanh", pre, Format(width=16, frac=15), 2, None)
    assert len(values_of(pieces)) == 1 << pre.width


@pytest.mark.parametrize(
    ("function", "pre", "pieces", "line"),
    [
        (math.log, PRE, 8, "function: must have a value at -8.0, not '"),
        (lambda z: math.inf, PRE, 8, "function: must be finite at -8.0, not 'inf'"),
        ("cosine", PRE, 8, "function: must be one of sigmoid, tanh, exp, gelu, softplus, not 'c"),
        ("tanh", PRE, 65, "pieces: must be 2 to 64, not 65"),
        ("tanh", Format(width=3, frac=1), 5, "pieces: must be 2 to 4, not 5"),
        ("tanh", Format(width=17, frac=8), 5, "pre: must be signed and of at most 16 bits, not"),
    ],
)
def test_no_pieces(function, pre, pieces, line):
    with pytest.raises(InputError) as caught:
        find_pieces(function, pre, OUT, pieces, None)
    assert str(caught.value).startswith(line)
