"""What all cells have in common in training.

A cell gets the scaled products of its inputs for all steps at once, and goes through the steps. It
works on (batch, rows) of one network and on (networks, batch, rows) of several alike: many small
networks side by side take a GPU hardly longer than one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor

from pascaline.spec.cells.layer import Layer
from pascaline.train.quantisers import straight_through
from pascaline.train.rounding import is_exact, looked_up, passed
from pascaline.train.standard import Standardised

__all__ = ["Cell", "Formats", "Weight", "activated", "added"]

REAL = {"sigmoid": torch.sigmoid, "tanh": torch.tanh}

Weight: TypeAlias = Tensor | Standardised
"""Scaled recurrent weights; or those whose sums are standardised before they are scaled."""

Formats = Any
"""The layer of `spec.cells` whose formats activations are rounded to; ``None``: they are not."""


class Cell(ABC):
    """What a layer does in a step.

    Attributes
    ----------
    gates : tuple of str
        Order of the gates in stacked rows.
    separate : bool
        Whether products of h have a bias of their own, ``bias_h``.
    carries : bool
        Whether units keep anything beside h, c.
    products : bool
        Whether all recurrent weights meet h itself, as statistics of their sums assume.
    linear : bool
        Whether new h is the pre-activation.
    """

    gates: ClassVar[tuple[str, ...]]
    separate: bool = False
    carries: bool = True
    products: bool = True
    linear: bool = False

    @abstractmethod
    def bias(self, hidden: int, memory: int | None) -> Tensor:
        """Biases of the stacked gates at the start; see `train.network.Recurrent`."""

    @abstractmethod
    def step(
        self, x: Tensor, weight: Weight, bias_h: Tensor | None, h: Tensor, c: Tensor, form: Formats
    ) -> tuple[Tensor, Tensor]:
        """New h and c.

        Parameters
        ----------
        x : Tensor
            Scaled products of the inputs with biases, (..., batch, rows).
        weight : Weight
            Recurrent weights, (..., hidden, rows) if they are a tensor.
        bias_h : Tensor or None
            Added to products of h, (..., 1, rows); of cells that keep them ``separate``.
        h, c : Tensor
            The state, (..., batch, hidden).
        form : Formats
            What to round to.
        """

    def scan(
        self,
        x: Tensor,
        weight: Weight,
        bias_h: Tensor | None,
        h: Tensor,
        c: Tensor,
        form: Layer | None = None,
    ) -> tuple[Tensor, Tensor]:
        """All h, before the first step and after every step, and the last c.

        As `loop`, unless a cell has a faster way.
        """
        return self.loop(x, weight, bias_h, h, c, form)

    def loop(
        self,
        x: Tensor,
        weight: Weight,
        bias_h: Tensor | None,
        h: Tensor,
        c: Tensor,
        form: Layer | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The same, step by step and by automatic differentiation.

        Parameters
        ----------
        x : Tensor
            As in `step`, of all steps: (steps, ..., batch, rows).
        weight : Weight
            Recurrent weights, (..., rows, hidden) if they are a tensor.
        bias_h : Tensor or None
            (..., rows).
        h, c, form
            As in `step`.
        """
        turned = weight.transpose(-1, -2) if isinstance(weight, Tensor) else weight
        every = [h]
        if bias_h is not None:
            bias_h = bias_h[..., None, :]
        # unbind, not indexing: the backward pass of an index fills a whole array of zeros.
        for now in x.unbind(0):
            h, c = self.step(now, turned, bias_h, h, c, form)
            every.append(h)
        return torch.stack(every), c


def added(sums: Tensor, h: Tensor, weight: Weight) -> Tensor:
    """``sums`` and those of h: ``sums + h @ weight``, in one operation."""
    if isinstance(weight, Standardised):
        return sums + weight.sums(h)
    return (torch.addmm if h.dim() == 2 else torch.baddbmm)(sums, h, weight)


def activated(name: str, z: Tensor, layer: Formats) -> Tensor:
    """A function of pre-activations as the machine has it, its gradient that of the real one.

    Parameters
    ----------
    name : {"sigmoid", "tanh"}
        The function.
    z : Tensor
        Pre-activations, rounded if there is a layer.
    layer : Layer or None
        Whose form and format the function has.
    """
    real = REAL[name](z)
    if is_exact(layer):
        return passed(real, layer.functions[name] if layer else None)
    return straight_through(real, looked_up(z.detach(), layer, name))
