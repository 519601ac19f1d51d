"""How inputs come into a core: vectors, and symbols that stand for one-hot vectors."""

import numpy as np
import pytest

from pascaline.spec.entry import Symbols, Vectors
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.machine import Machine
from tests.models import make_design, make_model

UNSIGNED = Format(width=8, frac=7, signed=False)
SIGNED = Format(width=8, frac=7)


@pytest.mark.parametrize("x", [UNSIGNED, SIGNED], ids=str)
@pytest.mark.parametrize("inputs", [1, 2, 7, 8])
def test_a_symbol_stands_for_one_vector(inputs, x):
    entry = Symbols(inputs, x)
    assert entry.one == min(128, x.interval.hi)
    numbers = range(1 << entry.element.width)
    for number in numbers:
        vector = entry.vector([number])
        assert vector == [entry.one * (place == number) for place in range(inputs)]
        assert entry.numbers(vector) == [min(number, inputs)]
    assert inputs in numbers
    assert entry.beats == 1


@pytest.mark.parametrize("vector", [[128, 128, 0], [127, 0, 0], [0, -128, 0], [1, 0, 0]])
def test_other_vectors_cannot_come(vector):
    with pytest.raises(InputError, match="must have one element that is 128, and else zeros"):
        Symbols(3, UNSIGNED).numbers(vector)


def test_random_vectors_can_come():
    rng = np.random.default_rng(0)
    entry, seen = Symbols(3, SIGNED), set()
    for vector in entry.draw(rng, 200).tolist():
        seen.update(entry.numbers(vector))
    assert seen == {0, 1, 2, 3}
    drawn = Vectors(3, SIGNED, 2).draw(rng, 500)
    assert (drawn.min(), drawn.max()) == (-128, 127)


def test_vectors_come_in_chunks():
    entry = Vectors(5, SIGNED, 2)
    assert (entry.beats, entry.simd, entry.elements) == (3, 2, 5)
    assert entry.vector([1, 2, 3, 4, 5, 99]) == [1, 2, 3, 4, 5]


def test_only_the_first_core_takes_symbols():
    model = make_model(layers=[{"kind": "lstm", "hidden": 4, "weights": "ternary"}] * 2)
    design = make_design(model, symbols=True, simd=2)
    assert [type(core.entry) for core in design.cores] == [Symbols, Vectors]
    assert [one.picked for one in design.cores[0].passes[0].sources] == [True, False]


def test_chunks_must_be_a_power_of_two():
    with pytest.raises(InputError, match=r"^machine: simd: must be a power of two with symbols"):
        make_design(symbols=True, simd=3)


def test_machines_without_symbols_are_described_as_before():
    assert "symbols" not in Machine().model_dump()
    assert Machine(symbols=True).model_dump()["symbols"] is True
