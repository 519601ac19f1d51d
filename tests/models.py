"""Small models for tests, and where what they make may stay."""

import json

import numpy as np

from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model


def make_network(*, hidden=4, weights="ternary", inputs=3, layer=None, **network) -> Network:
    description = {
        "inputs": inputs,
        "layers": [{"hidden": hidden, "weights": weights, **(layer or {})}],
        **network,
    }
    return Network.parse(json.dumps(description), thing="network")


def make_model(*, seed=0, shared_scale=False, name="test", **network) -> Model:
    rng = np.random.default_rng(seed)
    return synthetic_model(name, make_network(**network), rng, shared_scale=shared_scale)


def make_design(model: Model | None = None, **machine) -> Design:
    return Design(model=model or make_model(), machine=Machine.parse(machine, thing="machine"))
