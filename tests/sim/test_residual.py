"""Residual connections: RTL against golden, and its cycles."""

import pytest

from tests.sim.machines import assert_exact
from tests.tiers import in_simulators

LSTM = {"kind": "lstm", "hidden": 5, "weights": "ternary"}
GRU = LSTM | {"kind": "gru", "weights": "binary"}
RESIDUAL = {"residual": True}
BOTH = {"bidirectional": True}
EVERY = {"results": "every"}
HEAD = {"head": {"classes": 3, "weights": "ternary", "output": "logits"}}
SLOW = {"head": {"classes": 17, "weights": "fixed4"}}

MACHINES = {
    "first layer": ([LSTM | RESIDUAL], EVERY | {"inputs": 5}, {"units": 2, "simd": 2}),
    "one chunk": (
        [LSTM, LSTM | RESIDUAL, GRU | RESIDUAL],
        EVERY,
        {"units": 5, "simd": 8, "streams": 2},
    ),
    "last results": (
        [LSTM, GRU | RESIDUAL],
        {},
        {"units": 4, "simd": 4, "cell_units": 4, "streams": 2, "pipelined": True},
    ),
    "between": (
        [LSTM, LSTM | RESIDUAL, GRU],
        HEAD,
        {"units": 2, "simd": 2, "streams": 3, "parity": True},
    ),
    "held up": (
        [GRU, GRU | RESIDUAL, GRU | {"hidden": 24}],
        EVERY,
        {"layer_units": (5, 5, 1), "units": 1, "simd": 2, "streams": 2},
    ),
    "before a slow head": (
        [GRU, GRU | RESIDUAL],
        EVERY | SLOW,
        {"units": 5, "simd": 1, "streams": 2, "head_units": 1},
    ),
    "head, last": (
        [LSTM, LSTM | RESIDUAL],
        HEAD,
        {"units": 2, "simd": 4, "weights": "ram", "parity": True, "streams": 2},
    ),
    "largest": ([LSTM, LSTM | RESIDUAL], HEAD | {"pooling": "max"}, {"simd": 2, "streams": 2}),
    "mean, on a bus": (
        [GRU | RESIDUAL],
        {"inputs": 5, "pooling": "mean"},
        {"units": 5, "simd": 3, "ports": "axi", "weights": "ram", "parity": True},
    ),
    "behind both directions": (
        [LSTM | BOTH | {"hidden": 4}, GRU | RESIDUAL | {"hidden": 8}, LSTM | BOTH],
        EVERY | HEAD,
        {"units": 4, "simd": 4},
    ),
}


QUICK = ("between", "before a slow head", "head, last", "mean, on a bus")


@pytest.mark.parametrize(("name", "tool"), in_simulators(MACHINES, *QUICK))
def test_results_are_those_of_golden_in_the_cycles_of_the_formula(name, tool):
    assert_exact(*MACHINES[name], tool)
