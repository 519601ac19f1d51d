"""Options of layers that fuzzing seldom draws: RTL against golden, and its cycles."""

import pytest

from pascaline.measure.verdict import judge
from tests.sim.machines import case_of, tool_of

LSTM = {"kind": "lstm", "hidden": 5, "weights": "ternary"}
BOTH = {"bidirectional": True}
EVERY = {"results": "every"}
PEEPHOLE = LSTM | {"peephole": True}

MACHINES = {
    "peepholes": ([PEEPHOLE], EVERY, {"simd": 2}),
    "peepholes, one unit": ([PEEPHOLE | {"hidden": 1}], EVERY, {"units": 2, "simd": 2}),
    "peepholes, shared": ([PEEPHOLE] * 2, EVERY, {"simd": 2, "stack": "shared", "streams": 2}),
    "peepholes, pipelined": (
        [PEEPHOLE | BOTH | {"cell_affine": {}}],
        EVERY,
        {"simd": 4, "units": 4, "pipelined": True, "weights": "ram", "parity": True},
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_results_are_those_of_golden_in_the_cycles_of_the_formula(name, cache):
    layers, network, machine = MACHINES[name]
    verdict = judge(case_of(layers, network, machine), tool_of("verilator").name, cache / "layers")
    assert not verdict.faults
    assert verdict.values > 0
