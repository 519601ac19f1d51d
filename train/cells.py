"""Cells: how the pre-activations of a step and the state become the next state."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from spec.network import GATES

__all__ = ["CELLS", "Cell", "Lstm"]

State = tuple[Tensor, ...]


class Cell(ABC):
    """A recurrent cell; it has no parameters of its own.

    Attributes
    ----------
    kind : str
        Its name, as in `spec.network`.
    gates : tuple of str
        Order of the gates in stacked rows.
    """

    kind: str
    gates: tuple[str, ...]

    @abstractmethod
    def bias(self, hidden: int) -> Tensor:
        """The bias that training starts from, (gates * hidden,)."""

    @abstractmethod
    def start(self, h: Tensor) -> State:
        """The state that a sequence starts from, made of zeros; its first tensor is ``h``."""

    @abstractmethod
    def step(self, from_x: Tensor, from_h: Tensor, state: State) -> State:
        """The next state; both parts of the pre-activations are (batch, gates * hidden)."""


class Lstm(Cell):
    """Long short-term memory. The forget gate starts open, with bias 1."""

    kind = "lstm"
    gates = GATES

    def bias(self, hidden: int) -> Tensor:
        return torch.cat([torch.full((hidden,), float(gate == "f")) for gate in self.gates])

    def start(self, h: Tensor) -> State:
        return (h, torch.zeros_like(h))

    def step(self, from_x: Tensor, from_h: Tensor, state: State) -> State:
        i, f, g, o = (from_x + from_h).chunk(len(self.gates), dim=1)
        c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return (torch.sigmoid(o) * torch.tanh(c), c)


CELLS: dict[str, Cell] = {cell.kind: cell for cell in (Lstm(),)}
"""The cells by kind."""
