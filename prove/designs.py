"""Small machines for proofs."""

import json

import numpy as np

from pascaline.spec.cells import CELLS, USUAL
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model

__all__ = ["PHASES", "QUICK", "STACK", "small_core", "small_design"]

QUICK = {"kind": "rnn", "function": "relu"}
"""A layer whose units take few cycles."""

PHASES = {"kind": "gru", "reset": "before"}
"""A layer whose steps have two phases."""

_FEW = {"h": {"width": 3, "frac": 2}, "pre": {"width": 4, "frac": 2}, "weights": "ternary"}

STACK = {"layers": [{"hidden": 3, **QUICK, **_FEW}] * 2}
"""What is said of a network with two equal layers, of 3 units each."""


def small_design(
    *,
    hidden=2,
    inputs=2,
    layer=None,
    head=None,
    h=None,
    shared=False,
    network=None,
    **machine,
) -> Design:
    """A design with formats of few bits and random weights.

    ``layer`` and ``network`` are what else is said of these; ``shared``: rows have one scale.
    """
    layer = layer or {}
    few = CELLS[layer.get("kind", USUAL)].few_bits | {
        "h": h or {"width": 3, "frac": 2},
        "pre": {"width": 4, "frac": 2},
        "normaliser": {"scale_width": 3, "bias_width": 5, "shift": 2},
    }
    plain = {
        "inputs": inputs,
        "x": {"width": 2, "frac": 1},
        "layers": [{"hidden": hidden, "weights": "ternary", **few, **layer}],
        "head": head,
        "results": "every",
        **(network or {}),
    }
    network = Network.parse(json.dumps(plain), thing="network")
    model = synthetic_model("proof", network, np.random.default_rng(1), shared_scale=shared)
    return Design(model=model, machine=Machine.parse(machine, thing="machine"))


def small_core(**options):
    """The core of such a design."""
    [core] = small_design(**options).cores
    return core
