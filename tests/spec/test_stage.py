"""The stages of designs: which there are, and whether what they say of themselves fits together."""

from itertools import pairwise

import pytest

from pascaline.spec.cycles import step_cycles
from pascaline.spec.design import KINDS
from pascaline.spec.instances import instance, part_names, places
from pascaline.spec.ports import ports, stage_ports
from tests.models import make_chains

CHAINS = make_chains()

NAMES = {
    "alone": ["core_0"],
    "alone, loaded": ["core_0"],
    "stacked": ["core_0", "core_1"],
    "shared": ["core_0"],
    "both directions": ["both_0", "core_0"],
    "both directions, every": ["both_0", "core_0", "merge_0"],
    "both directions, head": ["both_0", "core_0", "merge_0", "both_1", "core_1", "gather"],
    "both directions, head, every": ["both_0", "core_0", "merge_0", "gather"],
    "both directions, last step": ["both_0", "core_0", "gather"],
    "residual": ["core_0", "fork_1", "core_1", "add_1", "gather"],
    "residual, last": ["core_0", "fork_1", "core_1", "add_1"],
    "pooling": ["core_0", "gather"],
    "mean": ["core_0", "gather"],
    "mean, both directions": ["both_0", "core_0", "gather"],
    "attention": ["core_0", "attend", "gather"],
    "attention, both directions": ["both_0", "core_0", "merge_0", "attend"],
    "attention, on a bus": ["both_0", "core_0", "merge_0", "core_1", "attend", "gather"],
}

NAMES |= {
    "decoder": ["core_0", "decode"],
    "decoder, on a bus": ["core_0", "both_1", "core_1", "merge_1", "decode"],
}

CORE = ["weight memory", "lanes", "cell units", "vector memory", "head", "control"]


@pytest.fixture(params=CHAINS)
def design(request):
    return CHAINS[request.param]


@pytest.mark.parametrize("chain", NAMES)
def test_stages(chain):
    design = CHAINS[chain]
    assert [stage.name for stage in design.stages] == NAMES[chain]
    assert [stage.core for stage in design.stages if stage.kind == "core"] == list(design.cores)


def test_all_kinds_are_tried():
    assert {stage.kind for design in CHAINS.values() for stage in design.stages} == set(KINDS)
    for design in CHAINS.values():
        assert all(isinstance(stage, KINDS[stage.kind]) for stage in design.stages)


def test_a_stage_takes_what_the_one_before_gives(design):
    for before, after in pairwise(design.stages):
        given = {field.name: field for field in before.o.fields}
        for field in after.i_x.fields:
            assert given[field.name] == field, (before.name, after.name)


def test_what_goes_round_a_stage_is_taken_behind_it(design):
    given = {}
    for stage in design.stages:
        for name, layout in stage.takes.items():
            assert given.pop(name) == layout
        assert not given.keys() & stage.gives.keys()
        given |= stage.gives
    assert not given


def test_the_top_has_the_streams_of_its_stages(design):
    found = ports(design)
    assert found["i_x"].layout == design.stages[0].i_x
    names = [port.name for stage in design.stages for port in stage_ports(design, stage).values()]
    assert len(set(names)) == len(names)
    assert set(found) - {"i_x", "o", "i_load"} == set(names)


def test_only_the_last_stage_has_a_head(design):
    heads = [stage for stage in design.stages if stage.head_unit is not None]
    assert heads == ([design.stages[-1]] if design.head else [])


def test_memories_have_names_of_their_own(design):
    names = [name for stage in design.stages for name in stage.memories]
    assert list(design.memories) == names


def test_the_slowest_stage_sets_the_pace(design):
    assert step_cycles(design) == max(stage.pace for stage in design.stages)
    assert all(stage.pace > 0 for stage in design.stages if stage.kind != "gather")


def test_every_instance_has_one_place(design):
    found = places(design)
    declared = [
        (instance(design, stage), inside)
        for stage in design.stages
        for part in stage.parts
        for inside in part.instances
    ]
    assert len(set(declared)) == len(declared)
    assert "" in found
    assert all(instance(design, stage) in found for stage in design.stages)
    stages = {""} if design.bare else {stage.name for stage in design.stages} | {""}
    assert {place.stage for place in found.values()} == stages


def test_parts_are_listed_in_one_order(design):
    names = part_names(design)
    if any(core.program.norm for core in design.cores):
        at = names.index("layer norm")
        assert names[at : at + 2] == ["layer norm", "cell units"]
        del names[at]
    core = ["adders", *CORE[2:]] if design.machine.home.wired else CORE
    assert names[: len(core)] == core
    assert names[len(core) :] == [
        name
        for name, there in {
            "residual": any(layer.residual for layer in design.network.layers),
            "sequence buffers": design.network.bidirectional,
            "decoder": design.network.decoder is not None,
            "attention": any(stage.kind in ("attend", "decode") for stage in design.stages),
            "gather": any(stage.kind == "gather" for stage in design.stages),
            "bus": design.machine.on_bus,
        }.items()
        if there
    ]
    assert {place.part for place in places(design).values()} == set(part_names(design))
