"""States that are loaded and read over a bus, in real simulators."""

import pytest

from pascaline.hdl.verilog import generate
from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from pascaline.sim.runner import build, run
from tests.sim.machines import tool_of

LSTM = {"hidden": 5, "weights": "ternary"}
GRU = {"kind": "gru", "hidden": 3, "weights": "binary"}


def case_of(layers, *, steps=(1, 3, 2, 1, 1, 4, 2, 1, 3, 1, 2, 1), unknown=False, **machine):
    """Every start and end; then the same with pauses, after a cut."""
    sequences = tuple(
        CaseSequence(steps=count, seed=k, state=(2, 0, 2, 1, 2)[k % 5], dump=k % 3 != 1)
        for k, count in enumerate(steps)
    )
    episode = CaseEpisode(sequences=sequences, shuffled=True)
    traffic = Traffic(
        episodes=(episode.model_copy(update={"cut": 120}), episode, episode, episode),
        pauses={"i_x": 0.2, "o": 0.4},
        accesses=20,
    )
    case = {
        "seed": 3,
        "network": {"inputs": 3, "layers": tuple(layers)},
        "machine": {"bus_states": True, "longest": 4, **machine},
        "traffic": (traffic,),
        "unknown": unknown,
    }
    return Case.parse(case, thing="case")


CASES = {
    "lstm": ([LSTM], {"ports": "axi", "units": 2, "simd": 4, "cell_units": 2}),
    "lstm, streams": ([LSTM], {"ports": "wishbone", "streams": 2, "parity": True}),
    "stack": ([LSTM, GRU], {"ports": "axi", "streams": 2, "units": 2, "simd": 2}),
    "shared": ([GRU, GRU], {"ports": "wishbone", "stack": "shared", "simd": 2}),
}


@pytest.mark.parametrize("name", CASES)
def test_states_are_loaded_kept_and_read(name, cache):
    layers, machine = CASES[name]
    case = case_of(layers, **machine)
    tool = tool_of("icarus")
    verilog = generate(case.design)
    outcome = run(case.job, build(verilog.text, verilog.name, tool, cache), verilog.name, tool)
    assert outcome.good, outcome.faults
    assert outcome.sequences == 36
