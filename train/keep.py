"""The float network that training ends with, in a file that `importers` read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor

from pascaline.importers.freeze import Reals
from pascaline.importers.labels import labels_of
from pascaline.spec.files import beside, write_atomic
from pascaline.spec.preprocess import Rule
from pascaline.train.network import Classifier
from pascaline.train.units import reals

__all__ = ["keep", "state_of"]


def keep(network: Classifier, rule: Rule, path: Path, classes: Sequence[str] = ()) -> None:
    """Write a network, and beside it, with the suffix ``.json``, the rule of its features.

    Parameters
    ----------
    network : Classifier
        The network; its weights are those that it computes with, its scales in them.
    rule : Rule
        What raw features go through before it.
    path : Path
        A ``.safetensors`` file, in which tensors have the names of a ``state_dict`` of PyTorch.
    classes : sequence of str, optional
        Names of the classes, which it keeps, too.

    Raises
    ------
    InputError
        If the normaliser is no affine, or if a file cannot be written.
    """
    write_atomic(path, save(state_of(network), metadata=labels_of(classes)))
    write_atomic(beside(path, ".json"), rule.model_dump_json(exclude_none=True) + "\n")


def state_of(network: Classifier) -> dict[str, Reals]:
    """Tensors by their names in PyTorch, in float64; the head is called fc."""
    state: dict[str, Reals] = {}
    with torch.no_grad():
        for index, layer in enumerate(network.stack):
            for part, suffix in zip(layer.parts, ("", "_reverse"), strict=False):
                folded, at = part.folded(), f"l{index}{suffix}"
                state[f"rnn.weight_ih_{at}"] = _scaled(folded.weight_x, folded.scale_x)
                state[f"rnn.weight_hh_{at}"] = _scaled(folded.weight_h, folded.scale_h)
                state[f"rnn.bias_ih_{at}"] = reals(folded.bias)
                own = np.zeros(len(folded.bias))
                if folded.bias_h is not None:
                    # The candidate's rows are the last.
                    own[-len(folded.bias_h) :] = reals(folded.bias_h)
                state[f"rnn.bias_hh_{at}"] = own
        head = network.head
        state |= {"fc.weight": reals(head.weights), "fc.bias": reals(head.bias)}
    return state


def _scaled(weight: Tensor, scale: Tensor) -> Reals:
    return reals(weight) * reals(scale)[:, None]
