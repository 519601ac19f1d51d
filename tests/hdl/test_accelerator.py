"""Whole machines in Amaranth's simulator: random cases, exact cycles."""

import pytest

from sim.cases import draw
from spec import cycles
from spec.configs import configs
from spec.design import Design
from tests.hdl.bench import run_job


@pytest.mark.parametrize("seed", range(12))
def test_random_case(seed):
    case = draw(seed, cycles=400, largest=9)
    outcome = run_job(case.plain)
    assert outcome.good, outcome.faults
    lengths = [len(sequence.x) for sequence in case.plain.episodes[0].sequences]
    assert outcome.cycles == cycles.sequence_cycles(case.design, lengths)
    outcome = run_job(case.rough)
    assert outcome.good, outcome.faults


def test_utilisation_of_a_busy_machine():
    """The cycles of 4 x 16 lanes by 16 inputs, hidden 256, are known without simulating them."""
    config = configs()["medium-ternary"]
    model = config.synthetic("medium-ternary")
    for cell_units, least in ((1, 0.97), (2, 0.99), (4, 1.0)):
        machine = config.machine.model_copy(update={"cell_units": cell_units})
        design = Design(model=model, machine=machine)
        step = cycles.step_cycles(design)
        assert cycles.utilisation(design, 1, step) >= least
