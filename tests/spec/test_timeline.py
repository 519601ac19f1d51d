"""The timeline of a step: its cycles are those of the formula, and it keeps the machine's rules."""

import json
from itertools import pairwise

import numpy as np
import pytest

from pascaline.spec import cycles
from pascaline.spec.timeline import ACTIVITIES, timeline
from tests.golden.networks import model as make_stack
from tests.models import make_design, make_model


def pick(rng, *values):
    return values[rng.integers(len(values))]


def random_layer(rng, hidden):
    cells = (
        {},
        {"kind": "gru"},
        {"kind": "gru", "reset": "before"},
        {"kind": "rnn"},
    )
    return {"hidden": hidden, "weights": "ternary", **pick(rng, *cells)}


def random_design(rng, *, norm=False, cell_norm=False, wired=False):
    units, simd = pick(rng, 1, 2, 4, 8, 16, 64), pick(rng, 1, 2, 4, 8, 16, 64)
    head = {"classes": pick(rng, 1, 2, 10, 40), "weights": pick(rng, "binary", "fixed4")}
    hidden, both = pick(rng, 1, 3, 8, 17, 40, 64), pick(rng, False, False, True)
    layers = [
        random_layer(rng, pick(rng, hidden, 7)) | {"bidirectional": both and pick(rng, True, False)}
        for _ in range(pick(rng, 1, 1, 1, 2, 3))
    ]
    if norm:
        layers = [
            layer | {"normaliser": {"kind": "layernorm", "spread": pick(rng, "mad", "rms")}}
            for layer in layers
        ]
    if cell_norm:
        cell = {"cell_affine": {"kind": "layernorm", "spread": pick(rng, "mad", "rms")}}
        layers = [layer | ({} if "kind" in layer else cell) for layer in layers]
    both = any(layer["bidirectional"] for layer in layers)
    wires = {"weights": "wired", "effort": 0} if wired else {}
    wires |= {"adders": pick(rng, "parallel", "serial")} if wired else {}
    equal = all(layer == layers[0] for layer in layers) and layers[0].get("reset") != "before"
    results = pick(rng, "last", "every")
    model = make_stack(
        layers,
        inputs=pick(rng, 1, 2, 9, 30),
        results=results,
        head=pick(rng, None, head),
        pooling=pick(rng, "none", "max", "mean") if results == "last" else "none",
    )
    return make_design(
        model,
        units=units,
        simd=simd,
        cell_units=pick(rng, None, 1, min(units, simd)),
        head_units=pick(rng, None, 1, 7),
        head_simd=pick(rng, 1, simd),
        operand_registers=pick(rng, 0, 3),
        tree_registers=pick(rng, 0, 2, 12),
        streams=1 if both else pick(rng, 1, 1, 2, 3),
        pipelined=pick(rng, False, True),
        stack=pick(rng, "separate", "shared") if equal and not both and not wires else "separate",
        **wires,
    )


def pace(core):
    """Cycles a step of a core of one pass that gives a result at the end, in closed form."""
    chunks = core.passes[0].chunks
    rest = (core.program.tiles - 1) * max(chunks, core.program.drain.tile_cycles)
    streams, norm = core.streams, 0 if core.program.norm is None else core.program.norm.cycles
    return max(streams * max(rest + chunks, norm), rest + core.program.h_latency) / streams


@pytest.mark.parametrize("case", range(200))
def test_period_is_that_of_the_formula(case):
    design = random_design(np.random.default_rng(case))
    whole = cycles.step_cycles(design)
    for core in design.cores:
        made = timeline(core)
        check_timeline(core, made)
        if len(core.passes) == 1:
            found = made.period / made.steps
            # A result every step, a head and later cores may ask for more, but not for less.
            assert found == pace(core) if core.results == "last" else found >= pace(core)
            assert whole >= core.directions * found
            if core.results == design.network.results == "last" and len(design.cores) == 1:
                assert whole == core.directions * pace(core)


@pytest.mark.parametrize("case", range(40))
def test_layer_norm_takes_no_more_than_its_own_cycles(case):
    design = random_design(np.random.default_rng(2000 + case), norm=True)
    for core in design.cores:
        made = timeline(core)
        passes = made.steps * len(core.passes)
        for name, count in (("layer norm", core.norm.cycles), ("h written", core.norm.groups)):
            spans = made.spans[name]
            assert [stop - start for start, stop in spans] == [count] * passes
            assert all(one[1] <= other[0] for one, other in pairwise(spans))
        if len(core.passes) == 1:
            found = made.period / made.steps
            assert found == pace(core) if core.results == "last" else found >= pace(core)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("case", range(30))
