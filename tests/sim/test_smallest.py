"""The smallest machines: one adder for all products of a unit, and weights in no memory."""

import pytest

from tests.sim.machines import assert_exact

LSTM = {"hidden": 5, "weights": "ternary"}
HEAD = {"head": {"classes": 3, "weights": "ternary"}}
MACHINE = {"cell_unit": "bitserial", "weights": "logic"}

MACHINES = {
    "alone": (LSTM, {}, {}),
    "affine, two units": (LSTM | {"cell_affine": {}}, HEAD, {"units": 2, "simd": 3, "streams": 2}),
    "wires": (LSTM, {}, {"weights": "wired", "adders": "serial", "effort": 0}),
}


@pytest.mark.parametrize("name", MACHINES)
def test_machines_are_exact(name):
    layer, network, machine = MACHINES[name]
    assert_exact([layer], network, MACHINE | machine, "verilator" if name == "alone" else "icarus")
