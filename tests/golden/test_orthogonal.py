"""Errors of rounding in an orthogonal recurrence never decay, and are as docs/numbers.md says."""

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model

HIDDEN, STEPS, HEARD = 128, 1000, 10

UNITS = 50
"""Of h, for a weight of 1."""


def orthogonal(block, rng):
    """A network of the size of the copy task, without biases; no state comes near its limits."""
    layer = {
        "kind": "rnn",
        "function": "linear",
        "recurrent": "walsh",
        "block": block,
        "hidden": HIDDEN,
        "weights": "fixed4",
        "h": {"width": 16, "frac": 10},
        "normaliser": {"scale_width": 24},
    }
    x = {"width": 2, "frac": 0}
    network = Network.parse({"inputs": 10, "x": x, "layers": (layer,)}, thing="network")
    model = synthetic_model("orthogonal", network, rng, orthogonal=True)
    tensors = dict(model.tensors)
    tensors["layers.0.bias"] = np.zeros_like(tensors["layers.0.bias"])
    tensors["layers.0.scale_x"] = np.full_like(tensors["layers.0.scale_x"], UNITS << 16)
    return Model(name="orthogonal", network=network, tensors=tensors, card={})


def hadamard(block):
    """Sylvester's matrix."""
    made = np.ones((1, 1))
    while len(made) < block:
        made = np.kron(made, [[1, 1], [1, -1]])
    return made


@pytest.mark.parametrize("block", [16, 128])
def test_error_after_many_steps(block, rng):
    model = orthogonal(block, rng)
    limit = model.network.layer.h.interval.hi
    [[tensors]] = model.directions
    matrix = np.kron(np.eye(HIDDEN // block), hadamard(block))
    recurrent = matrix * tensors["scale_h"][:, None] / (1 << 16)
    golden = Golden(model)
    # Of blocks of 4 ** k, one sum in 2 ** k is a tie, which goes up by half a unit.
    root = np.sqrt(block)
    up = 1 / (2 * root) if root == int(root) else 0
    states, real, drift = golden.zero(8), np.zeros((8, HIDDEN)), np.zeros(HIDDEN)
    for step in range(STEPS):
        x = np.zeros((8, 10), np.int64)
        if step < HEARD:
            x[np.arange(8), rng.integers(10, size=8)] = 1
        states = tuple(one.state for one in golden.step(x, states))
        real = real @ recurrent.T + x @ (UNITS * tensors["weight_x"]).T
        drift = recurrent @ drift + up
        error = states[0].h - real
        assert (np.linalg.norm(error, axis=1) <= (step + 1) * np.sqrt(HIDDEN) / 2).all()
        assert np.abs(states[0].h).max() < limit
    found, free = np.sqrt(np.mean(error**2)), np.sqrt(STEPS / 12)
    left = np.sqrt(np.mean((error - drift) ** 2))
    if up:
        # Sums of a block are all odd or all even, so their errors are not independent, either.
        assert left < 2 * free < found < STEPS * up
    else:
        # Independent errors of half a unit at most have this root mean square.
        assert found == pytest.approx(free, rel=0.15)
    # What was heard is still there.
    assert np.sqrt(np.mean(states[0].h ** 2)) > 10 * np.sqrt(np.mean(error**2))