def test_layer_norm_of_the_cell_never_waits_behind_that_of_sums(case, norm):
    design = random_design(np.random.default_rng(3000 + case), norm=norm, cell_norm=True)
    for core in design.cores:
        if core.state_norm is None:
            continue
        made = timeline(core)
        spans = made.spans["layer norm of c"]
        passes = made.steps * len(core.passes)
        assert [stop - start for start, stop in spans] == [core.state_norm.cycles] * passes
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        if norm:
            sums = [start for start, _ in made.spans["layer norm"]]
            apart = core.norm.front + core.norms.apart(core.pipeline)
            assert [start for start, _ in spans] == [start + apart for start in sums]
            assert core.norm.cycles >= core.state_norm.cycles
        written = [start for start, _ in made.spans["h written"]]
        late = core.state_norm.front + core.pipeline.finish - 1
        assert written == [start + late for start, _ in spans]
        found = made.period / made.steps
        assert found == pace(core) if core.results == "last" else found >= pace(core)


@pytest.mark.parametrize("case", range(100))
def test_pace_is_that_of_long_sequences(case):
    rng = np.random.default_rng(1000 + case)
    design = random_design(rng, norm=case >= 80, cell_norm=case >= 70)
    streams = design.machine.streams
    counts = (480, 720)
    short, long = (cycles.sequence_cycles(design, [steps] * streams) for steps in counts)
    if not design.network.bidirectional:
        assert (long - short) / (240 * streams) == cycles.step_cycles(design)


def check_timeline(core, made):
    if core.results == "last" and core.streams == 1:
        assert made.steps == 1

    # In each cycle of a period, lanes read one chunk or wait.
    lanes = sorted(sum((made.spans[name] for name in ("x read", "h read", "wait")), ()))
    start = -sum(stop - start for start, stop in lanes if stop <= 0)
    assert (lanes[0][0], lanes[-1][1]) == (start, made.period + start)
    assert all(one[1] == other[0] for one, other in pairwise(lanes))
    first = [one for one in core.passes if one.takes_input]
    chunks = {"x read": len(first) * core.x_product.chunks}
    chunks["h read"] = core.program.step_words // core.program.tiles - chunks["x read"]
    for name, count in chunks.items():
        busy = sum(stop - start for start, stop in made.spans[name])
        assert busy == made.steps * core.program.tiles * count

    # Groups leave one at a time, in order, and as many h are written as there are groups.
    for name in ("drain", "h written"):
        spans = made.spans[name]
        assert len(spans) == made.steps * core.program.tiles * len(core.passes)
        groups = made.steps * core.drain.groups * len(core.passes)
        assert sum(stop - start for start, stop in spans) == groups
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        assert spans[-1][1] - spans[0][0] <= made.period

    # The first tile reads its last chunk of h when that has been written, not a cycle before.
    if made.steps == 1 and core.streams == 1 and len(core.passes) == 1:
        read = [*made.spans["x read"], (made.period, 0)][1][0] - 1 + core.pipeline.issue
        written = made.spans["h written"][-1][1] - made.period
        assert read >= written
        if core.program.h_latency > core.passes[0].chunks and core.results == "last":
            assert read == written
    assert ("result read" in made.spans) == (core.results == "every")


@pytest.mark.parametrize("case", range(12))
def test_wires_take_x_and_h_side_by_side(case):
    """In each cycle there are chunks, or none can be taken; serial adders then add bits."""
    design = random_design(np.random.default_rng(case), wired=True)
    for core in design.cores:
        made = timeline(core)
        x, h, wait, bits = (
            [cycle % made.period for span in made.spans.get(name, ()) for cycle in range(*span)]
            for name in ("x read", "h read", "wait", "bits")
        )
        assert sorted({*x, *h, *wait}) == list(range(made.period))
        assert not {*x, *h} & {*wait}
        assert len(wait) == len({*wait})
        passes = made.steps * len(core.passes)
        assert len(bits) == passes * (core.wires.bits if design.machine.adders == "serial" else 0)
        # They end when the sums are there.
        ends = [stop for _, stop in made.spans.get("bits", ())]
        assert ends in ([], [start for start, _ in made.spans["drain"]])


def test_by_hand():
    # 4 tiles of 1 chunk of x and 2 of h.
    design = make_design(make_model(hidden=8, inputs=3), units=2, simd=4)
    (core,) = design.cores
    assert (core.program.lane_latency, core.pipeline.whole) == (2, 11)
    made = timeline(core)
    assert (made.period, made.steps) == (3 * 3 + 14, 1)
    assert made.spans["x read"] == ((0, 1), (14, 15), (17, 18), (20, 21))
    assert made.spans["h read"] == ((12, 14), (15, 17), (18, 20), (21, 23))
    assert made.spans["wait"] == ((1, 12),)
    assert made.spans["drain"] == ((15, 17), (18, 20), (21, 23), (24, 26))
    assert made.spans["h written"][-1] == (34, 36)


def test_json():
    made = timeline(make_design(units=2).cores[0]).as_dict()
    assert json.loads(json.dumps(made)) == made
    assert set(made["spans"]) <= set(ACTIVITIES)
