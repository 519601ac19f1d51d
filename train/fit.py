"""The fit loop: Adam, with a learning rate that falls to zero; the last iterate is the result.

Nothing here sees held-out data before the end, so nothing can be chosen by it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from spec.tensors import Integers
from train.augment import Augmentation
from train.network import Classifier, pad
from train.options import Schedule
from train.progress import Report, silent

__all__ = ["classify", "fit"]

CLIP = 1.0
"""Largest norm of a gradient: long sequences have steep places."""


def fit(
    network: Classifier,
    inputs: Sequence[Integers],
    labels: NDArray[np.int64],
    schedule: Schedule,
    *,
    lsb: float,
    rng: np.random.Generator,
    augment: Augmentation | None = None,
    report: Report = silent,
) -> None:
    """Teach a network.

    Parameters
    ----------
    network : Classifier
        The network; changed in place, and left in evaluation mode.
    inputs : sequence of Integers
        Sequences as the machine gets them.
    labels : NDArray[np.int64]
        Their classes.
    schedule : Schedule
        How long, how fast.
    lsb : float
        What 1 in ``inputs`` is worth.
    rng : Generator
        Draws the order of the sequences, and how they are augmented.
    augment : Augmentation, optional
        What happens to a sequence each time that it is learned.
    report : Report
        Told after every batch.
    """
    adam = torch.optim.Adam(network.parameters(), lr=schedule.rate)
    total = schedule.epochs * math.ceil(len(inputs) / schedule.batch)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, total)
    done, average = 0, 0.0
    network.train()
    for _ in range(schedule.epochs):
        order = rng.permutation(len(inputs))
        for first in range(0, len(order), schedule.batch):
            chosen = order[first : first + schedule.batch]
            sequences = [inputs[index] for index in chosen]
            if augment is not None:
                sequences = [augment(sequence, rng) for sequence in sequences]
            logits = network(*pad(sequences, lsb))
            loss = functional.cross_entropy(logits, torch.from_numpy(labels[chosen]))
            adam.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            adam.step()
            cosine.step()
            network.layer.clamp()
            done += 1
            average += (loss.item() - average) * max(0.02, 1 / done)
            report("train", done, total, f"loss {average:.3f}")
    network.eval()


def classify(
    network: Classifier, inputs: Sequence[Integers], *, lsb: float, batch: int = 500
) -> Integers:
    """Classes that a network in evaluation mode gives to sequences."""
    found = []
    with torch.no_grad():
        for first in range(0, len(inputs), batch):
            x, lengths = pad(inputs[first : first + batch], lsb)
            found.append(network(x, lengths).argmax(dim=1).numpy())
    return np.concatenate(found)
