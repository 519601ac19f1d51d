"""A recurrent matrix that is learned as signs: a Walsh-Hadamard transform in place of weights.

HadamRNN and Block-HadamRNN (Foucault, Mamalet and Malgouyres 2025, "HadamRNN", arXiv 2502.00047,
section 3)::

    W = diag(s) (I (x) H) / sqrt(block),      H of Sylvester: (-1) ** popcount(i & j)

with one sign s for each row: of n rows, n bits are learned. W is orthogonal. The signs are those of
real numbers u; backward, gradients of s go to u as they are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pascaline.spec.errors import InputError
from pascaline.spec.operands import Walsh
from pascaline.train.quantisers import Sign, glorot

__all__ = ["Signs", "sylvester"]


class Signs(Sign):
    """Signs of the rows, learned as a matrix of one column (rows, 1).

    The real numbers start within Glorot's limit of that shape, and nothing limits them, as in the
    configurations of the paper.

    Parameters
    ----------
    pace : float
        How fast signs turn, as part of the learning rate. A sign that turns changes what a whole
        block does for the rest of a sequence, so all else must learn again. Steps of Adam are as
        large for large numbers as for small ones: with a pace of 1/10 numbers start ten times as
        large.
    """

    limit = math.inf
    stochastic = False

    def __init__(self, pace: float = 1.0) -> None:
        self.pace = pace

    def start(self, shadow: Tensor) -> None:
        limit = glorot(*shadow.shape) / self.pace
        shadow.uniform_(-limit, limit)


def sylvester(hidden: int, block: int) -> Tensor:
    """``I (x) H`` of 1, -1 and, outside blocks, 0: (hidden, hidden).

    Raises
    ------
    InputError
        If the block is no power of two from 2 that divides ``hidden``.

    Examples
    --------
    >>> sylvester(4, 2).int().tolist()
    [[1, 1, 0, 0], [1, -1, 0, 0], [0, 0, 1, 1], [0, 0, 1, -1]]
    """
    if block < 2 or block & (block - 1) or hidden % block:
        rule = f"must be a power of two from 2 that divides the {hidden} hidden units"
        raise InputError("block", rule, block)
    return torch.from_numpy(Walsh("h", "state", block).matrix(hidden)).float()
