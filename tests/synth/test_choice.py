"""Which lane design is taken: what was measured to cost least."""

import pytest

from pascaline.measure.designs import make_design
from pascaline.models.catalogue import find_model
from pascaline.synth.choice import best_lane, costs
from pascaline.synth.targets import TARGETS
from tests.models import make_network


def best(target, weights):
    return best_lane(target, make_network(weights=weights))


@pytest.mark.parametrize("target", costs())
def test_takes_the_cheapest(target):
    for name, measured in costs()[target].items():
        assert measured[best(target, name)] == min(measured.values())


def test_every_target_is_measured_where_there_is_a_choice_without_multipliers():
    assert costs().keys() == {*TARGETS, "asic"}
    for measured in costs().values():
        assert measured.keys() >= {"binary", "ternary"}


def test_what_was_not_measured_is_as_the_nearest_alike():
    assert best("ecp5", "pow2i1f0") == best("ecp5", "ternary")
    assert best("asic", "fixed7") == "booth"
    assert best("ice40", "fixed8") == "tree"


@pytest.mark.parametrize("target", costs())
def test_lanes_follow_the_target_unless_they_are_named(target, tmp_path):
    model = find_model("digits-ternary")
    usual = make_design(model).machine.lane
    wanted = usual if target == "generic" else best(target, "ternary")
    assert make_design(model, target=target).machine.lane == wanted
    assert make_design(model, {"lane": "tree"}, target=target).machine.lane == "tree"
    file = tmp_path / "machine.toml"
    file.write_text('lane = "tree"\nsimd = 2\n')
    assert make_design(model, base=file, target=target).machine.lane == "tree"
