"""What results are made of at the end of a sequence: RTL against golden, and its cycles."""

import pytest

from tests.sim.machines import assert_exact
from tests.tiers import in_simulators

LSTM = {"kind": "lstm", "hidden": 5, "weights": "ternary"}
GRU = {"kind": "gru", "hidden": 3, "weights": "binary"}
BOTH = {"bidirectional": True}
WIDE = {"h": {"width": 12, "frac": 11}}
LOGITS = {"head": {"classes": 3, "weights": "ternary", "output": "logits"}}
MEAN = {"pooling": "mean"}
ATTENTION = {"pooling": "attention", "attention": {}}
LAST_STEP = {"results": "first-of-backward"}

MACHINES = {
    "mean": ([LSTM], MEAN, {"simd": 2}),
    "mean, one chunk": ([LSTM], MEAN | LOGITS, {"simd": 8, "units": 8}),
    "mean, streams": ([GRU, GRU], MEAN | LOGITS, {"simd": 2, "streams": 3, "stack": "shared"}),
    "mean, both directions": ([LSTM | BOTH], MEAN, {"simd": 2, "parity": True}),
    "mean, stacked": ([GRU | BOTH, LSTM | BOTH], MEAN | LOGITS, {"simd": 4, "weights": "ram"}),
    "mean, of one step": ([LSTM | WIDE], MEAN, {"simd": 2, "longest": 1}),
    "attention": ([LSTM], ATTENTION | LOGITS, {"simd": 2}),
    "attention, streams": ([GRU, GRU], ATTENTION, {"simd": 2, "streams": 2, "stack": "shared"}),
    "attention, both directions": ([GRU | BOTH], ATTENTION | LOGITS, {"simd": 4, "parity": True}),
    "attention, loaded": ([LSTM | BOTH], ATTENTION, {"simd": 2, "weights": "ram", "parity": True}),
    "attention, of one step": ([LSTM | WIDE], ATTENTION, {"simd": 8, "longest": 1}),
    "attention, on a bus": (
        [LSTM | WIDE],
        ATTENTION,
        {"simd": 2, "ports": "axi", "pipelined": True},
    ),
    "last step": ([LSTM | BOTH], LAST_STEP, {"simd": 2, "units": 2}),
    "last step, head": ([GRU | BOTH, LSTM | BOTH], LAST_STEP | LOGITS, {"simd": 4, "parity": True}),
    "last step, on a bus": ([GRU | BOTH], LAST_STEP, {"ports": "wishbone", "pipelined": True}),
    "mean, on a bus": ([LSTM | WIDE], MEAN, {"simd": 2, "ports": "axi", "pipelined": True}),
}


QUICK = (
    "mean, streams",
    "mean, both directions",
    "attention, on a bus",
    "attention, loaded",
    "attention, of one step",
    "last step, head",
)


@pytest.mark.parametrize(("name", "tool"), in_simulators(MACHINES, *QUICK))
def test_results_are_those_of_golden_in_the_cycles_of_the_formula(name, tool):
    assert_exact(*MACHINES[name], tool)
