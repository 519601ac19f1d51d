"""Augmentation: small changes of sequences that leave their classes as they are.

Each time that a sequence is learned it is changed anew, so that a network cannot learn sequences
by heart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Shift"]


@dataclass(frozen=True)
class Shift:
    """Move images by up to ``reach`` places along each axis; zeros come in at the edges.

    Parameters
    ----------
    height, width : int
        Pixels of an image, whose rows come one after another in the sequence.
    reach : int
        Places.
    """

    height: int
    width: int
    reach: int

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """How far so many images are moved, down and right: (count, 2)."""
        return rng.integers(-self.reach, self.reach, (count, 2), endpoint=True)

    def apply(self, sequences: Tensor, moves: Tensor) -> Tensor:
        """Move sequences (batch, steps, inputs), by ``moves`` (batch, 2)."""
        import torch

        batch = len(sequences)
        images = sequences.reshape(batch, self.height, self.width)
        pad = self.reach
        wide = torch.nn.functional.pad(images, (pad, pad, pad, pad))
        device = sequences.device
        rows = torch.arange(self.height, device=device) + pad - moves[:, :1]
        columns = torch.arange(self.width, device=device) + pad - moves[:, 1:]
        chosen = torch.arange(batch, device=device)[:, None, None]
        return wide[chosen, rows[:, :, None], columns[:, None, :]].reshape(sequences.shape)
