"""Starts, sharing and signs, each by itself."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pascaline.adders import kernels
from pascaline.adders.greedy import shared
from pascaline.adders.kernels import Search
from pascaline.adders.start import blocks, digits, plain, subsets
from pascaline.adders.trees import graph_of
from pascaline.spec.formats import Interval
from tests.adders.matrices import drawn, matrices

needs_compiler = pytest.mark.skipif(not kernels.available(), reason="no g++")


def matrix_of(sums, **options):
    return graph_of(sums, [Interval(-8, 7)] * sums.inputs, **options).matrix()


@given(st.integers(-(2**31), 2**31))
def test_digits(value):
    found = digits(value)
    assert sum(sign << shift for shift, sign in found) == value
    shifts = [shift for shift, _ in found]
    # No two are side by side: so there are as few as can be.
    assert all(after - before > 1 for before, after in pairwise(shifts))


@settings(deadline=None)
@given(matrices(), st.booleans())
def test_plain_start(matrix, narrow):
    assert np.array_equal(matrix_of(plain(matrix), narrow=narrow), matrix)
    assert np.array_equal(matrix_of(shared(plain(matrix)), narrow=narrow), matrix)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), st.integers(1, 13), st.integers(0, 100))
def test_starts_of_signs(rows, columns, seed):
    matrix = drawn("binary", rows, columns, seed)
    # Equal and opposite rows have the same sum.
    matrix[rows // 2] = -matrix[0]
    for start in (subsets, blocks):
        sums = start(matrix)
        assert np.array_equal(matrix_of(sums), matrix)
        assert np.array_equal(matrix_of(shared(sums)), matrix)
        assert len({c >> 7 for c in sums.outputs.tolist()}) <= max(rows - 1, 1)
    assert blocks(matrix).deepest == (columns - 1).bit_length()


def test_subsets_are_small():
    matrix = drawn("binary", 64)
    twice = len(subsets(matrix).terms) - 64 - 64
    assert twice < 0.42 * 64 * 64


@needs_compiler
@settings(deadline=None, max_examples=30)
@given(matrices(), st.integers(0, 3), st.booleans(), st.integers(0, 100))
def test_search_is_right_at_any_time(matrix, more, measured, seed):
    start = plain(matrix)
    limit = start.deepest + more if more else None
    ranges = [Interval(-1, 5)] * start.inputs if measured else None
    search = Search(start, limit=limit, ranges=ranges, seed=seed)
    for step in (search.greedy, lambda: search.loosen(2), lambda: search.tighten(2)):
        step()
        search.anneal(300, 0.5, 0.1)
        sums = search.sums()
        assert sums.adders == search.adders
        assert np.array_equal(matrix_of(sums), matrix)
    assert limit is None or sums.deepest <= limit


@given(matrices(), st.integers(0, 2**32))
def test_bounds(matrix, seed):
    ends = np.sort(np.random.default_rng(seed).integers(-20, 20, (matrix.shape[1], 2)))
    ranges = [Interval(int(lo), int(hi)) for lo, hi in ends]
    sums = plain(matrix)
    bounds = sums.bounds(ranges)
    graph = graph_of(sums, ranges)
    exact = graph.ranges(ranges)
    for row, c, place in zip(matrix, sums.outputs.tolist(), graph.output, strict=True):
        if c >= 0:
            lo, hi = bounds[c >> 7].tolist()
            found = exact[place]
            found = {(found.lo, found.hi), (-found.hi, -found.lo)}
            if all(len(digits(value)) <= 1 for value in row.tolist()):
                assert (lo, hi) in found
            assert any(lo <= low and high <= hi for low, high in found)


def test_large_numbers_have_no_bounds():
    sums = plain(np.array([[1, -1]]))
    assert sums.bounds([Interval(-(1 << 48), 1 << 48)] * 2).tolist()[-1] == [-(1 << 49), 1 << 49]
    assert sums.bounds([Interval(-(1 << 49), 1 << 49)] * 2) is None


@needs_compiler
@pytest.mark.parametrize(("start", "kind"), [(plain, "ternary"), (subsets, "binary")])
def test_outputs_need_no_negation(start, kind):
    search = Search(start(drawn(kind, 24)), limit=None, seed=0)
    search.greedy()
    search.anneal(10_000, 0.02, 0)
    assert graph_of(search.sums(), [Interval(-8, 7)] * 24).negations == 0


def test_narrow_order_has_fewer_bits():
    sums = plain(drawn("wide", 6))
    ranges = [Interval(-1, 0)] * 3 + [Interval(-(1 << 20), 0)] * 3
    assert graph_of(sums, ranges, narrow=True).bits(ranges) < graph_of(sums, ranges).bits(ranges)
