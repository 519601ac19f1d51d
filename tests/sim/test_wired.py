"""Machines whose weights are wires: exact, in the cycles of the formula."""

import json
import re

import pytest

from pascaline.measure.verdict import judge
from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from pascaline.sim.job import Episode
from pascaline.spec import cycles
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.ports import FROM_GIVEN
from tests.models import make_design, make_model
from tests.sim.machines import assert_exact, sequences_of, simulate, tool_of

LSTM = {"hidden": 4, "weights": "ternary"}
BINARY = {"hidden": 4, "weights": "binary"}
GRU, RNN = {"kind": "gru"}, {"kind": "rnn"}
HEAD = {"head": {"classes": 3, "weights": "ternary"}}
SERIAL = {"adders": "serial"}
LADDERS = {"multipliers": "adders"}
DEEP = {"operand_registers": 1, "tree_registers": 2}

MACHINES = {
    "LSTM, pipelined, streams": ([LSTM], HEAD, {"simd": 3, "pipelined": True, "streams": 3} | DEEP),
    "LSTM, both directions": ([BINARY | {"bidirectional": True}], {}, {"parity": True} | SERIAL),
    "GRU, zero points": ([GRU | {"hidden": 4, "weights": "fixed4", "zero_points": True}], {}, {}),
    "GRU in phases": (
        [GRU | LSTM | {"reset": "before"}],
        HEAD,
        {"simd": 2, "streams": 2} | SERIAL | DEEP | LADDERS,
    ),
    "stack on a bus": (
        [RNN | {"hidden": 5, "weights": "exp4"}, LSTM | {"initial": True}],
        HEAD,
        {"ports": "axi", "bus_states": True, "simd": 2},
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_machines_are_exact(name):
    layers, network, machine = MACHINES[name]
    machine = {"weights": "wired", "effort": 0} | machine
    assert_exact(layers, network, machine, "verilator" if name == "GRU in phases" else "icarus")


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_step_a_cycle(pipelined, cache, rng):
    """With all units in a group, and streams that hide all latencies."""
    streams = 32 if pipelined else 16
    machine = LADDERS | {"simd": 4, "cell_units": 4, "head_simd": 4, "streams": streams}
    design = make_design(
        make_model(layers=[LSTM], **HEAD), weights="wired", pipelined=pipelined, effort=0, **machine
    )
    assert cycles.step_cycles(design) == 1
    lengths = [12] * streams
    episode = Episode(sequences=sequences_of(design, rng, lengths))
    outcome = simulate(design, tool_of("icarus"), cache, episode)
    assert outcome.good, outcome.faults
    assert outcome.cycles == cycles.sequence_cycles(design, lengths)
    # The rest is latency, and the head for the results of all streams.
    rest = outcome.cycles - outcome.steps
    assert rest < streams * 8


@pytest.mark.parametrize("adders", ["parallel", "serial"])
def test_the_bench_notices_another_adder(adders, cache, rng):
    model = make_model(layers=[LSTM], results="every")
    design = make_design(model, weights="wired", adders=adders, effort=0)

    def change(text):
        if adders == "parallel":
            return re.sub(r"(wire \[\d+:0\] v12 = .*) [+-] ", r"\1 ^ ", text)
        return re.sub(r"(wire v12 = .*) \^ (v12_carry)", r"\1 ^ ~\2", text)

    episode = Episode(sequences=sequences_of(design, rng, [3, 5]))
    outcome = simulate(design, tool_of("icarus"), cache, episode, change=change)
    assert not outcome.good


def test_no_memory_has_a_weight():
    design = make_design(make_model(layers=[LSTM], **HEAD), weights="wired", effort=0)
    assert set(design.memories["core_0"]) == {"rows", "head"}


def test_states_beside_steps_of_one_cycle():
    """A given state waits for steps of other streams, also if these start and end in one cycle."""
    layer = {"kind": "lstm", "hidden": 9, "weights": "ternary"}
    network = {"inputs": 1, "layers": [layer], "results": "last"}
    slow = {"adders": "serial", "operand_registers": 1, "tree_registers": 4}
    machine = {"simd": 12, "streams": 3, "weights": "wired", "effort": 0} | slow
    # The pauses of this seed let the state come while a step of the other stream is made.
    given = CaseSequence(steps=1, state=FROM_GIVEN, seed=3157172184)
    sequences = given, CaseSequence(steps=2, seed=487482416)
    case = Case(
        seed=313,
        network=Network.parse(json.dumps(network), thing="network"),
        machine=Machine.parse(machine, thing="machine"),
        traffic=(
            Traffic(
                episodes=(CaseEpisode(sequences=sequences, shuffled=True),),
                pauses={"i_state": 0.7},
            ),
        ),
    )
    assert case.design.cores[0].program.step_chunks == 1
    assert judge(case, tool_of("icarus").name).faults == []
