"""Machines with parity, and bits of their memories that change."""

import re

import numpy as np
import pytest

from pascaline.hdl.verilog import generate
from pascaline.sim.flips import OUTCOMES, draw_flips, guarded
from pascaline.sim.hierarchy import Hierarchy
from pascaline.sim.job import Episode, Job
from pascaline.sim.runner import build, run
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from tests.sim.machines import design_of, sequences_of, simulate, tool_of

pytestmark = pytest.mark.long

GUARDED = {"parity": True, "longest": 8}

TINY = [name for name in configs() if name.startswith("tiny-")]


def flip(design, count, cache, rng, seed, change=None):
    made = generate(design)
    text = made.text if change is None else change(made.text)
    assert change is None or text != made.text
    tool = tool_of("icarus")
    built = build(text, made.name, tool, cache)
    episodes = [Episode(sequences=sequences_of(design, rng, [3, 1])) for _ in range(2)]
    job = Job(
        design=design,
        episodes=tuple(episodes),
        flips=draw_flips(guarded(text, made.name), count, len(episodes), seed),
        seed=seed,
    )
    return run(job, built, made.name, tool)


@pytest.mark.parametrize("weights", ["rom", "ram"])
@pytest.mark.parametrize("name", TINY)
def test_no_flip_does_harm(name, weights, cache, rng, seed):
    outcome = flip(design_of(name, weights=weights, **GUARDED), 20, cache, rng, seed)
    assert outcome.good, outcome.faults
    assert outcome.injected["caught"] > 0
    assert sum(outcome.injected.values()) == 20


@pytest.mark.parametrize("name", TINY)
def test_parity_takes_no_cycle(name, cache, rng):
    design = design_of(name, **GUARDED)
    lengths = [1, 3, 2]
    episode = Episode(sequences=sequences_of(design, rng, lengths))
    outcome = simulate(design, tool_of("verilator"), cache, episode)
    assert outcome.good, outcome.faults
    assert outcome.cycles == cycles.sequence_cycles(design, lengths)


def test_the_bench_notices(cache, rng, seed):
    """Where faults are not reported, flips cause wrong results."""

    def change(text):
        return re.sub(r"^  assign fault = .*;$", "  assign fault = 1'b0;", text, flags=re.M)

    outcome = flip(design_of("tiny-fixed12", **GUARDED), 30, cache, rng, seed, change)
    assert not outcome.good
    assert outcome.injected["missed"] > 0
    assert set(outcome.injected) <= set(OUTCOMES)


def test_where_bits_are_flipped():
    """In all memories of a machine but tables and queues."""
    made = generate(design_of("tiny-gru", weights="ram", **GUARDED))
    names = {array.path for array in guarded(made.text, made.name)}
    others = {array.path for array in Hierarchy(made.text, made.name).arrays()} - names
    assert ("core_1", "hidden", "memory") in names
    assert {path[-3] for path in others if path[-2] == "contents"} <= {"entries"}
    assert {path[-2] for path in others} <= {"contents", "queue"}
    assert np.isin(["carried", "memory", "words_0"], [path[-1] for path in names]).all()
