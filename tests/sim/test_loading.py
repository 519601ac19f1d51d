"""Machines whose weights are loaded, and images that are refused."""

import dataclasses
from unittest.mock import MagicMock

import numpy as np
import pytest

from pascaline.hdl.verilog import generate
from pascaline.sim.images import WRONG
from pascaline.sim.job import Episode, Job, Outcome, Pauses
from pascaline.sim.runner import build, run
from pascaline.sim.tb_load import Bench
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.synthetic import synthetic_model
from tests.golden.networks import model as make_stack
from tests.models import make_design
from tests.sim.machines import design_of, sequences_of, simulate

QUICK = ["tiny-ternary", "tiny-gru", "tiny-bilstm"]
OTHERS = [name for name in configs() if name.startswith("tiny-") and name not in QUICK]


def another(model, seed=99):
    """A model of the same shape, whose scales agree and so would need less hardware."""
    rng = np.random.default_rng(seed)
    return synthetic_model("another", model.network, rng, shared_scale=True)


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.long) for name in OTHERS)]
)
def test_loaded_machines_are_exact(name, tool, cache, rng):
    """The same values and cycles as with weights in ROM, but for scales that are not shared."""
    design = design_of(name, weights="ram")
    lengths = [1, 3, 2]
    episode = Episode(sequences=sequences_of(design, rng, lengths))
    outcome = simulate(design, tool, cache, episode)
    assert outcome.good, outcome.faults
    assert outcome.cycles == cycles.sequence_cycles(design, lengths)
    config = configs()[name]
    fixed = Design(model=design.model, machine=config.machine)
    assert cycles.step_cycles(design) == cycles.step_cycles(fixed)


def test_another_model_without_another_build(tool, cache, rng):
    design = design_of("tiny-ternary", weights="ram")
    verilog = generate(design).text
    built = build(verilog, design.name, tool, cache)
    episode = Episode(sequences=sequences_of(design, rng, [3, 2]))
    swapped = dataclasses.replace(design, model=another(design.model))
    job = Job(design=swapped, episodes=(episode,))
    outcome = run(job, built, design.name, tool)
    assert outcome.good, outcome.faults
    first = run(dataclasses.replace(job, design=design), built, design.name, tool)
    assert first.good, first.faults


@pytest.mark.long
@pytest.mark.parametrize("pauses", [Pauses(), Pauses(i_load=0.3, i_x=0.3, o=0.5)])
def test_wrong_images_are_refused(tool, cache, pauses, seed):
    design = design_of("tiny-ternary", weights="ram", streams=2)
    verilog = generate(design).text
    built = build(verilog, design.name, tool, cache)
    job = Job(
        design=design,
        episodes=(),
        others=(another(design.model),),
        loads=24,
        pauses=pauses,
        seed=seed,
    )
    outcome = run(job, built, design.name, tool)
    assert outcome.good, outcome.faults
    assert outcome.injected == dict.fromkeys(WRONG, 3)
    assert outcome.sequences > 12


def test_the_bench_names_a_core_by_its_number():
    """A state that nobody asked for is of the stream of its core."""
    design = make_design(make_stack(2 * [{"hidden": 3, "weights": "ternary"}]), weights="ram")
    job, outcome = Job(design=design, episodes=()), Outcome()
    listeners = Bench(MagicMock(), job, outcome).listeners
    assert list(listeners) == ["i_x", "o", "o_state_0", "o_state_1"]
    listeners["o_state_1"]({"h": [1], "c": [2]})
    [fault] = outcome.faults
    assert fault.startswith("o_state_1: a beat that nobody expects: ")
