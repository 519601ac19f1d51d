"""Machines on a bus in real simulators, driven by other people's models of buses."""

import dataclasses
from functools import partial

import numpy as np
import pytest

from pascaline.hdl.verilog import generate
from pascaline.sim.flips import draw_flips, guarded
from pascaline.sim.images import WRONG
from pascaline.sim.job import Episode, Pauses, Sequence
from pascaline.sim.verilator import Verilator
from pascaline.spec import cycles
from pascaline.spec.bus import input_bytes
from pascaline.spec.design import Design
from pascaline.spec.ports import FROM_PREVIOUS
from pascaline.spec.synthetic import synthetic_model
from tests.models import make_design, make_model
from tests.sim.machines import design_of, sequences_of, simulate, tool_of

PORTS = ("axi", "wishbone")


@pytest.mark.parametrize("ports", PORTS)
def test_packets_are_sequences(ports, tool, cache, rng, seed):
    design = design_of("tiny-ternary", ports=ports, longest=8)
    episode = Episode(sequences=sequences_of(design, rng, [1, 8, 3, 1, 1, 8, 2]))
    outcome = simulate(design, tool, cache, episode, pauses=Pauses(i_x=0.3, o=0.4), seed=seed)
    assert outcome.good, outcome.faults
    assert outcome.steps == 24


@pytest.mark.parametrize(
    ("name", "tdata"),
    [
        ("tiny-ternary", 8),
        *(
            pytest.param(*pair, marks=pytest.mark.long)
            for pair in [("tiny-fixed12", 64), ("tiny-bilstm", 32)]
        ),
    ],
)
def test_vectors_come_in_the_widths_of_dma_engines(name, tdata, tool, cache, rng, seed):
    design = design_of(name, ports="axi", longest=8, streams=1, tdata=tdata)
    assert input_bytes(design).beat == tdata // 8
    episode = Episode(sequences=sequences_of(design, rng, [1, 8, 3, 1, 8]), accesses=20)
    outcome = simulate(design, tool, cache, episode, pauses=Pauses(i_x=0.2, o=0.4), seed=seed)
    assert outcome.good, outcome.faults


@pytest.mark.parametrize("ports", ["wishbone", pytest.param("axi", marks=pytest.mark.long)])
def test_weights_are_loaded_through_the_registers(ports, tool, cache, rng, seed):
    """After each reset; and another model runs on the same build."""
    design = design_of("tiny-ternary", ports=ports, longest=8, weights="ram", parity=True)
    episode = Episode(sequences=sequences_of(design, rng, [1, 8, 3]), accesses=60)
    other = synthetic_model("other", design.network, np.random.default_rng(7), shared_scale=True)
    for model in (design.model, other):
        outcome = simulate(
            Design(model=model, machine=design.machine),
            tool,
            cache,
            dataclasses.replace(episode, cut=60),
            episode,
            pauses=Pauses(i_x=0.2, o=0.3),
            seed=seed,
            verilog=generate(design),
        )
        assert outcome.good, outcome.faults
        assert outcome.steps == 12


def test_streams_and_states(tool, cache, rng, seed):
    design = design_of("tiny-fixed12", ports="axi", longest=5, streams=3)
    sequences = [
        Sequence(x=one.x, state=int(rng.integers(2)) * FROM_PREVIOUS)
        for one in sequences_of(design, rng, [2, 5, 1, 3, 4, 1, 5, 5, 2])
    ]
    first = Episode(sequences=tuple(sequences), shuffled=True, cut=150)
    second = Episode(sequences=tuple(sequences), shuffled=True)
    outcome = simulate(design, tool, cache, first, second, pauses=Pauses(i_x=0.2, o=0.6), seed=seed)
    assert outcome.good, outcome.faults
    assert outcome.sequences == 9


def test_a_bus_that_keeps_up_costs_no_cycle(cache, rng):
    """Only the first packet is late, by what it takes to store it."""
    design = design_of("tiny-ternary", ports="axi", longest=6)
    taken = []
    for packets in (2, 7):
        lengths = [6, 2] * packets
        episode = Episode(sequences=sequences_of(design, rng, lengths))
        outcome = simulate(design, tool_of("icarus"), cache, episode)
        assert outcome.good, outcome.faults
        taken.append(outcome.cycles - cycles.sequence_cycles(design, lengths))
    assert taken[0] == taken[1] <= 6 * input_bytes(design).beats + 2


@pytest.fixture
def faulty():
    """What makes a machine with every fault there can be."""
    model = make_model(hidden=5, inputs=3, results="every", x={"width": 10, "frac": 8})
    return partial(make_design, model, units=2, simd=2, streams=3, longest=4)


PACKETS = ["cut", "long", "tid", "early", "range"]
IMAGES = [f"image {what}" for what in WRONG]


@pytest.mark.parametrize("ports", PORTS)
def test_faults_are_told_and_forgotten(ports, faulty, cache, seed):
    outcome = simulate(faulty(ports=ports), tool_of("icarus"), cache, faults=3, seed=seed)
    assert outcome.good, outcome.faults
    assert outcome.injected == outcome.recovered == dict.fromkeys([*PACKETS, "reset"], 3)


@pytest.mark.long
@pytest.mark.parametrize("ports", PORTS)
def test_so_are_those_of_images_and_memories(ports, faulty, tool, cache, seed):
    design = faulty(ports=ports, weights="ram", parity=True)
    verilog = generate(design)
    other = synthetic_model("other", design.network, np.random.default_rng(7))
    outcome = simulate(
        design,
        Verilator(memories=True) if tool.name == "verilator" else tool,
        cache,
        verilog=verilog,
        faults=6,
        others=(other,),
        flips=draw_flips(guarded(verilog.text, verilog.name), 6, 1, seed),
        seed=seed,
    )
    assert outcome.good, outcome.faults
    assert outcome.injected == outcome.recovered
    flips = [name for name in outcome.injected if name.startswith("flip")]
    assert sum(outcome.injected.pop(name) for name in flips) == 6
    assert outcome.injected == dict.fromkeys([*PACKETS, "loading", *IMAGES, "reset"], 6)


def ignore(fault):
    """Verilog in which a fault of that kind is not noticed."""
    return lambda text: text.replace(f"assign {fault} =", f"assign {fault} = 0 &")


@pytest.mark.long
@pytest.mark.parametrize("signal", ["wrong", "commit", "drop"])
def test_the_bench_of_faults_notices(signal, faulty, cache, seed):
    outcome = simulate(
        faulty(ports="axi"),
        tool_of("icarus"),
        cache,
        faults=1,
        seed=seed,
        change=ignore(signal),
    )
    assert not outcome.good
