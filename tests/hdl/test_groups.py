"""Units side by side with their memories, against Python integers, each group in its cycle."""

import pytest

from pascaline.hdl.cells.groups import Groups
from tests.hdl.elementbench import ElementBench
from tests.hdl.elements import CELLS, Elements

SHAPES = {
    "one group": {"hidden": 1, "units": 1},
    "partly filled": {"hidden": 7, "units": 4, "cell_units": 2},
    "last tile short": {"hidden": 9, "units": 6, "cell_units": 2},
    "streams": {"hidden": 3, "streams": 3},
    "directions": {"hidden": 3, "streams": 2, "directions": 2},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_steps(cell, long, shape, rng):
    scales = ("numbers", "powers", "equal")[int(rng.integers(3))]
    machine = {"pipelined": long}
    elements = Elements(rng=rng, layer=CELLS[cell], scales=scales, machine=machine, **SHAPES[shape])
    ElementBench(Groups, elements, pauses=int(rng.choice([0, 0, 5]))).check()


@pytest.mark.parametrize("scales", ["numbers", "equal"])
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell != "gru, before"])
def test_layers_that_take_turns(cell, long, scales, rng):
    """Each has its own c, scales and biases."""
    machine = {"pipelined": long}
    elements = Elements(
        rng=rng, layer=CELLS[cell], scales=scales, machine=machine, hidden=3, layers=3, streams=2
    )
    ElementBench(Groups, elements, steps=6).check()


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("cell", ["lstm, affine", "gru"])
def test_a_wrong_word_is_a_fault_whenever_it_is_read(cell, long, rng):
    """In the cycle in which it is used, and in no other."""
    machine = {"pipelined": long, "weights": "ram", "parity": True}
    for name in ("rows", "units", None):
        elements = Elements(rng=rng, layer=CELLS[cell], machine=machine, hidden=5, units=3)
        pipeline = elements.unit.pipeline
        bench = ElementBench(Groups, elements, steps=3, wrong=name and (name, 4)).check()
        after = {"rows": pipeline.rows, "units": pipeline.unit, None: 0}[name]
        # Its group is the second one of the second tile.
        due = [cycle + 1 + after for cycle, _, tile in bench.fronts if tile == 1]
        assert bench.faults == (due if name else [])
