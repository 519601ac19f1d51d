"""Machines whose weights are wires: ranges, cycles, and what they refuse."""

from itertools import product

import numpy as np
import pytest

from pascaline.adders import optimise
from pascaline.spec import cycles, wires
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.image import gate_matrix
from pascaline.spec.machine import Machine
from pascaline.spec.operands import met
from pascaline.spec.wires import Wires
from tests.models import make_design, make_model

LSTM = {"hidden": 4, "weights": "ternary"}
WIRED = {"weights": "wired"}


@pytest.mark.parametrize("shared", [False, True])
def test_ranges_are_those_of_all_vectors(shared, rng):
    elements = {"h": Interval(-2, 1), "x": Interval(0, 2)}
    tensors = [
        {"weight_h": rng.integers(-2, 3, (3, 2)), "weight_x": rng.integers(-2, 3, (3, 2))}
        for _ in range(2)
    ]
    tensors[0]["zero_x"] = np.array([1])
    reached = [{0}, {0}]
    spans = [range(elements[name].lo, elements[name].hi + 1) for name in ("h", "h", "x", "x")]
    for one in tensors:
        for vector in product(*spans):
            h, x = met(one, "h") @ vector[:2], met(one, "x") @ vector[2:]
            for found, sums in zip(reached, [h + x] if shared else [h, x], strict=False):
                found |= set(sums.tolist())
    wanted = [Interval(min(found), max(found)) for found in reached[: 1 if shared else 2]]
    wires = Wires(tensors=tensors, elements=elements, shared=shared, serial=False)
    assert list(wires.sums) == wanted


def test_levels_are_those_of_the_longest_row():
    tensors = [{"weight_h": np.array([[1, 0, 1]]), "weight_x": np.array([[1, 1, 1]])}]

    def levels(tensors, *names, shared):
        elements = dict.fromkeys(names, Interval(0, 1))
        return Wires(tensors=tensors, elements=elements, shared=shared, serial=False).levels

    assert levels(tensors, "h", "x", shared=True) == 3
    assert levels(tensors, "h", "x", shared=False) == 2
    assert levels([{"weight_x": np.zeros((2, 2), int)}], "x", shared=True) == 0


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_matrix_has_the_rows_of_the_lanes(kind, bidirectional, rng):
    layer = {"kind": kind, "hidden": 3, "weights": "fixed4", "zero_points": True}
    model = make_model(layers=[layer | {"bidirectional": bidirectional}], inputs=5)
    core = make_design(model, simd=2, cell_units=2, **WIRED).cores[0]
    assert core.units == 4
    x, h = rng.integers(-9, 9, 5), rng.integers(-9, 9, 3)
    sums = (gate_matrix(core) @ np.concatenate([x, h])).reshape(
        core.directions, 4, core.gates, len(core.lane_sums)
    )
    assert not sums[:, 3].any()
    for direction, tensors in enumerate(core.tensors[0]):
        for row in range(core.gates * 3):
            gate, unit = divmod(row, 3)
            parts = [met(tensors, "h")[row] @ h, met(tensors, "x")[row] @ x]
            wanted = parts if len(core.lane_sums) == 2 else [sum(parts)]
            assert sums[direction, unit, gate].tolist() == wanted


@pytest.mark.parametrize("adders", ["parallel", "serial"])
@pytest.mark.parametrize("streams", [1, 2, 16])
@pytest.mark.parametrize(("inputs", "hidden", "simd"), [(3, 4, 1), (7, 4, 2), (3, 4, 4), (9, 2, 4)])
def test_cycles_of_a_step(adders, streams, inputs, hidden, simd):
    model = make_model(layers=[LSTM | {"hidden": hidden}], inputs=inputs)
    design = make_design(model, adders=adders, streams=streams, simd=simd, **WIRED)
    [core] = design.cores
    x, h, g = -(-inputs // simd), -(-hidden // simd), -(-hidden // core.cell_units)
    w = max(one.width for one in core.lane_sums) if adders == "serial" else 1
    lane_latency = 2 + (w if adders == "serial" else 0)
    h_latency = lane_latency + g - 1 + 11
    assert core.program.h_latency == h_latency
    wanted = max(max(x, h) + w - 1, g + w - 1, (h_latency + max(x, h) - h) / streams)
    assert cycles.step_cycles(design) == pytest.approx(wanted)


REFUSED = [
    ({"simd": 2, "symbols": True, **WIRED}, "machine: symbols: must be false with wired weights"),
    ({"weight_code": "packed", **WIRED}, "machine: weight_code: must be plain with wired weights"),
    ({"stack": "shared", **WIRED}, "machine: stack: must be separate with wired weights"),
    ({"simd": 4, "cell_units": 3, **WIRED}, r"machine: cell_units: must divide simd \(4\), not 3"),
    ({"adders": "serial"}, "machine: adders: must be left out: weights are no wires, not 'serial'"),
    ({"effort": 1}, "machine: effort: must be left out: weights are no wires, not 1"),
    ({"effort": -1}, "machine: effort: should be greater than or equal to 0, not -1"),
]


@pytest.mark.parametrize(("machine", "says"), REFUSED)
def test_what_is_refused(machine, says):
    with pytest.raises(InputError, match=f"^{says}"):
        make_design(make_model(layers=[LSTM, LSTM], inputs=4), **machine)


def test_files_of_other_machines_are_as_they_were():
    assert not {"adders", "effort"} & Machine().model_dump().keys()
    wired = Machine(weights="wired", adders="serial", effort=0)
    assert Machine.parse(wired.model_dump(), thing="machine") == wired


def test_too_many_weights_for_a_graph():
    assert (wires.MOST_WEIGHTS, wires.MOST_COLUMNS) == (optimise.MOST_TERMS, optimise.MOST_COLUMNS)
    model = make_model(hidden=512, inputs=8)
    rule = "must not be wired beyond 1,048,576 weights of a layer and 2,048 columns"
    with pytest.raises(InputError, match=f"^machine: weights: {rule}, not '2048 x 520'$"):
        make_design(model, simd=8, **WIRED)
