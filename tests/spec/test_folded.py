"""Folded tables have the entries of full ones."""

import numpy as np
import pytest

from pascaline.spec.activation import table
from pascaline.spec.folded import BLOCK, find_fold, fold
from pascaline.spec.formats import Format
from pascaline.spec.functions import FUNCTIONS

Q0_7 = Format(width=8, frac=7)
PRE = Format(width=12, frac=8)
OUTS = (Q0_7, Format(width=9, frac=7), Format(width=8, frac=8, signed=False))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("pre", [PRE, Format(width=6, frac=2), Format(width=13, frac=11)], ids=str)
def test_every_entry(function, pre):
    for out in OUTS:
        entries = table(function, pre, out)
        found = fold(entries, pre)
        assert found.values(pre).tolist() == entries.tolist()


def test_any_entries(rng):
    pre = Format(width=5, frac=0)
    for _ in range(50):
        entries = rng.integers(-9, 9, 32)
        assert fold(entries, pre).values(pre).tolist() == entries.tolist()
    assert fold(np.full(32, 7), pre).length == 1


@pytest.mark.parametrize(("function", "bits"), [("sigmoid", 5672), ("tanh", 3591)])
def test_bits_of_the_usual_formats(function, bits):
    found = find_fold(function, PRE, Q0_7)
    # Values stay below half a unit of where the function is flat: 5.54 and 3.12.
    assert found.length == {"sigmoid": 1418, "tanh": 798}[function]
    assert found.bits == bits
    # The words themselves need no more.
    width = max(int(found.base.max()).bit_length(), 1) + found.rise.max() * found.rows
    assert found.bits == len(found.base) * width


def test_only_what_is_larger_than_a_block_and_than_twice_its_fold():
    small = Format(width=11, frac=8)
    assert Q0_7.width << small.width == BLOCK
    assert find_fold("sigmoid", small, Q0_7) is None
    assert find_fold("tanh", Format(width=11, frac=8), Format(width=9, frac=7)) is not None
    # Neither odd nor flat on one side.
    assert find_fold("exp", PRE, Format(width=16, frac=4)) is None
