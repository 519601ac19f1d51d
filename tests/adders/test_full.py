"""Rows of -1 and 1 as full trees: right, as shallow as can be, and of few different nodes."""

import threading

import numpy as np
import pytest

from pascaline.adders import full as module
from pascaline.adders import kernels
from pascaline.adders.full import fills, full
from pascaline.adders.optimise import optimise
from pascaline.adders.trees import graph_of
from pascaline.spec.formats import Interval
from pascaline.spec.progress import silent
from tests.adders.matrices import drawn

pytestmark = pytest.mark.skipif(not kernels.available(), reason="no g++")

MANY = 1 << 30


def searched(matrix, moves=20_000, seed=0, progress=silent, stopped=None):
    stopped = stopped or threading.Event()
    return full(progress, stopped, matrix=matrix, moves=moves, seed=seed)


def test_which_matrices_it_is_for():
    binary = drawn("binary", 64)
    assert fills(binary, 6, MANY)
    assert not fills(binary, 7, MANY)
    assert not fills(binary, None, MANY)
    assert not fills(binary, 6, binary.size)
    assert not fills(binary[:47], 6, MANY)
    assert not fills(np.tile(binary, (3, 1)), 6, MANY)
    assert not fills(drawn("ternary", 64), 6, MANY)
    assert not fills(2 * binary, 6, MANY)
    assert not fills(drawn("binary", 64, 63), 6, MANY)


@pytest.mark.parametrize(("rows", "columns"), [(48, 64), (70, 64), (50, 128)])
def test_rows_are_right_and_no_deeper_than_they_must_be(rows, columns):
    matrix = drawn("binary", rows, columns)
    # Equal and opposite rows have the same sum.
    matrix[7], matrix[rows - 1] = matrix[3], -matrix[3]
    sums = searched(matrix)
    graph = graph_of(sums, [Interval(-8, 7)] * columns)
    assert np.array_equal(graph.matrix(), matrix)
    assert sums.deepest == graph.deepest == columns.bit_length() - 1
    assert len({one >> 7 for one in sums.outputs.tolist()}) == rows - 2


def test_nodes_are_those_that_differ(monkeypatch):
    """What the search counts, from its leaves alone, by their columns and signs."""
    kept = []
    trees = module._Trees

    class Seen(trees):
        def __init__(self, classes, seed):
            super().__init__(classes, seed)
            kept.append((self, classes))

    monkeypatch.setattr(module, "_Trees", Seen)
    searched(drawn("binary", 64), moves=100_000)
    [(found, classes)] = kept
    leaves = found.leaves()
    assert (np.sort(leaves, axis=1) == np.arange(16)).all()
    nodes = set()
    for row, places in zip(classes, leaves, strict=True):
        for width in (2, 4, 8):
            for k in range(0, 16, width):
                node = sorted((int(leaf), int(row[leaf])) for leaf in places[k : k + width])
                flip = node[0][1] & 1
                nodes.add(tuple((leaf, one ^ flip) for leaf, one in node))
    assert found.nodes == len(nodes)


def test_more_moves_find_less_and_the_same_again():
    matrix = drawn("binary", 64)
    few, many = (searched(matrix, moves) for moves in (3_000, 300_000))
    assert many.adders < 0.96 * few.adders
    again = searched(matrix, 3_000)
    assert again.terms.tolist() == few.terms.tolist()
    assert searched(matrix, 3_000, seed=1).terms.tolist() != few.terms.tolist()


def test_columns_are_together_that_rows_have_alike():
    rows = drawn("binary", 64)
    rows = rows * rows[:, :1]

    def alike(order):
        classes = module._classes(rows[:, order].reshape(64, -1, 4))
        return sum(
            (1.6 ** ((classes[k] ^ classes[:k]) == sign).sum(axis=1)).sum()
            for k in range(64)
            for sign in (0, 1)
        )

    order = module._together(rows, 20_000, 0, silent, threading.Event())
    assert sorted(order.tolist()) == list(range(64))
    drawn_orders = [np.random.default_rng(k).permutation(64) for k in range(20)]
    assert alike(order) > 1.05 * max(map(alike, drawn_orders))


def test_progress_and_an_early_end():
    told, stopped = [], threading.Event()

    def tell(stage, done, total, note=""):
        told.append((stage, done, total, note))
        if done == 3:
            stopped.set()

    matrix = drawn("binary", 64)
    sums = searched(matrix, progress=tell, stopped=stopped)
    assert np.array_equal(graph_of(sums, [Interval(-8, 7)] * 64).matrix(), matrix)
    assert told[0][0] == "columns by fours"
    assert told[-1][:3] == ("full trees", 3, module.PARTS)
    # The adders of the trees; what is shared after such a short search are more of them.
    assert int(told[-1][3].replace(",", "")) > sums.adders


def test_it_is_what_a_graph_is_searched_with(monkeypatch, tmp_path):
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))
    told = []
    matrix = drawn("binary", 64)
    graph = optimise(
        matrix, depth="least", effort=0.3, jobs=2, progress=lambda *one: told.append(one)
    )
    assert {stage for stage, *_ in told} >= {"columns by fours", "full trees"}
    assert np.array_equal(graph.matrix(), matrix)
    assert graph.deepest == 6
    told.clear()
    optimise(matrix, depth="least", cost="bits", effort=0.3, progress=lambda *one: told.append(one))
    assert "full trees" not in {stage for stage, *_ in told}
