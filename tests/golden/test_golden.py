"""The golden model against oracles of its own: Python integers, frozen numbers, real numbers."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from golden import activation, affine, lstm, parallel, product
from golden.activation import ActivationFunction
from golden.head import classify
from golden.lstm import State
from golden.network import Golden
from golden.parallel import run_all
from golden.product import Product
from golden.reference import Reference
from golden.rounding import holding, narrow, round_shift
from spec.activation import PiecewiseLinear, Table, table
from spec.configs import configs
from spec.formats import Format, Interval
from tests.models import make_model

VECTORS = Path(__file__).with_name("vectors.json")

NETWORKS = [
    {},
    {"weights": "binary", "layer": {"cell_affine": {}}},
    {"weights": "fixed12", "hidden": 7, "inputs": 5, "layer": {"activation": {"form": "pwl"}}},
    {"hidden": 1, "inputs": 1, "head": {"classes": 3, "weights": "ternary", "scaled": True}},
    {
        # Sums and products that need 64 bits.
        "weights": "fixed16",
        "hidden": 9,
        "x": {"width": 16, "frac": 15},
        "layer": {
            "h": {"width": 16, "frac": 15},
            "pre": {"width": 16, "frac": 12},
            "sigmoid": {"width": 17, "frac": 15},
            "tanh": {"width": 16, "frac": 15},
            "cell": {"width": 26, "frac": 20},
            "normaliser": {"scale_width": 24, "bias_width": 40, "shift": 30},
            "cell_affine": {"scale_width": 16},
        },
    },
    {
        "x": {"width": 9, "frac": 2, "signed": False},
        "layer": {"sigmoid": {"width": 9, "frac": 8, "signed": False}},
    },
]


SIZES = ("hidden", "inputs")


def draw(model, rng, batch, steps):
    x = model.network.x.interval
    return rng.integers(x.lo, x.hi, (batch, steps, model.network.inputs), endpoint=True)


def slow_step(model, x, h, c):
    """One step of one sequence, written again from `spec.network` with Python integers alone."""
    layer, t = model.network.layers[0], model.layers[0]

    def down(value, shift, to):
        value = math.floor(value / 2**shift + 0.5) if shift else value
        return max(to.interval.lo, min(to.interval.hi, value))

    def function(name, z, out):
        if isinstance(layer.activation, Table):
            return int(table(name, layer.pre, out)[z % (1 << layer.pre.width)])
        from spec.activation import lines

        line = lines(name, layer.pre, out, layer.activation.segments)
        segment, low = divmod(z % (1 << layer.pre.width), 1 << line.low_bits)
        return down(int(line.slope[segment]) * low + int(line.offset[segment]), line.shift, out)

    hidden, z = layer.hidden, []
    for row in range(4 * hidden):
        a = sum(int(w) * v for w, v in zip(t.weight_h[row], h, strict=True))
        b = sum(int(w) * v for w, v in zip(t.weight_x[row], x, strict=True))
        total = int(t.scale_h[row]) * a + int(t.scale_x[row]) * b + int(t.bias[row])
        z.append(down(total, layer.normaliser.shift, layer.pre))
    new_h, new_c = [], []
    for unit in range(hidden):
        zi, zf, zg, zo = (z[gate * hidden + unit] for gate in range(4))
        i, f, o = (function("sigmoid", v, layer.sigmoid) for v in (zi, zf, zo))
        g = function("tanh", zg, layer.tanh)
        total = f * c[unit] + i * g * 2 ** (layer.cell.frac - layer.tanh.frac)
        cell = down(total, layer.sigmoid.frac, layer.cell)
        if layer.cell_affine is None:
            u = down(cell, layer.cell.frac - layer.pre.frac, layer.pre)
        else:
            scaled = int(t.scale_c[unit]) * cell + int(t.bias_c[unit])
            u = down(scaled, layer.cell_affine.shift, layer.pre)
        product = o * function("tanh", u, layer.tanh)
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        new_h.append(down(product, shift, layer.h))
        new_c.append(cell)
    return new_h, new_c


@pytest.mark.parametrize("network", NETWORKS)
def test_against_python_integers(network, rng):
    model = make_model(**network)
    golden, steps = Golden(model), 4
    sequence = draw(model, rng, 1, steps)[0]
    h = c = [0] * model.network.layers[0].hidden
    state = golden.zero()
    for x in sequence:
        step = golden.step(x[None], state)
        h, c = slow_step(model, x.tolist(), h, c)
        assert step.h[0].tolist() == h
        assert step.c[0].tolist() == c
        state = step.state


def test_corners_against_python_integers(rng):
    model = make_model(weights="fixed16", hidden=3, inputs=2)
    golden, layer = Golden(model), model.network.layers[0]
    ends = (layer.h.interval.lo, layer.h.interval.hi, 0)
    for _ in range(30):
        h = rng.choice(ends, 3)
        c = rng.choice([layer.cell.interval.lo, layer.cell.interval.hi, 0], 3)
        x = rng.choice([-128, 127], 2)
        step = golden.step(x[None], State(h[None], c[None]))
        assert (step.h[0].tolist(), step.c[0].tolist()) == slow_step(
            model, x.tolist(), h.tolist(), c.tolist()
        )


@pytest.mark.parametrize("network", NETWORKS)
def test_error_bound_holds(network, rng):
    model = make_model(**network)
    golden, reference, layer = Golden(model), Reference(model), model.network.layers[0]
    sequences = draw(model, rng, 16, 6)
    state, real = golden.zero(16), reference.zero(16)
    for index in range(6):
        x = sequences[:, index]
        # From the very integers, where the bound is that of one step, and from the start.
        once, real = reference.step(x, reference.at(state)), reference.step(x, real)
        state = golden.step(x, state).state
        for ideal in (once, real):
            assert (np.abs(state.h * layer.h.lsb - ideal.h.value) <= ideal.h.error).all()
            assert (np.abs(state.c * layer.cell.lsb - ideal.c.value) <= ideal.c.error).all()
        if index == 0:
            assert once.h.error.max() < 0.1


def test_error_bound_of_logits(rng):
    model = make_model(head={"classes": 3, "weights": "fixed8"})
    golden, reference = Golden(model), Reference(model)
    x = draw(model, rng, 50, 1)[:, 0]
    real = reference.logits(reference.step(x, reference.zero(50)))
    step = golden.step(x, golden.zero(50))
    logits = golden._head(step.h)
    lsb = model.network.layers[0].h.lsb
    assert (np.abs(logits * lsb - real.value) <= real.error).all()


def test_a_batch_is_its_sequences(rng):
    model = make_model(
        head={"classes": 3, "weights": "binary", "output": "logits"}, results="every"
    )
    sequences = [draw(model, rng, 1, steps)[0] for steps in (1, 4, 2)]
    golden = Golden(model)
    together = golden.run(sequences)
    for index, sequence in enumerate(sequences):
        alone = golden.run([sequence])
        assert np.array_equal(together.results[index], alone.results[0])
        assert np.array_equal(together.state.h[index], alone.state.h[0])
        assert np.array_equal(together.state.c[index], alone.state.c[0])


@pytest.mark.parametrize("threads", [1, 3])
def test_on_all_cores(threads, rng, monkeypatch):
    monkeypatch.setattr(parallel, "BATCH", 4)
    model = make_model(results="every")
    golden = Golden(model)
    sequences = [draw(model, rng, 1, steps)[0] for steps in range(1, 11)]
    told = []
    found = run_all(golden, sequences, threads=threads, done=told.append)
    for one, other in zip(found, golden.run(sequences).results, strict=True):
        assert np.array_equal(one, other)
    assert told == [4, 8, 10]
    assert run_all(golden, []) == []


@pytest.mark.parametrize("network", NETWORKS)
def test_narrow_types_compute_what_wide_ones_do(network, rng, monkeypatch):
    model = make_model(hidden=40, inputs=30, **{k: v for k, v in network.items() if k not in SIZES})
    x = draw(model, rng, 20, 3)

    def steps():
        golden, state = Golden(model), None
        for index in range(3):
            step = golden.step(x[:, index], state or golden.zero(20))
            state = step.state
            yield vars(step)

    narrow_ones = list(steps())
    for module in (activation, affine, lstm, product):
        monkeypatch.setattr(module, "holding", lambda values, shift=0: np.int64)
    monkeypatch.setattr(product, "EXACT", {np.float64: 1 << 53})
    for one, other in zip(narrow_ones, steps(), strict=True):
        for name, values in one.items():
            assert np.array_equal(values, other[name]), name
            assert other[name].dtype == np.int64


def test_types_hold_their_ranges():
    assert holding(Interval(-(1 << 31), (1 << 31) - 1)) is np.int32
    assert holding(Interval(0, (1 << 31) - 1), shift=1) is np.int64
    assert holding(Interval(0, 0), shift=32) is np.int64
    with pytest.raises(AssertionError, match="do not fit in 64 bits"):
        holding(Interval(0, (1 << 63) - 1), shift=1)
    assert narrow(np.array([5], np.int32), 0, Format(width=32, frac=0, signed=False)) == [5]


def test_a_sequence_in_two_parts(rng):
    model = make_model()
    sequence = draw(model, rng, 1, 7)[0]
    golden = Golden(model)
    whole, first = golden.run([sequence]), golden.run([sequence[:3]])
    second = golden.run([sequence[3:]], first.state)
    assert np.array_equal(whole.results[0], second.results[0])


def test_every_intermediate_has_a_name(rng):
    model = make_model(hidden=3)
    seen = {}
    Golden(model).run(
        [draw(model, rng, 1, 2)[0]], watch=lambda index, step: seen.update({index: step})
    )
    assert sorted(seen) == [0, 1]
    assert set(vars(seen[0])) == set("sum_h sum_x pre i f g o c u tanh_c h".split())
    assert seen[1].sum_h.shape == (1, 12)


def test_classes_of_equal_logits():
    assert classify(np.array([[1, 3, 3], [2, 2, 1]])).tolist() == [1, 0]


def test_product_is_exact_at_the_limit():
    weights = np.full((1, 4), -(1 << 15), dtype=np.int64)
    big = Interval(-(1 << 36), 1 << 36)
    vector = np.array([[1 << 36, (1 << 36) - 1, -(1 << 36), 1]])
    assert Product(weights, big)(vector)[0, 0] == sum(-(1 << 15) * int(v) for v in vector[0])
    with pytest.raises(AssertionError, match="beyond exact float64"):
        Product(weights, Interval(-(1 << 37), 1 << 37))
    with pytest.raises(AssertionError, match="outside of -1 to 1"):
        Product(weights, Interval(-1, 1))(np.array([[0, 0, 0, 2]]))


@pytest.mark.parametrize("weights", [(-1, 1), (-100_000, 100_000)])
def test_product_of_symbols_is_a_product(weights, rng):
    matrix = rng.integers(*weights, (6, 9), endpoint=True)
    vectors = 127 * np.eye(9, dtype=np.int64)[rng.integers(0, 9, 20)]
    vectors[3], vectors[4] = 0, -vectors[4]
    product = Product(matrix, Interval(-128, 127))
    assert np.array_equal(product(vectors), vectors @ matrix.T)
    vectors[5, :2] = 1
    assert np.array_equal(product(vectors), vectors @ matrix.T)
    assert product(vectors).dtype == product(vectors[:1]).dtype
    assert product(vectors[:0]).shape == (0, 6)


@pytest.mark.parametrize("form", [Table(), PiecewiseLinear(segments=8)])
def test_activation_keeps_to_its_format(form):
    pre, out = Format(width=8, frac=4), Format(width=5, frac=4)
    values = np.arange(-128, 128)
    found = ActivationFunction(form, "tanh", pre, out)(values)
    assert found.min() >= -16
    assert found.max() <= 15
    assert np.abs(found * out.lsb - np.tanh(values * pre.lsb)).max() < 0.2


def test_rounding_is_half_up():
    values = np.array([-6, -5, -4, -3, -2, 2, 3, 4, 5, 6])
    assert round_shift(values, 2).tolist() == [-1, -1, -1, -1, 0, 1, 1, 1, 1, 2]
    assert narrow(values, 0, Format(width=3, frac=0)).tolist() == [
        -4,
        -4,
        -4,
        -3,
        -2,
        2,
        3,
        3,
        3,
        3,
    ]


def outputs(name):
    """What a configuration gives for inputs that follow from its name alone."""
    model = configs()[name].synthetic(name)
    rng = np.random.default_rng(1234)
    sequences = [draw(model, rng, 1, steps)[0] for steps in (1, 6)]
    run = Golden(model).run(sequences)
    return {
        "results": [result.tolist() for result in run.results],
        "h": run.state.h.tolist(),
        "c": run.state.c.tolist(),
    }


@pytest.mark.parametrize("name", ["tiny-binary", "tiny-ternary", "tiny-fixed12"])
def test_frozen_vectors(name):
    """So that golden and RTL cannot move together unseen; written by ``freeze_vectors``."""
    assert outputs(name) == json.loads(VECTORS.read_text())[name]


def freeze_vectors():
    names = [name for name in configs() if name.startswith("tiny-")]
    VECTORS.write_text(json.dumps({name: outputs(name) for name in names}) + "\n")
