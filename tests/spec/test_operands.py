"""Operands of layers, and what has a way to compute them."""

import itertools
from typing import get_args, get_type_hints

import numpy as np
import pytest

from pascaline.golden.product import PRODUCTS
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.cells import CELLS
from pascaline.spec.formats import Interval
from pascaline.spec.operands import Matrix, Operand, met
from tests.models import make_network

VECTORS = get_args(get_type_hints(Operand)["vector"])


def test_a_matrix_has_its_weights():
    kind = arithmetic("fixed3")
    [(name, spec)] = Matrix("k", "state", kind).tensors(rows=6, columns=4).items()
    assert name == "weight_k"
    assert spec.shape == (6, 4)


@pytest.mark.parametrize("weights", ["binary", "ternary", "fixed2"])
@pytest.mark.parametrize("element", [Interval(-2, 1), Interval(0, 3)])
def test_the_range_of_a_sum_is_what_it_can_be(weights, element):
    kind, columns = arithmetic(weights), 2
    elements = range(element.lo, element.hi + 1)
    terms = {int(w) * e for w in kind.values for e in elements}
    sums = [sum(row) for row in itertools.product(terms, repeat=columns)]
    assert Matrix("x", "input", kind).sum(element, columns) == Interval(min(sums), max(sums))


@pytest.mark.parametrize("kind", CELLS)
def test_operands_of_cells(kind):
    layer = make_network(layer={"kind": kind}).layer
    names = [operand.name for operand in layer.operands]
    assert len(set(names)) == len(names)
    assert {f"scale_{name}" for name in names} <= layer.row_tensors.keys()
    for operand in layer.operands:
        assert operand.vector in VECTORS
        assert type(operand) in PRODUCTS


@pytest.mark.parametrize("weights", ["binary", "ternary", "fixed2"])
def test_the_range_with_a_zero_point_is_what_it_can_be(weights):
    matrix = Matrix("x", "input", arithmetic(weights), zero_point=True)
    specs = matrix.tensors(rows=2, columns=3)
    assert {name: spec.shape for name, spec in specs.items()} == {
        "weight_x": (2, 3),
        "zero_x": (1,),
    }
    element = Interval(-2, 3)
    zeros = range(matrix.zeros.lo, matrix.zeros.hi + 1)
    sums = [
        (weight - zero) * one + (other - zero) * two
        for zero in zeros
        for weight, other in itertools.product(matrix.weights.values.tolist(), repeat=2)
        for one, two in itertools.product(range(-2, 4), repeat=2)
    ]
    assert matrix.sum(element, 2) == Interval(min(sums), max(sums))


def test_what_meets_elements():
    tensors = {"weight_x": np.array([[1, -2]]), "zero_x": np.array([3]), "weight_h": np.eye(1)}
    assert met(tensors, "x").tolist() == [[-2, -5]]
    assert met(tensors, "h") is tensors["weight_h"]
