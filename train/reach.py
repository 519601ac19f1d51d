"""Formats of linear layers: binary points that hold what h reaches.

Nothing bounds h in a linear recurrence, so the range of its format is the smallest power of two
that holds what it reaches in training sequences (Foucault et al. 2025, M in the integer inference).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from pascaline.spec.network import Network
from pascaline.spec.tensors import Integers
from pascaline.train.network import Classifier, pad
from pascaline.train.units import state_units

__all__ = ["reaching"]

AT_ONCE = 50
"""Sequences side by side."""


def reaching(description: Network, network: Classifier, inputs: Sequence[Integers]) -> Network:
    """The description with such formats of h, of as many bits as before.

    Parameters
    ----------
    description : Network
        Of the network, with sizes and widths.
    network : Classifier
        A trained network in evaluation mode, without rounding.
    inputs : sequence of Integers
        Sequences as the machine gets them, each (steps, inputs).
    """
    units = state_units([layer.parts for layer in network.stack])
    most = [0.0] * len(units)
    with torch.no_grad():
        for first in range(0, len(inputs), AT_ONCE):
            x, lengths = pad(inputs[first : first + AT_ONCE], description.x.lsb)
            active = torch.arange(len(x))[:, None] < lengths
            for index, layer in enumerate(network.stack):
                x, _, _ = layer(x, lengths)
                largest = float((x.abs().amax(dim=2) * active).max())
                most[index] = max(most[index], largest / units[index])
    layers = []
    for index, layer in enumerate(network.stack):
        made = description.layers[index]
        if layer.parts[0].cell.linear:
            frac = made.h.width - 1 - max(math.ceil(math.log2(most[index] or 1.0)), 0)
            h = made.h.model_copy(update={"frac": frac})
            made = made.model_copy(update={"h": h, "pre": h})
        layers.append(made)
    return description.model_copy(update={"layers": tuple(layers)})
