"""Sweeps and their Pareto front."""

import itertools

import pytest

from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from pascaline.synth.explore import Point, front, objectives, powers, sweep
from pascaline.synth.pareto import non_dominated
from tests.models import make_model


def dominated(row, others):
    return any(
        all(a <= b for a, b in zip(other, row, strict=True)) and tuple(other) != tuple(row)
        for other in others
    )


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_front_by_brute_force(rng, columns):
    for points, values in itertools.product((1, 2, 7, 40), (1, 3, 1000)):
        rows = rng.integers(0, values, (points, columns)).tolist()
        assert non_dominated(rows) == [not dominated(row, rows) for row in rows]


def test_front_of_nothing_and_of_equals():
    assert non_dominated([]) == []
    assert non_dominated([[1, 2], [1, 2], [1, 3]]) == [True, True, False]
    assert non_dominated([[0.1 + 0.2, 0], [0.3, 0]]) == [False, True]


def point(area, cycles, clock=None, energy=None):
    return Point(
        machine={},
        area=area,
        counts={},
        memory_bits=0,
        cycles_per_step=cycles,
        clock_mhz=clock,
        energy_per_step_nj=energy,
    )


def test_what_is_known_counts():
    slow, fast = point(10, 100, clock=50.0), point(10, 120, clock=100.0)
    assert list(objectives([slow, fast])) == ["area", "time a step"]
    assert front([slow, fast]) == [False, True]
    assert (fast.step_us, fast.steps_per_second) == (1.2, pytest.approx(1e6 / 1.2))
    unknown = point(10, 120)
    assert list(objectives([slow, unknown])) == ["area", "cycles a step"]
    assert front([slow, unknown]) == [True, False]
    assert unknown.steps_per_second is None
    frugal, hungry = point(10, 100, energy=1.0), point(9, 100, energy=2.0)
    assert front([frugal, hungry]) == [True, True]
    assert list(objectives([frugal, hungry])) == ["area", "cycles a step", "energy a step"]
    assert front([]) == []


def test_sweep_is_every_combination_that_can_be_built():
    model = make_model(hidden=4)
    values = {"units": [1, 2, 2], "simd": [2, 4], "cell_units": [None, 2]}
    made = sweep(model, Machine(tree_registers=1), values, limit=8)
    machines = [design.machine for design in made.designs]
    assert [(m.units, m.simd, m.cell_units) for m in machines] == [
        (1, 2, None),
        (1, 4, None),
        (2, 2, None),
        (2, 2, 2),
        (2, 4, None),
        (2, 4, 2),
    ]
    assert {m.tree_registers for m in machines} == {1}
    assert made.skipped == 2
    assert made.reason == "machine: cell_units: must divide units (1) and simd (2), not 2"


def test_sweep_leaves_out_what_is_too_large():
    made = sweep(make_model(), Machine(), {"units": [1, 2], "simd": [1, 2]}, limit=4, operations=8)
    sizes = [(design.machine.units, design.machine.simd) for design in made.designs]
    assert (sizes, made.skipped) == ([(1, 1), (1, 2), (2, 1)], 0)


def test_what_says_nothing_is_not_varied():
    values = {"units": [1, 2], "weights": ["rom", "wired"], "adders": ["parallel", "serial"]}
    made = sweep(make_model(), Machine(), values, limit=8, operations=8)
    machines = [
        (one.machine.units, one.machine.weights, one.machine.adders) for one in made.designs
    ]
    rest = [(1, "wired", "parallel"), (1, "wired", "serial"), (2, "rom", "parallel")]
    assert machines == [(1, "rom", "parallel"), *rest]
    assert made.skipped == 0


@pytest.mark.parametrize(
    ("values", "operations", "text"),
    [
        ({"units": range(1, 4), "simd": [1, 2]}, None, "must have at most 5 machines (--limit), "),
        ({"cell_units": [2, 3]}, None, "no machine can be built (machine: cell_units: must divide"),
        ({"units": [2]}, 4, "no machine can be built (all do more than 4 operations a cycle)"),
    ],
)
def test_sweeps_that_are_refused(values, operations, text):
    with pytest.raises(InputError) as refused:
        sweep(make_model(), Machine(), values, limit=5, operations=operations)
    assert str(refused.value).startswith(f"explore: {text}")


def test_powers_fit_the_network_and_the_limit():
    model = make_model(hidden=20, inputs=13)
    assert powers(model, {}, 256) == {"units": [1, 2, 4, 8, 16], "simd": [1, 2, 4, 8]}
    assert powers(model, {"units": [3]}, 16) == {"simd": [1, 2, 4]}
    assert powers(make_model(hidden=1, inputs=1), {}, 1) == {"units": [1], "simd": [1]}
