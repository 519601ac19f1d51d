"""Options of layers that fuzzing seldom draws: RTL against golden, and its cycles."""

import pytest

from tests.sim.machines import assert_exact
from tests.tiers import in_simulators

LSTM = {"kind": "lstm", "hidden": 5, "weights": "ternary"}
BOTH = {"bidirectional": True}
EVERY = {"results": "every"}
PEEPHOLE = LSTM | {"peephole": True}

NORM = {"normaliser": {"kind": "layernorm"}}
CELL_NORM = LSTM | {"cell_affine": {"kind": "layernorm"}}
INITIAL = {"initial": True}
GRU = {"kind": "gru", "hidden": 5, "weights": "binary"}
BEFORE = GRU | {"reset": "before"}
RNN = {"kind": "rnn", "hidden": 3, "weights": "fixed4"}
HADAMARD = {
    "kind": "rnn",
    "function": "linear",
    "recurrent": "walsh",
    "hidden": 16,
    "weights": "fixed4",
    "h": {"width": 12, "frac": 6},
}

MACHINES = {
    "initial states": ([LSTM | INITIAL], EVERY, {"simd": 2, "units": 2, "streams": 3}),
    "initial states, shared": (
        [GRU | INITIAL] * 3,
        EVERY,
        {"simd": 4, "units": 2, "cell_units": 2, "stack": "shared", "parity": True},
    ),
    "initial states, stacked": (
        [BEFORE | INITIAL, RNN | INITIAL],
        EVERY,
        {"simd": 2, "weights": "ram", "pipelined": True},
    ),
    "initial states, both directions": (
        [LSTM | INITIAL | BOTH, BEFORE | INITIAL | BOTH],
        EVERY,
        {"simd": 4, "units": 4},
    ),
    "transform": ([HADAMARD], EVERY, {"units": 2, "simd": 2, "butterflies": 1}),
    "transform of the whole vector": (
        [HADAMARD],
        EVERY,
        {"units": 8, "simd": 8, "cell_units": 8, "butterflies": 32, "pipelined": True},
    ),
    "transform below a GRU, loaded": (
        [HADAMARD | {"block": 4}, GRU],
        EVERY,
        {"units": 2, "simd": 4, "streams": 2, "weights": "ram", "parity": True},
    ),
    "transform in an LSTM, both directions": (
        [LSTM | BOTH | {"hidden": 6, "recurrent": "walsh"}],
        EVERY,
        {"units": 2, "simd": 2, "pipelined": True},
    ),
    "symbols": (
        [LSTM | {"hidden": 7}],
        EVERY | {"inputs": 11},
        {"units": 2, "simd": 4, "symbols": True, "pipelined": True, "weights": "ram"},
    ),
    "symbols, binary": (
        [GRU, GRU],
        EVERY | {"inputs": 11, "x": {"width": 2, "frac": 1, "signed": False}},
        {"units": 2, "simd": 4, "symbols": True, "parity": True, "streams": 2, "ports": "axi"},
    ),
    "symbols, both directions": (
        [BEFORE | BOTH],
        EVERY | {"inputs": 6, "x": {"width": 4, "frac": 3, "signed": False}},
        {"units": 2, "simd": 2, "symbols": True},
    ),
    "symbols, transform": (
        [HADAMARD],
        EVERY | {"inputs": 10},
        {"units": 2, "simd": 2, "symbols": True, "streams": 2},
    ),
    "layer norm of the cell": (
        [CELL_NORM | INITIAL],
        {"results": "last"},
        {"units": 2, "simd": 4, "streams": 2, "parity": True, "weights": "ram"},
    ),
    "layer norm of the cell and of sums, shared": (
        [CELL_NORM | NORM] * 2,
        EVERY,
        {"units": 4, "simd": 4, "stack": "shared", "streams": 2, "pipelined": True},
    ),
    "peepholes": ([PEEPHOLE], EVERY, {"simd": 2}),
    "peepholes, one unit": ([PEEPHOLE | {"hidden": 1}], EVERY, {"units": 2, "simd": 2}),
    "peepholes, shared": ([PEEPHOLE] * 2, EVERY, {"simd": 2, "stack": "shared", "streams": 2}),
    "peepholes, pipelined": (
        [PEEPHOLE | BOTH | {"cell_affine": {}}],
        EVERY,
        {"simd": 4, "units": 4, "pipelined": True, "weights": "ram", "parity": True},
    ),
}


QUICK = (
    "initial states",
    "transform of the whole vector",
    "transform below a GRU, loaded",
    "symbols, both directions",
    "symbols, transform",
    "layer norm of the cell and of sums, shared",
    "peepholes, one unit",
)


@pytest.mark.parametrize(("name", "tool"), in_simulators(MACHINES, *QUICK))
def test_results_are_those_of_golden_in_the_cycles_of_the_formula(name, tool):
    assert_exact(*MACHINES[name], tool)
