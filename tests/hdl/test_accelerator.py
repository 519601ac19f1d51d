"""Whole machines in Amaranth's simulator: random cases, exact cycles."""

import pytest

from pascaline.sim.case import Case
from pascaline.sim.draw_cases import draw
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from tests.hdl.bench import run_job
from tests.models import make_design

# With a serial cell unit: tables and lines, two sums a row and one with an affine on the cell.
SERIAL = [223, 184, 408, 213]

# Both directions: stacked, alone, below a layer of one direction.
DIRECTED = [65, 36, 150]


@pytest.mark.parametrize(
    "seed",
    [
        *(1, 3, SERIAL[0], DIRECTED[0]),
        *(pytest.param(seed, marks=pytest.mark.long) for seed in (0, 2, *range(4, 12))),
        *(pytest.param(seed, marks=pytest.mark.long) for seed in SERIAL[1:] + DIRECTED[1:]),
    ],
)
def test_random_case(seed):
    case = draw(seed, cycles=120, largest=9)
    assert case.design.cores[0].serial or seed not in SERIAL
    assert case.network.bidirectional or seed not in DIRECTED
    check(case)


# One stream; several, pipelined; layers on the same lanes; a stack.
@pytest.mark.parametrize("seed", [328, 303, 339, pytest.param(300, marks=pytest.mark.long)])
def test_random_case_with_layer_norm(seed):
    check(draw(seed, cycles=120, largest=9, features=["layernorm"]))


# Alone, two streams; behind layer norm of the sums, four streams, pipelined.
@pytest.mark.parametrize(
    "seed", [95, 66, *(pytest.param(seed, marks=pytest.mark.long) for seed in (64, 91))]
)
def test_random_case_with_layer_norm_of_the_cell(seed):
    case = draw(seed, cycles=60, largest=5, features=["cellnorm"])
    [core] = case.design.cores
    assert (core.norm is not None) == (seed in (66, 91))
    check(case)


def check(case):
    # On a bus states come from a memory, which is not part of this.
    machine = case.machine.model_copy(update={"bus_states": False})
    case = Case.model_validate(case.model_dump() | {"machine": machine})
    plain, rough = case.jobs
    outcome = run_job(plain)
    assert outcome.good, outcome.faults
    lengths = [len(sequence.x) for sequence in plain.episodes[0].sequences]
    assert outcome.cycles == cycles.sequence_cycles(case.design, lengths)
    assert outcome.taken == [cycles.input_cycles(case.design, lengths)]
    outcome = run_job(rough)
    assert outcome.good, outcome.faults


@pytest.mark.parametrize(
    ("machine", "text"),
    [
        ({"pipelined": True}, "machine: cell_unit: must be parallel in a pipelined machine"),
        ({"cell_units": 2, "units": 2, "simd": 2}, "machine: cell_units: must be 1 if serial"),
    ],
)
def test_what_a_serial_cell_unit_is_not_for(machine, text):
    with pytest.raises(InputError, match=f"^{text}"):
        make_design(cell_unit="serial", **machine)


def test_utilisation_of_a_busy_machine():
    """The cycles of 4 x 16 lanes by 16 inputs, hidden 256, are known without simulating them."""
    config = configs()["medium-ternary"]
    model = config.synthetic("medium-ternary")
    for cell_units, least in ((1, 0.97), (2, 0.99), (4, 1.0)):
        machine = config.machine.model_copy(update={"cell_units": cell_units})
        design = Design(model=model, machine=machine)
        step = cycles.step_cycles(design)
        assert cycles.utilisation(design, 1, step) >= least
