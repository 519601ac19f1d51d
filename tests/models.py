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


def same_scales(tensors) -> bool:
    """Whether both sums of each row of a layer have the same scale."""
    return bool(np.array_equal(tensors["scale_x"], tensors["scale_h"]))


def make_design(model: Model | None = None, **machine) -> Design:
    return Design(model=model or make_model(), machine=Machine.parse(machine, thing="machine"))


def make_chains() -> dict[str, Design]:
    """Designs that have every kind of stage, alone, before and behind others, and on a bus."""
    lstm = {"hidden": 4, "weights": "ternary"}
    both, gru = lstm | {"bidirectional": True}, lstm | {"kind": "gru"}
    norm = {"normaliser": {"kind": "layernorm"}}
    cell_norm = {"cell_affine": {"kind": "layernorm", "spread": "rms"}}
    head = {"classes": 3, "weights": "ternary"}
    loaded = {"ports": "axi", "weights": "ram", "parity": True}
    attention = {"pooling": "attention", "attention": {}}
    decoder = {"embedding": 3, "end": 0, "most": 3, "attention": {"query": {"width": 8, "frac": 7}}}
    decoded = {"head": head, "results": "decoded", "decoder": decoder | {"layer": gru}}
    twice = {"layer": {"hidden": 8, "weights": "ternary"}}
    made = {
        "alone": ([lstm], {}, {}),
        "alone, on a bus": ([gru], {"head": head}, {"ports": "axi"}),
        "alone, loaded": ([lstm], {"head": head}, {"weights": "ram"}),
        "serial": ([lstm], {}, {"cell_unit": "serial"}),
        "wires": ([lstm, gru], {}, {"weights": "wired", "effort": 0, "parity": True}),
        "wires, bit by bit": (
            [gru],
            {"head": head},
            {"weights": "wired", "adders": "serial", "effort": 0},
        ),
        "stacked": ([lstm, gru], {"head": head}, {}),
        "shared": ([lstm, lstm], {}, {"stack": "shared"}),
        "both directions": ([both], {}, {}),
        "both directions, every": ([both], {"results": "every"}, {"parity": True}),
        "both directions, head": ([both, both], {"head": head}, {}),
        "both directions, head, every": ([both], {"head": head, "results": "every"}, {}),
        "both directions, on a bus": ([both], {"head": head}, loaded),
        "both directions, last step": ([both], {"results": "first-of-backward"}, {}),
        "peepholes": ([lstm | {"peephole": True}], {"head": head}, {"weights": "ram"}),
        "initial states": ([both | {"initial": True}, gru | {"initial": True}], {}, loaded),
        "layer norm": ([both | norm, gru | norm], {"head": head}, loaded),
        "layer norm of cells": ([lstm | cell_norm, lstm | norm | cell_norm], {}, loaded),
        "pooling": ([gru], {"pooling": "max", "head": head}, {"streams": 2}),
        "mean": ([gru], {"pooling": "mean", "head": head}, {"streams": 2}),
        "mean, both directions": ([both], {"pooling": "mean"}, {"parity": True}),
        "residual": ([lstm, lstm | {"residual": True}], {"head": head}, {"streams": 2}),
        "residual, last": ([lstm, gru | {"residual": True}], {}, loaded | {"bus_states": True}),
        "attention": ([gru], attention | {"head": head}, {"streams": 2}),
        "attention, both directions": ([both], attention, {"parity": True}),
        "attention, on a bus": ([both, lstm], attention | {"head": head}, loaded),
        "decoder": ([gru], decoded, {"parity": True}),
        "decoder, on a bus": ([lstm, both], decoded | {"decoder": decoder | twice}, loaded),
        "pooling, on a bus": ([both, lstm], {"pooling": "max"}, {"ports": "wishbone"}),
    }
    return {
        name: make_design(make_model(layers=layers, **network), longest=8, **machine)
        for name, (layers, network, machine) in made.items()
    }
