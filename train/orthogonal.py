"""A recurrent matrix of real numbers that stays orthogonal: what transforms are compared with.

It is the exponential of a skew-symmetric matrix (Lezcano-Casado and Martinez-Rubio 2019, "Cheap
Orthogonal Constraints in Neural Networks", arXiv 1901.08428, section 4), whose entries are learned
without constraint. In the model it becomes a matrix of `train.units.FIXED`, nearly orthogonal.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pascaline.train.quantisers import Real

__all__ = ["Orthogonal", "exponential"]

PACE = 0.1
"""How fast angles turn, as part of the learning rate; in the paper's experiments 1/10 to 1/7."""

TERMS, SQUARINGS = 8, 6
"""Of the exponential: enough for angles of up to 20."""


class Orthogonal(Real):
    """``exp(A - A^T)`` of shadow weights, (hidden, hidden), counted in `PACE`.

    The angles of its rotations start uniformly from -pi to pi, their planes as any.
    """

    def start(self, shadow: Tensor) -> None:
        size = len(shadow)
        angles = torch.empty(size // 2).uniform_(-math.pi, math.pi)
        turning = torch.zeros(size, size)
        first = torch.arange(0, size - 1, 2)
        turning[first, first + 1], turning[first + 1, first] = angles, -angles
        planes, _ = torch.linalg.qr(torch.randn(size, size))
        shadow.copy_(planes @ turning @ planes.T / (2 * PACE))

    def __call__(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        """Differentiable as it is."""
        return exponential(PACE * (shadow - shadow.T))


def exponential(matrix: Tensor) -> Tensor:
    """The exponential of a square matrix, by products in double precision alone.

    `torch.matrix_exp` looks at numbers to choose a way, which no CUDA graph can record.
    """
    one = torch.eye(len(matrix), dtype=torch.float64, device=matrix.device)
    part, made = matrix.double() / 2**SQUARINGS, one
    for term in range(TERMS, 0, -1):
        made = one + part @ made / term
    for _ in range(SQUARINGS):
        made = made @ made
    return made.to(matrix.dtype)
