"""States that are written and read over a bus, in real simulators."""

import pytest

from pascaline.hdl.verilog import generate
from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from pascaline.sim.runner import build, run
from tests.sim.machines import tool_of

LSTM = {"hidden": 5, "weights": "ternary"}
GRU = {"kind": "gru", "hidden": 3, "weights": "binary"}


def case_of(layers, *, steps=(1, 3, 2, 1, 4, 1, 1, 2, 1), unknown=False, **machine):
    """Every start and end; then the same with pauses, after a cut."""
    sequences = tuple(
        CaseSequence(steps=count, seed=k, state=(2, 0, 2, 1, 2)[k % 5], dump=k % 3 != 1)
        for k, count in enumerate(steps)
    )
    episode = CaseEpisode(sequences=sequences, shuffled=True)
    traffic = Traffic(
        episodes=(episode.model_copy(update={"cut": 120}), episode, episode),
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
    # All is unknown before a reset of one cycle; packets come while the memory is cleared.
    "lstm, axi": (
        [LSTM],
        {"ports": "axi", "units": 2, "simd": 4, "cell_units": 2, "unknown": True},
    ),
    "stack, wishbone": ([LSTM, GRU], {"ports": "wishbone", "streams": 2, "simd": 2}),
    "shared, axi": ([GRU, GRU], {"ports": "axi", "stack": "shared", "streams": 2, "parity": True}),
}
LONG = ("shared, axi",)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in CASES],
)
def test_states_are_written_kept_and_read(name, cache):
    layers, machine = CASES[name]
    case = case_of(layers, **machine)
    tool, verilog = tool_of("icarus"), generate(case.design)
    built = build(verilog.text, verilog.name, tool, cache, unknown=case.unknown)
    outcome = run(case.job, built, verilog.name, tool)
    assert outcome.good, outcome.faults
    assert outcome.sequences == 18
