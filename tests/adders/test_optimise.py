"""Graphs multiply with their matrix, are small and no deeper than asked, and come again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pascaline.adders import kernels, search
from pascaline.adders.optimise import least_depth, optimise
from pascaline.adders.start import plain
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from tests.adders.matrices import drawn, matrices


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))


@pytest.fixture(scope="module", autouse=True)
def compiled_once():
    kernels.available()


@pytest.fixture
def without_compiler(monkeypatch):
    monkeypatch.setattr(search, "available", lambda: False)


needs_compiler = pytest.mark.skipif(not kernels.available(), reason="no g++")


def trivial(matrix):
    """Adders of a tree for each row."""
    return sum(max(len(plain(row[None]).terms) - 1, 0) for row in matrix)


def check(matrix, **options):
    graph = optimise(matrix, **options)
    assert np.array_equal(graph.matrix(), matrix)
    assert graph.used[graph.inputs :].all()
    # A row of terms that are all negative takes an adder more.
    assert graph.nodes <= trivial(matrix)
    return graph


depths = st.sampled_from([None, "least", 1, 2, 1000])


@settings(deadline=None, max_examples=60)
@given(matrices(), depths, st.sampled_from(["adders", "bits"]), st.integers(0, 3))
def test_every_matrix(matrix, depth, cost, seed):
    least = least_depth(matrix)
    limit = least + depth if isinstance(depth, int) else depth
    graph = check(matrix, depth=limit, cost=cost, effort=0.002, seed=seed)
    if limit is not None:
        assert graph.deepest <= (least if limit == "least" else limit)


@settings(deadline=None, max_examples=40)
@given(matrices(), depths)
def test_every_matrix_without_compiler(matrix, depth):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "available", lambda: False)
        least = least_depth(matrix)
        limit = least + depth if isinstance(depth, int) else depth
        graph = check(matrix, depth=limit)
        if limit is not None:
            assert graph.deepest <= (least if limit == "least" else limit)


@pytest.mark.parametrize("rows", [[[-6, -13, -6]], [[1, -19, 5, 13], [3, -27, 0, 4]]])
def test_a_pair_twice_in_a_row_without_compiler(rows, without_compiler):
    """Places of a pair that fit one by one need not fit together."""
    assert check(np.array(rows), depth="least").deepest <= least_depth(rows)


def test_same_graph_again(monkeypatch, tmp_path):
    def text(**options):
        graph = optimise(drawn("binary", 12), effort=0.01, **options)
        return {name: array.tolist() for name, array in graph.arrays().items()}

    first = text()
    assert text() == first
    # What is kept is not made again.
    monkeypatch.setattr(search, "Search", None)
    assert text() == first
    monkeypatch.undo()
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path / "other"))
    assert text() == first
    assert text(seed=1) != first


def test_search_finds_more_than_sharing_alone(without_compiler):
    matrix = drawn("ternary", 24)
    alone = optimise(matrix).adders
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "available", lambda: True)
        assert optimise(matrix, effort=0.2).adders < 0.95 * alone


@needs_compiler
@pytest.mark.parametrize("depth", [None, "least"])
def test_few_bits_are_not_few_adders(depth):
    # Sums of narrow inputs alone are narrow.
    ranges = [Interval.signed_bits(16 if k % 2 else 1) for k in range(16)]
    options = {"ranges": ranges, "depth": depth, "effort": 0.1}
    few = check(drawn("ternary", 16), cost="bits", **options)
    usual = check(drawn("ternary", 16), **options)
    assert few.bits(ranges) < 0.92 * usual.bits(ranges)
    assert usual.adders < few.adders


def test_progress_tells_adders():
    told = []
    optimise(drawn("ternary", 8), effort=0.01, progress=lambda *one: told.append(one))
    assert told[-1][1] == told[-1][2] == search.PARTS
    assert int(told[-1][3]) > 0


WRONG = [
    ([1, 2], {}, "matrix: must have two dimensions, not 1"),
    ([[1, 2], [3]], {}, "matrix: must have rows of the same length"),
    ([[1.5]], {}, "matrix: must be of integers, not 'float64'"),
    ([[float("nan")]], {}, "matrix: must be of integers, not 'float64'"),
    ([["1"]], {}, "matrix: must be of integers, not '<U1'"),
    ([[True]], {}, "matrix: must be of integers, not 'bool'"),
    ([[1 << 31]], {}, "matrix: must have elements of at most 31 bits"),
    ([[1 << 80]], {}, "matrix: must be of integers, not 'object'"),
    ([[1, 1]], {"depth": 0}, 'depth: must be at least 1, or "least", not 0'),
    ([[1, 1]], {"depth": "most"}, "depth: must be at least 1, or \"least\", not 'most'"),
    ([[1, 1]], {"cost": "area"}, "cost: must be adders or bits, not 'area'"),
    ([[1, 1]], {"ranges": [Interval(0, 1)]}, "ranges: must be 2 ranges, one a column, not 1"),
    ([[1, 1]], {"effort": -1}, "effort: must be 0 to 100000 seconds, not -1"),
    ([[1, 1]], {"effort": float("nan")}, "effort: must be 0 to 100000 seconds, not nan"),
    ([[1, 1]], {"seed": -1}, "seed: must be 0 to 4294967295, not -1"),
    ([[1, 1]], {"jobs": 0}, "jobs: must be 1 to 1024, not 0"),
    (
        np.ones((1, 2049), int),
        {},
        "matrix: must have at most 32,768 rows and 2,048 columns, not '1 x 2049'",
    ),
    (np.ones((1025, 1024), int), {}, "matrix: must have at most 1,048,576 terms, not 1049600"),
    ([[5, 21, 5] * 600], {}, "matrix: must have at most 4,096 terms in a row, not 4200"),
    (
        [[5]] * 32768,
        {},
        "matrix: must have at most 65,535 rows, times the terms of an element, not 65536",
    ),
]


@pytest.mark.parametrize(("matrix", "options", "line"), WRONG, ids=[line for *_, line in WRONG])
def test_wrong_is_refused(matrix, options, line):
    with pytest.raises(InputError) as error:
        optimise(matrix, **options)
    assert str(error.value) == line
