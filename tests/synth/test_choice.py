"""Which lane design is taken: what was measured to cost least."""

import pytest

from spec.arithmetic import arithmetic
from synth.choice import best_lane, costs
from synth.targets import TARGETS


@pytest.mark.parametrize("target", costs())
def test_takes_the_cheapest(target):
    for name, measured in costs()[target].items():
        assert measured[best_lane(target, arithmetic(name))] == min(measured.values())


def test_every_target_is_measured_where_there_is_a_choice_without_multipliers():
    assert costs().keys() == {*TARGETS, "asic"}
    for measured in costs().values():
        assert measured.keys() >= {"binary", "ternary"}


def test_what_was_not_measured_is_as_the_nearest_alike():
    assert best_lane("ecp5", arithmetic("pow2i1f0")) == best_lane("ecp5", arithmetic("ternary"))
    assert best_lane("asic", arithmetic("fixed7")) == "booth"
    assert best_lane("ice40", arithmetic("fixed8")) == "tree"
