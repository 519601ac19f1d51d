"""Decisions of attention beside those of a softmax in real numbers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pascaline.measure.decisions import Agreement, compare_decisions
from pascaline.spec.errors import InputError
from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model


def model(name="attentive", **ends):
    layer = {"kind": "lstm", "hidden": 6, "weights": "ternary"}
    text = {"inputs": 3, "layers": [layer], "head": {"classes": 4, "weights": "fixed8"}, **ends}
    network = Network.parse(json.dumps(text), thing="network")
    made = synthetic_model(name, network, np.random.default_rng(5))
    # With biases one class would win always.
    tensors = {
        key: 0 * value if key.endswith("bias") else value for key, value in made.tensors.items()
    }
    card = {"preprocess": {"offset": [0.0] * 3, "gain": [1.0] * 3}}
    return replace(made, tensors=tensors, card=card)


def attentive(**numbers):
    return model(pooling="attention", attention=numbers)


def sequences():
    rng = np.random.default_rng(6)
    return [rng.uniform(-1, 1, (steps, 3)) for steps in rng.integers(2, 30, 200)]


def test_softmax_and_integers_agree():
    assert compare_decisions(attentive(), sequences()).equal >= 199


def test_rough_numbers_are_noticed():
    # Scores in halves.
    rough = {"bits": 4, "score": {"width": 5, "frac": 1}}
    found = compare_decisions(attentive(**rough), sequences())
    assert found.total == 200
    assert found.equal < 190


def test_lengths_count():
    one = [np.array([1, 2, 3]), np.array([1])]
    other = [np.array([1, 5]), np.array([1])]
    assert Agreement.of(one, other) == Agreement(2, 4)


def test_refused():
    with pytest.raises(InputError, match="plain: must have attention"):
        compare_decisions(model("plain"), sequences())
