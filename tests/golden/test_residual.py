"""Residual connections against plain integers of Python, and what they need."""

import numpy as np
import pytest

from pascaline.golden.cells import cell_of
from pascaline.golden.network import Golden
from pascaline.spec.errors import InputError
from tests.golden.networks import model, network

RESIDUAL = {"residual": True}
GRU = {"kind": "gru"}


def plain(made, sequence):
    """Outputs of all steps, and every h of the last layer."""
    vectors = [[int(x) for x in row] for row in sequence]
    for index, layer in enumerate(made.network.layers):
        [tensors] = made.directions[index]
        cell = cell_of(
            layer.model_copy(update={"residual": False}), tensors, made.network.layer_x(index)
        )
        state, given, hs = cell.zero(1), [], []
        for x in vectors:
            state = cell.step(np.array([x]), state).state
            hs.append(state.h[0].tolist())
            lo, hi = layer.h.interval.lo, layer.h.interval.hi
            if layer.residual:
                given.append([min(max(a + b, lo), hi) for a, b in zip(hs[-1], x, strict=True)])
            else:
                given.append(hs[-1])
        vectors = given
    return vectors, hs


@pytest.mark.parametrize(
    "layers", [[RESIDUAL], [GRU, RESIDUAL], [GRU | RESIDUAL, RESIDUAL, GRU | RESIDUAL]]
)
def test_equals_plain_integers(layers):
    made = model(layers, inputs=4, results="every")
    rng = np.random.default_rng(3)
    # Many of them at the ends of the format, where sums are cut.
    sequences = [rng.choice([-128, -90, 3, 127], (steps, 4)) for steps in (9, 1, 4)]
    run = Golden(made).run(sequences)
    last = Golden(model(layers, inputs=4)).run(sequences)
    cut = 0
    for index, sequence in enumerate(sequences):
        wanted, hs = plain(made, sequence)
        assert run.results[index].tolist() == wanted
        assert last.results[index].tolist() == wanted[-1:]
        assert run.state[-1].h[index].tolist() == hs[-1]
        sums = np.array(wanted)
        cut += int(((sums == -128) | (sums == 127)).sum())
    # Where x comes from outside, many sums are cut.
    assert cut > 5 or not made.network.layers[0].residual


def test_pooling_sees_the_sums():
    made = model([RESIDUAL], inputs=4, results="every")
    sequence = np.random.default_rng(4).integers(-128, 128, (6, 4))
    largest = Golden(model([RESIDUAL], inputs=4, pooling="max")).run([sequence])
    assert largest.results[0][0].tolist() == np.max(plain(made, sequence)[0], axis=0).tolist()


@pytest.mark.parametrize(
    ("layers", "rule"),
    [
        ([RESIDUAL | {"bidirectional": True}], "residual must be false for a bidirectional layer"),
        (
            [{}, RESIDUAL | {"hidden": 5}],
            r"layer 1: residual needs as many inputs as outputs \(5\)",
        ),
        (
            [{"h": {"width": 6, "frac": 5}}, RESIDUAL],
            r"layer 1: residual needs inputs in the format of h \(Q0.7\), not Q0.5",
        ),
    ],
)
def test_refused(layers, rule):
    with pytest.raises(InputError, match=rule):
        network(layers, inputs=4)
