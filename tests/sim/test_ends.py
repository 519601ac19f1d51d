"""What results are made of at the end of a sequence: RTL against golden, and its cycles."""

import pytest

from pascaline.measure.verdict import judge
from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from tests.sim.machines import tool_of

LSTM = {"kind": "lstm", "hidden": 5, "weights": "ternary"}
GRU = {"kind": "gru", "hidden": 3, "weights": "binary"}
BOTH = {"bidirectional": True}
WIDE = {"h": {"width": 12, "frac": 11}}
LOGITS = {"head": {"classes": 3, "weights": "ternary", "output": "logits"}}
MEAN = {"pooling": "mean"}
LAST_STEP = {"results": "first-of-backward"}

MACHINES = {
    "mean": ([LSTM], MEAN, {"simd": 2}),
    "mean, one chunk": ([LSTM], MEAN | LOGITS, {"simd": 8, "units": 8}),
    "mean, streams": ([GRU, GRU], MEAN | LOGITS, {"simd": 2, "streams": 3, "stack": "shared"}),
    "mean, both directions": ([LSTM | BOTH], MEAN, {"simd": 2, "parity": True}),
    "mean, stacked": ([GRU | BOTH, LSTM | BOTH], MEAN | LOGITS, {"simd": 4, "weights": "ram"}),
    "mean, of one step": ([LSTM | WIDE], MEAN, {"simd": 2, "longest": 1}),
    "last step": ([LSTM | BOTH], LAST_STEP, {"simd": 2, "units": 2}),
    "last step, head": ([GRU | BOTH, LSTM | BOTH], LAST_STEP | LOGITS, {"simd": 4, "parity": True}),
    "last step, on a bus": ([GRU | BOTH], LAST_STEP, {"ports": "wishbone", "pipelined": True}),
    "mean, on a bus": ([LSTM | WIDE], MEAN, {"simd": 2, "ports": "axi", "pipelined": True}),
}


def case_of(layers, network, machine, longest):
    lengths = [min(steps, longest) for steps in (1, 1, 7, 2, 6, 1, 3)]
    smooth = tuple(CaseSequence(steps=steps, seed=k) for k, steps in enumerate(lengths * 3))
    # With a state from the sequence before, where there is one.
    rough = tuple(
        CaseSequence(steps=one.steps, seed=one.seed, state=k % 2) for k, one in enumerate(smooth)
    )
    pauses = {"i_x": 0.3, "o": 0.5}
    episodes = (
        CaseEpisode(sequences=rough, cut=97, shuffled=True),
        CaseEpisode(sequences=rough, shuffled=True),
    )
    traffic = (
        Traffic(episodes=(CaseEpisode(sequences=smooth),)),
        Traffic(episodes=episodes, pauses=pauses),
    )
    plain = {"inputs": 3, "layers": tuple(layers), **network}
    described = {"seed": 1, "network": plain, "machine": machine, "traffic": traffic}
    return Case.parse(described, thing="case")


@pytest.mark.parametrize("name", MACHINES)
def test_results_are_those_of_golden_in_the_cycles_of_the_formula(name, cache):
    layers, network, machine = MACHINES[name]
    longest = machine.get("longest", 7)
    case = case_of(layers, network, {"longest": longest} | machine, longest)
    verdict = judge(case, tool_of("verilator").name, cache / "ends")
    assert not verdict.faults
    assert verdict.values > 0
