"""Random float networks of realistic size, and data for them."""

import numpy as np

from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.modules import module_of
from pascaline.importers.network import gates_of
from pascaline.importers.statedict.reader import network_of

CELLS = ("lstm", "gru", "gru-before", "rnn", "rnn-relu")


def tensors_of(cell, *, inputs=12, hidden=32, layers=1, both=False, classes=None, seed=0):
    """A state_dict whose gates swing over much of their range."""
    rng, tensors = np.random.default_rng(seed), {}
    rows = len(gates_of(cell)) * hidden
    for index in range(layers):
        columns = inputs if not index else hidden * (2 if both else 1)
        for suffix in ("", "_reverse") if both else ("",):
            at = f"l{index}{suffix}"
            tensors[f"weight_ih_{at}"] = 1.2 * rng.normal(size=(rows, columns)) / columns**0.5
            tensors[f"weight_hh_{at}"] = 0.8 * rng.normal(size=(rows, hidden)) / hidden**0.5
            tensors[f"bias_ih_{at}"] = 0.3 * rng.normal(size=rows)
            tensors[f"bias_hh_{at}"] = 0.3 * rng.normal(size=rows)
    if classes:
        tensors["fc.weight"] = rng.normal(size=(classes, hidden * (2 if both else 1)))
        tensors["fc.bias"] = rng.normal(size=classes)
    return tensors


def foreign_of(cell, *, result="every", **sizes):
    reading = Reading(cell=cell, result=result)
    return Foreign(network=network_of(tensors_of(cell, **sizes), reading), source="PyTorch")


def features_of(*lengths, inputs=12, seed=1):
    """Sequences with inputs of different spread."""
    rng = np.random.default_rng(seed)
    spread = np.exp(0.3 * rng.normal(size=inputs))
    return [rng.normal(size=(length, inputs)) * spread for length in lengths]


def plain_run(foreign, x, *, part=0):
    """Intermediates of the first layer on a sequence (steps, inputs), a step after the other."""
    layer = foreign.network.layers[0]
    found = layer.parts[part]
    module = module_of(layer.cell)
    h = c = np.zeros((1, layer.hidden))
    seen = []
    for step in x:
        made = module.step(found, (found.weight_x @ step + found.bias)[None], h, c)
        h, c = made["h"], made.get("c", made["h"])
        seen.append({name: values[0] for name, values in made.items()})
    return {name: np.array([one[name] for one in seen]) for name in seen[0]}
