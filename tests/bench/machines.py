"""Small machines of every style of ports and kind of network, drawn at random."""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from pascaline.golden.network import Golden
from pascaline.sim.draw_cases import draw
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError

STEPS = (5, 1, 7, 3, 6, 2)
"""Vectors of each sequence."""

KINDS = {
    "plain": ((), {"ports": "stream", "weights": "rom"}),
    "plain-loaded": ((), {"ports": "stream", "weights": "ram"}),
    "plain-streams": (("stack",), {"ports": "stream", "weights": "rom", "streams": 3}),
    "plain-bidirectional": (("bidirectional",), {"ports": "stream", "weights": "rom"}),
    "plain-decoder": (("decoder",), {"ports": "stream", "weights": "rom"}),
    "plain-parity": (("pooling",), {"ports": "stream", "weights": "ram", "parity": True}),
    "plain-transform": (("transform",), {"ports": "stream", "weights": "ram"}),
    "axi": ((), {"ports": "axi", "weights": "rom"}),
    "axi-loaded-streams": ((), {"ports": "axi", "weights": "ram", "streams": 2}),
    "axi-attention": (("attention",), {"ports": "axi", "weights": "rom"}),
    "axi-symbols": (("symbols",), {"ports": "axi", "weights": "rom"}),
    "axi-bidirectional-parity": (
        ("bidirectional",),
        {"ports": "axi", "weights": "ram", "parity": True},
    ),
    "wishbone-loaded": ((), {"ports": "wishbone", "weights": "ram"}),
    "wishbone-norm": (("layernorm",), {"ports": "wishbone", "weights": "rom"}),
    "wishbone-states": (
        ("bus-states",),
        {"ports": "wishbone", "weights": "rom", "parity": True},
    ),
    "wishbone-decoder-loaded": (("decoder",), {"ports": "wishbone", "weights": "ram"}),
    "axi-width": (("tdata",), {"ports": "axi", "weights": "rom"}),
    "wishbone-width-loaded": (("tdata", "stack"), {"ports": "wishbone", "weights": "ram"}),
}
"""Features that a machine of each kind has, and parameters that it is given."""


def machine_of(kind, seed=0):
    """The first machine of a kind, from a seed on, whose results depend on weights; sequences."""
    features, given = KINDS[kind]
    number = 1000 * seed + 50 * list(KINDS).index(kind)
    while True:
        case = draw(number, largest=9, cycles=200, features=features)
        machine = case.machine.model_copy(update={"longest": max(STEPS), **given})
        rng = np.random.default_rng(number)
        number += 1
        with suppress(InputError):
            design = Design(model=case.design.model, machine=machine)
            sequences = [design.entry.draw(rng, steps) for steps in STEPS]
            if other_weight(design.model, sequences, rng):
                return design, sequences


def other_weight(model, sequences, rng, tries=60):
    """The model with one other weight, by which a result changes; None if none was found."""
    names = [name for name, tensor in model.tensors.items() if "weight" in name and tensor.size]
    before = Golden(model).run(sequences).results
    for _ in range(tries):
        name = str(rng.choice(names))
        tensor = model.tensors[name].copy()
        tensor.flat[int(rng.integers(tensor.size))] = rng.choice(np.unique(tensor))
        other = replace(model, tensors={**model.tensors, name: tensor})
        after = Golden(other).run(sequences).results
        if any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)):
            return other
    return None
