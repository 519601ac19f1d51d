"""Passes of layers, stacks and phases, and of layers that no cell has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pascaline.spec.passes import passes
from pascaline.spec.product import Product
from tests.programs import made_up_layer

INPUT, STATE = "input", "state"


def product(vector):
    return Product(rows=8, columns=6 if vector is None else 8, lanes=4, simd=2)


def made(*operands, layers=1, phases=1):
    return passes((made_up_layer(*operands, phases=phases),) * layers, product)


def read(one):
    """What a pass reads: names of operands with vectors, those made in the step marked."""
    marks = {True: "!", False: ""}
    vectors = {None: "x"} | {number: f"h{number}" for number in range(9)}
    return [f"{source.name} {vectors[source.vector]}{marks[source.made]}" for source in one.sources]


def test_a_layer_reads_its_input_first():
    [one] = made(STATE, INPUT)
    assert read(one) == ["b x", "a h0"]
    assert (one.layer, one.phase, one.to) == (0, 0, 0)
    assert one.takes_input
    assert one.reads == (0,)
    assert one.chunks == 3 + 4


def test_a_stack_reads_what_was_made_last_last():
    found = made(INPUT, STATE, layers=3)
    assert [read(one) for one in found] == [["b h0", "a x"], ["b h1", "a h0!"], ["b h2", "a h1!"]]
    assert [one.to for one in found] == [0, 1, 2]
    assert [one.takes_input for one in found] == [True, False, False]


def test_a_second_phase_reads_what_the_first_has_made():
    found = made(INPUT, STATE, phases=2)
    assert [read(one) for one in found] == [["a x", "b h0"], ["a x", "b h1!"]]
    assert [(one.phase, one.to) for one in found] == [(0, 1), (1, 0)]


def test_three_operands():
    [one] = made(STATE, INPUT, STATE)
    assert read(one) == ["b x", "a h0", "c h0"]
    [one] = made(INPUT, STATE, INPUT)
    assert read(one) == ["a x", "c x", "b h0"]
    found = made(INPUT, STATE, INPUT, layers=2)
    assert [read(one) for one in found] == [["b h0", "a x", "c x"], ["b h1", "a h0!", "c h0!"]]
    found = made(INPUT, STATE, STATE, phases=2)
    assert read(found[1]) == ["a x", "b h1!", "c h1!"]


@pytest.mark.parametrize("shape", [{"layers": 4}, {"phases": 2}])
@given(st.lists(st.sampled_from((INPUT, STATE)), min_size=1, max_size=5))
def test_made_vectors_are_those_that_an_earlier_pass_writes(shape, operands):
    written = set()
    for one in made(*operands, **shape):
        assert len(one.sources) == len(operands)
        for source in one.sources:
            assert source.made == (source.vector in written)
            assert source.product == product(source.vector)
        written.add(one.to)
