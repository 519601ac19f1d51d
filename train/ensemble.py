"""Networks that are alike in everything but their weights, run side by side.

On a GPU the step of a small layer takes hardly longer for twenty networks than for one. Members
stay networks of their own: quantised, normalised and measured each for itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pascaline.train.cells.cell import Weight
from pascaline.train.lengths import active_steps
from pascaline.train.network import Classifier, States
from pascaline.train.standard import Standardised

__all__ = ["Ensemble"]


class Ensemble(nn.Module):
    """Several classifiers that get the same inputs.

    Parameters
    ----------
    members : sequence of Classifier
        Of the same cell and sizes, and of one direction.
    """

    def __init__(self, members: Sequence[Classifier]) -> None:
        super().__init__()
        self._members = nn.ModuleList(members)

    @property
    def members(self) -> tuple[Classifier, ...]:
        """The networks."""
        return tuple(member for member in self._members if isinstance(member, Classifier))

    def zero(self, batch: int) -> States:
        """The states before the first step; those of a layer are (members, batch, hidden)."""
        alike = [member.zero(batch) for member in self.members]
        return tuple(_together(layer) for layer in zip(*alike, strict=True))

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, states: States | None = None
    ) -> tuple[tuple[Tensor, ...], States]:
        """Logits of each member and the states after the last step, as `Classifier.forward`."""
        states = self.zero(x.shape[1]) if states is None else states
        active = active_steps(x, lengths)
        inputs, after = [x] * len(self.members), []
        for index, state in enumerate(states):
            parts = [member.stack[index].parts[0] for member in self.members]
            made = [part.products(one) for part, one in zip(parts, inputs, strict=True)]
            from_x, weight, bias_h = zip(*made, strict=True)
            every, c = parts[0].cell.scan(
                torch.stack(from_x, dim=1),
                _stacked(weight),
                None if bias_h[0] is None else torch.stack(bias_h),
                *state,
                parts[0].rounding,
            )
            after.append((every[-1], c))
            for part, one, h in zip(parts, inputs, every.unbind(1), strict=True):
                part.observe(one, h, active)
            inputs = list(every[1:].unbind(1))
        logits = tuple(
            member.classify(every, every[-1] if lengths is None else _at(every, lengths), lengths)
            for member, every in zip(self.members, inputs, strict=True)
        )
        return logits, tuple(after)


def _together(states: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    h, c = zip(*states, strict=True)
    return torch.stack(h), torch.stack(c)


def _stacked(weights: Sequence[Weight]) -> Weight:
    first = weights[0]
    if isinstance(first, Standardised):
        return first.stacked([one for one in weights if isinstance(one, Standardised)])
    return torch.stack([one for one in weights if isinstance(one, Tensor)])


def _at(every: Tensor, lengths: Tensor) -> Tensor:
    """What came out of each sequence's own last step."""
    return every[lengths - 1, torch.arange(every.shape[1], device=every.device)]
