"""How good several networks are that learn side by side, in floating point and where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pascaline.data.evaluate import Likelihood, Score
from pascaline.data.sets import IGNORED, Labels, Part
from pascaline.spec.tensors import Integers
from pascaline.train.ensemble import Ensemble
from pascaline.train.learn import CHUNK
from pascaline.train.network import pad
from pascaline.train.recipe import Plan

__all__ = ["measure_members"]


def measure_members(network: Ensemble, plan: Plan, part: Part, places: int | None) -> list[Any]:
    """Scores of all members, in floating point; of each sequence so many steps at most."""
    sequences = [sequence[:places] for sequence in part.sequences]
    inputs = plan.rule.apply(sequences, plan.task.formats.x)
    network.eval()
    with torch.no_grad():
        if plan.task.results == "every":
            return _likelihoods(network, inputs, part.labels, plan.task.formats.x.lsb)
        return _scores(network, inputs, part.labels, plan.task.formats.x.lsb)


def _scores(
    network: Ensemble, inputs: Sequence[Integers], labels: Labels, lsb: float
) -> list[Score]:
    x, lengths = _placed(network, inputs, lsb)
    logits, _ = network(x, lengths)
    return [Score.of(one.argmax(dim=1).cpu().numpy(), np.asarray(labels)) for one in logits]


def _likelihoods(
    network: Ensemble, inputs: Sequence[Integers], labels: Labels, lsb: float
) -> list[Likelihood]:
    nats = torch.zeros(len(network.members), dtype=torch.float64)
    states, total = None, 0
    for start in range(0, max(map(len, inputs)), CHUNK):
        x, _ = _placed(network, [sequence[start : start + CHUNK] for sequence in inputs], lsb)
        targets = torch.full(x.shape[:2], IGNORED)
        for index, sequence in enumerate(inputs):
            wanted = labels[index][start : min(start + CHUNK, len(sequence))]
            targets[: len(wanted), index] = torch.from_numpy(wanted)
        logits, states = network(x, None, states)
        for index, one in enumerate(logits):
            nats[index] += functional.cross_entropy(
                one.flatten(0, 1),
                targets.flatten().to(one.device),
                ignore_index=IGNORED,
                reduction="sum",
            ).item()
        total += int((targets != IGNORED).sum())
    return [Likelihood(total, one / total / math.log(2)) for one in nats.tolist()]


def _placed(network: Ensemble, inputs: Sequence[Integers], lsb: float) -> tuple[Tensor, Tensor]:
    """As `train.network.pad`, where the network is."""
    x, lengths = pad(inputs, lsb)
    where = network.members[0].head.bias.device
    return x.to(where), lengths.to(where)
