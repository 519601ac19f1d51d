"""The timeline of a step: its cycles are those of the formula, and it keeps the machine's rules."""

import json
from itertools import pairwise

import numpy as np
import pytest

from spec import cycles
from spec.timeline import ACTIVITIES, timeline
from tests.models import make_design, make_model


def random_design(rng):
    def pick(*values):
        return values[rng.integers(len(values))]

    units, simd = pick(1, 2, 4, 8, 16, 64), pick(1, 2, 4, 8, 16, 64)
    head = pick(None, {"classes": pick(1, 2, 10, 40), "weights": pick("binary", "fixed4")})
    model = make_model(
        hidden=pick(1, 3, 8, 17, 40, 64),
        inputs=pick(1, 2, 9, 30),
        results=pick("last", "every"),
        head=head,
    )
    return make_design(
        model,
        units=units,
        simd=simd,
        cell_units=pick(None, 1, min(units, simd)),
        head_units=pick(None, 1, 7),
        head_simd=pick(1, simd),
        operand_registers=pick(0, 3),
        tree_registers=pick(0, 2, 12),
        streams=pick(1, 1, 2, 3),
        pipelined=pick(False, True),
    )


@pytest.mark.parametrize("case", range(200))
def test_period_is_that_of_the_formula(case):
    design = random_design(np.random.default_rng(case))
    made = timeline(design)
    streams = design.machine.streams
    short, long = (cycles.sequence_cycles(design, [steps] * streams) for steps in (240, 480))
    assert made.period / made.steps == (long - short) / (240 * streams)
    assert made.period / made.steps == cycles.step_cycles(design)
    if design.network.results == "last" and streams == 1:
        assert made.steps == 1

    # In each cycle of a period, lanes read one chunk or wait.
    lanes = sorted(sum((made.intervals[name] for name in ("x read", "h read", "wait")), ()))
    start = -sum(stop - start for start, stop in lanes if stop <= 0)
    assert (lanes[0][0], lanes[-1][1]) == (start, made.period + start)
    assert all(one[1] == other[0] for one, other in pairwise(lanes))
    for name, chunks in (("x read", design.x_product.chunks), ("h read", design.h_product.chunks)):
        busy = sum(stop - start for start, stop in made.intervals[name])
        assert busy == made.steps * design.tiles * chunks

    # Groups leave one at a time, in order, and as many h are written as there are groups.
    for name in ("drain", "h written"):
        intervals = made.intervals[name]
        assert sum(stop - start for start, stop in intervals) == made.steps * design.groups
        assert all(one[1] <= other[0] for one, other in pairwise(intervals))
        assert intervals[-1][1] - intervals[0][0] <= made.period

    # The first tile reads its last chunk of h when that has been written, not a cycle before.
    if made.steps == 1 and streams == 1:
        read = [*made.intervals["x read"], (made.period, 0)][1][0] - 1 + design.pipeline.issue
        written = made.intervals["h written"][-1][1] - made.period
        assert read >= written
        if cycles.h_latency(design) > design.tile_chunks and design.network.results == "last":
            assert read == written
    assert ("result read" in made.intervals) == (design.network.results == "every")


def test_by_hand():
    # 4 tiles of 1 chunk of x and 2 of h.
    design = make_design(make_model(hidden=8, inputs=3), units=2, simd=4)
    assert (cycles.lane_latency(design), design.pipeline.whole) == (2, 11)
    made = timeline(design)
    assert (made.period, made.steps) == (3 * 3 + 14, 1)
    assert made.intervals["x read"] == ((0, 1), (14, 15), (17, 18), (20, 21))
    assert made.intervals["h read"] == ((12, 14), (15, 17), (18, 20), (21, 23))
    assert made.intervals["wait"] == ((1, 12),)
    assert made.intervals["drain"] == ((15, 17), (18, 20), (21, 23), (24, 26))
    assert made.intervals["h written"][-1] == (34, 36)


def test_json():
    made = timeline(make_design(units=2)).as_dict()
    assert json.loads(json.dumps(made)) == made
    assert set(made["intervals"]) <= set(ACTIVITIES)
