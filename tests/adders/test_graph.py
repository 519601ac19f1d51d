"""A graph by itself: what it computes, what is known of it, what it must not be."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pascaline.adders.graph import Graph
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval


@st.composite
def graphs(draw):
    inputs = draw(st.integers(1, 5))
    nodes, signs = [], st.sampled_from([(False, False), (False, True), (True, False)])
    for k in range(draw(st.integers(0, 12))):
        places, shifts = st.integers(0, inputs + k - 1), st.integers(0, 2)
        minus = draw(signs)
        nodes.append((draw(places), draw(shifts), minus[0], draw(places), draw(shifts), minus[1]))
    place = st.integers(-1, inputs + len(nodes) - 1)
    outputs = draw(st.lists(st.tuples(place, st.integers(0, 3), st.booleans()), max_size=5))
    return Graph.of(inputs, nodes, outputs)


def plain(graph, x):
    """The outputs for one vector, by the definition."""
    values = list(x)
    for a, a_shift, minus_a, b, b_shift, minus_b in graph:
        one, other = values[a] << a_shift, values[b] << b_shift
        values.append((-one if minus_a else one) + (-other if minus_b else other))
    found = []
    for at, shift, minus in zip(
        graph.output, graph.output_shift, graph.output_negative, strict=True
    ):
        value = 0 if at < 0 else values[at] << int(shift)
        found.append(-value if minus else value)
    return values, found


@settings(deadline=None)
@given(graphs(), st.integers(0, 2**32))
def test_matrix_and_values(graph, seed):
    x = np.random.default_rng(seed).integers(-128, 128, (3, graph.inputs))
    wanted = [plain(graph, one)[1] for one in x.tolist()]
    assert graph.evaluate(x).tolist() == wanted
    assert (x @ graph.matrix().T).tolist() == wanted


@settings(deadline=None)
@given(graphs(), st.integers(0, 2**32))
def test_ranges_are_reached(graph, seed):
    random = np.random.default_rng(seed)
    ends = np.sort(random.integers(-100, 100, (graph.inputs, 2)))
    ranges = graph.ranges([Interval(int(lo), int(hi)) for lo, hi in ends])
    for place, row in enumerate(graph.coefficients):
        for at, reached in ((0, ranges[place].lo), (1, ranges[place].hi)):
            x = [ends[k][at if c >= 0 else 1 - at] for k, c in enumerate(row)]
            assert plain(graph, [int(one) for one in x])[0][place] == reached


def test_what_is_known():
    # Two adders in a row, a third one that nothing uses, and an input that is negated.
    nodes = [(0, 0, False, 1, 0, True), (2, 1, False, 3, 0, False), (0, 0, False, 0, 0, False)]
    graph = Graph.of(3, nodes, [(4, 0, False), (0, 2, True), (0, 0, True), (-1, 0, True)])
    assert (graph.nodes, graph.negations, graph.adders, graph.deepest) == (3, 1, 4, 2)
    assert graph.depth.tolist() == [0, 0, 0, 1, 2, 1]
    assert graph.used.tolist() == [True, True, True, True, True, False]
    assert graph.matrix().tolist() == [[1, -1, 2], [-4, 0, 0], [-1, 0, 0], [0, 0, 0]]
    given = [Interval(-8, 7)] * 3
    assert graph.widths(given) == [4, 4, 4, 5, 6, 5]
    # -8 becomes 8, which has five bits.
    assert graph.bits(given) == 5 + 6 + 5 + 5


def test_nothing_at_all():
    graph = Graph.of(0, [], [(-1, 0, False)] * 2)
    assert graph.matrix().shape == (2, 0)
    assert graph.evaluate(np.zeros((4, 0), np.int64)).tolist() == [[0, 0]] * 4
    assert (graph.adders, graph.deepest, graph.bits([])) == (0, 0, 0)


def test_large_numbers_are_exact_or_refused():
    steps = [(k, 6, False, k, 0, False) for k in range(10)]
    graph = Graph.of(1, steps, [(10, 0, False)])
    assert graph.matrix().tolist() == [[65**10]]
    with pytest.raises(InputError, match="x: must be small enough for sums of 62 bits, not 128"):
        graph.evaluate([-128])
    assert graph.ranges([Interval(-(1 << 40), 0)])[-1] == Interval(-(65**10 << 40), 0)
    with pytest.raises(InputError, match="node 1: must have coefficients of 62 bits"):
        Graph.of(1, [(0, 61, False, 0, 0, False), (1, 1, False, 0, 0, False)], []).matrix()
    shifted = Graph.of(1, [], [(0, 61, False)])
    assert shifted.matrix().tolist() == [[1 << 61]]
    assert shifted.evaluate([-1]).tolist() == [-1 << 61]
    with pytest.raises(InputError, match="x: must be small enough for sums of 62 bits, not 2"):
        shifted.evaluate([2])
    far = Graph.of(1, [(0, 0, False, 0, 40, False)], [(-1, 0, False), (1, 62, False)])
    with pytest.raises(InputError, match="output 1: must have coefficients of 62 bits"):
        far.matrix()


GOOD = Graph.of(2, [(0, 0, False, 1, 0, True)], [(2, 0, False)])
WRONG = [
    ({"inputs": -1}, "inputs: must be a number of at least 0, not '-1'"),
    ({"inputs": 2.0}, "inputs: must be a number of at least 0, not '2.0'"),
    ({"left": np.array([2])}, "left[0]: must be 0 to 1, not 2"),
    ({"right": np.array([-1])}, "right[0]: must be 0 to 1, not -1"),
    ({"left": np.array([0.0])}, "left: must be an array of one dimension of int64"),
    ({"left": [0]}, "left: must be an array of one dimension of int64"),
    ({"right": np.array([0, 1])}, "right: must have 1 elements, not 2"),
    ({"left_shift": np.array([-1])}, "left_shift[0]: must be 0 to 62, not -1"),
    ({"right_shift": np.array([63])}, "right_shift[0]: must be 0 to 62, not 63"),
    ({"left_negative": np.array([True])}, "right_negative: must not be set where left_negative is"),
    ({"output": np.array([3])}, "output[0]: must be -1 to 2, not 3"),
    ({"output_shift": np.array([0, 0])}, "output_shift: must have 1 elements, not 2"),
    (
        {"output_negative": np.array([0])},
        "output_negative: must be an array of one dimension of bool",
    ),
]


@pytest.mark.parametrize(("change", "line"), WRONG, ids=[line for _, line in WRONG])
def test_wrong_is_refused(change, line):
    with pytest.raises(InputError) as error:
        dataclasses.replace(GOOD, **change)
    assert str(error.value) == line


def test_wrong_vectors_are_refused():
    with pytest.raises(InputError, match=r"x: must have 2 elements, not '\(3,\)'"):
        GOOD.evaluate([1, 2, 3])
    with pytest.raises(InputError, match="x: must be integers, not 'float64'"):
        GOOD.evaluate([1.0, float("nan")])
    with pytest.raises(InputError, match="ranges: must be 2 ranges, not 1"):
        GOOD.ranges([Interval(0, 1)])
