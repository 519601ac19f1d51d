"""A clock that was missed: what would help."""

import pytest

from pascaline.measure.designs import make_design
from pascaline.measure.faster import faster, missed
from pascaline.measure.layers import layer_list
from pascaline.models.catalogue import find_model
from pascaline.pages.tables import remarks
from pascaline.spec.cycles import step_cycles


@pytest.fixture(scope="module")
def design():
    return make_design(find_model("tiny-ternary"), {"units": 1, "simd": 4, "lane": "tree"})


def test_what_helps(design):
    found = faster(design)
    alone = [
        ("--operand-registers 1", {"operand_registers": 1}),
        ("--tree-registers 3", {"tree_registers": 3}),
        ("--pipelined", {"pipelined": True}),
    ]
    together = {name: value for _, change in alone for name, value in change.items()}
    alone.append((" ".join(words for words, _ in alone), together))
    assert found == [
        {
            "options": words,
            "cycles_per_step": step_cycles(
                make_design(design.model, design.machine.model_dump() | change)
            ),
        }
        for words, change in alone
    ]
    assert all(change["cycles_per_step"] >= step_cycles(design) for change in found)


def test_nothing_is_left_to_add(design):
    most = {"operand_registers": 1, "tree_registers": 3, "pipelined": True}
    assert faster(make_design(design.model, design.machine.model_dump() | most)) == []


@pytest.mark.parametrize("cell_unit", ["serial", "bitserial"])
def test_registers_that_a_machine_cannot_have(cell_unit, design):
    found = faster(
        make_design(design.model, design.machine.model_dump() | {"cell_unit": cell_unit})
    )
    words = ["--operand-registers 1", "--tree-registers 3"]
    assert [change["options"] for change in found] == [*words, " ".join(words)]


@pytest.mark.parametrize(
    ("clock", "found", "reached"),
    [
        (100, {"fmax_mhz": 80}, 80),
        (100, {"critical_path": {"ns": 12.5}}, 80),
        (100, {"fmax_mhz": 100}, None),
        (None, {"fmax_mhz": 80}, None),
        (100, {"critical_path": None}, None),
        (100, {}, None),
    ],
)
def test_missed(design, clock, found, reached):
    told = missed(design, clock, found)
    if reached is None:
        assert told == {}
    else:
        assert (told["missed"]["asked_mhz"], told["missed"]["reached_mhz"]) == (clock, reached)


def test_how_it_is_said(design):
    told = missed(design, 100, {"fmax_mhz": 80})
    result = {
        "layers": layer_list(design),
        "cores": [],
        "machine": design.machine.model_dump(),
        "cycles_per_step": step_cycles(design),
        "fmax_mhz": 80,
        "clock_mhz": 100,
    }
    lines = remarks(result | told | {"seeds": {"1": 80}, "device": "25k"})
    assert "the clock is missed: 80.0 MHz of 100" in lines
    now, then = step_cycles(design), faster(design)[0]["cycles_per_step"]
    assert (
        f"  more registers: --operand-registers 1: {then} cycles a step, {then / 100:.2f} us at"
        f" 100 MHz (now {now / 80:.2f} us)"
    ) in lines
