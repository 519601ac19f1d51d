"""Whether the stages that a design declares are what is in its Verilog."""

import pytest

from pascaline.hdl.accelerator import COMPONENTS
from pascaline.hdl.verilog import generate
from pascaline.sim.hierarchy import Hierarchy
from pascaline.spec.design import KINDS
from pascaline.spec.instances import places
from tests.models import make_chains

CHAINS = make_chains()


@pytest.fixture(scope="module", params=CHAINS)
def made(request):
    design = CHAINS[request.param]
    verilog = generate(design)
    return design, verilog.description, Hierarchy(verilog.text, verilog.name)


def test_every_kind_has_a_component():
    assert set(COMPONENTS) == set(KINDS)


def test_declared_instances_are_in_the_verilog(made):
    design, description, hierarchy = made
    assert list(description["instances"]) == list(places(design))
    for path, one in description["instances"].items():
        assert hierarchy.module(path) == one["module"], path


def test_modules_that_are_counted_are_there_once(made):
    _, description, _ = made
    modules = [one["module"] for one in description["instances"].values()]
    assert len(set(modules)) == len(modules)


def test_stages_of_the_description(made):
    design, description, hierarchy = made
    listed = [(one["name"], one["kind"]) for one in description["stages"]]
    assert listed == [(stage.name, stage.kind) for stage in design.stages]
    for one in description["stages"]:
        assert hierarchy.module(one["instance"]) is not None
        assert one["instance"] in description["instances"]
    assert {one["part"] for one in description["instances"].values()} == set(description["parts"])


def test_all_of_a_core_is_declared(made):
    """A submodule that no part has would count as control."""
    design, description, hierarchy = made
    for stage, one in zip(design.stages, description["stages"], strict=True):
        if stage.kind == "core":
            declared = {inside for part in stage.parts for inside in part.instances} - {""}
            # Within an instance another part may have one of its own.
            direct = {inside for inside in declared if "." not in inside}
            assert hierarchy.instances(one["instance"]) == direct
