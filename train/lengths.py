"""Sequences of different lengths side by side."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["active_steps"]


def active_steps(x: Tensor, lengths: Tensor | None) -> Tensor | None:
    """Which steps of x, (steps, batch, ...), sequences have, (steps, batch); ``None``: all."""
    if lengths is None:
        return None
    return torch.arange(len(x), device=x.device)[:, None] < lengths
