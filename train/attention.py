"""Attention in training: scores of vectors, a softmax of base 2 over steps, weighted means.

What the machine rounds is in `spec.attention`. Here the query is always a number of its format,
and scores and means are once activations are rounded; weights of steps are real. Gradients pass as
if nothing had been rounded.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pascaline.spec.attention import Attention
from pascaline.spec.formats import Format
from pascaline.train.lengths import active_steps
from pascaline.train.rounding import clamp_to, passed

__all__ = ["AttentionPooling", "weighted"]

SPREAD = 0.1
"""Standard deviation of a query at the start: all steps count nearly the same."""


def weighted(scores: Tensor, vectors: Tensor, active: Tensor | None) -> Tensor:
    """Means of vectors whose weights are powers of two of their scores.

    Parameters
    ----------
    scores : Tensor
        (steps, ...).
    vectors : Tensor
        (steps, ..., elements).
    active : Tensor or None
        Which steps count, (steps, ...), at least one of each sequence; ``None``: all.

    Returns
    -------
    Tensor
        (..., elements).
    """
    if active is not None:
        scores = scores.masked_fill(~active, -torch.inf)
        vectors = vectors.masked_fill(~active[..., None], 0)
    weights = torch.softmax(scores * math.log(2), dim=0)
    return (weights[..., None] * vectors).sum(dim=0)


class AttentionPooling(nn.Module):
    """Pooling by attention.

    Parameters
    ----------
    outputs : int
        Elements of a vector.
    formats : Attention
        Its formats; the query is kept within the range of its own.

    Attributes
    ----------
    rounding : Attention or None
        To whose format scores are rounded; ``None``: they are not.
    """

    def __init__(self, outputs: int, formats: Attention) -> None:
        super().__init__()
        self.formats = formats
        self.rounding: Attention | None = None
        self.query = nn.Parameter(torch.empty(outputs).normal_(0, SPREAD))

    @property
    def met(self) -> Tensor:
        """What vectors meet, (outputs,): the query, a number of its format."""
        return passed(self.query, self.formats.query)

    def forward(
        self, every: Tensor, lengths: Tensor | None, h: Format | None, unit: float = 1.0
    ) -> Tensor:
        """The mean of all steps of each sequence, (batch, outputs), rounded as h is.

        Parameters
        ----------
        every : Tensor
            (steps, batch, outputs).
        lengths : Tensor or None
            Steps of each sequence, by default all.
        h : Format or None
            What the mean is rounded to.
        unit : float
            What an h of 1 stands for when it is rounded.
        """
        scores = passed(every @ self.met, None if self.rounding is None else self.rounding.score)
        return unit * passed(weighted(scores, every, active_steps(every, lengths)) / unit, h)

    def clamp(self) -> None:
        """Bring the query back within the range of its format."""
        clamp_to(self.query, self.formats.query)
