"""The loss of a student: how far its outputs are from those of the network that it learns from.

For each layer it is noise over signal of h, ``sum (h - teacher)**2 / sum teacher**2`` over all
steps and units: 10 decibels less loss are 10 decibels more of the signal-to-noise ratio that
reports have. Behind a head comes the Kullback-Leibler divergence of the two distributions over
classes, in nats, or, of logits that are no class, noise over signal once more.

In the last part of training, where activations are rounded, quantised weights do not change any
more: near the end many shadow weights lie where they turn to and fro (Nagel et al. 2022), and
scales, biases and the head learn to go with those values that are to stay.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from pascaline.importers.network import FloatNetwork
from pascaline.spec.network import Network
from pascaline.train.feeds import Batch
from pascaline.train.lessons import Lessons
from pascaline.train.network import States
from pascaline.train.steps import Stepper
from pascaline.train.student import Student, seen

__all__ = ["Imitation"]

SHADOWS = 0.2
"""Rate of shadow weights: each that turns is noise to all others, so they turn one by one."""

SETTLED = 5.0
"""Rate of all else in the last part, where the schedule has left little of it."""


class Imitation(Stepper):
    """Teaches a student to do what a float network does.

    Parameters
    ----------
    student : Student
        What learns, on its device; changed in place.
    lessons : Lessons
        Where batches and the outputs of the network come from.
    teacher : FloatNetwork
        The network.
    classes : bool
        Whether its head tells classes, or gives numbers that count by themselves.
    """

    def __init__(
        self, student: Student, lessons: Lessons, teacher: FloatNetwork, *, classes: bool
    ) -> None:
        super().__init__(student, lessons)
        self._student, self._lessons = student, lessons
        self._classes, self._result = classes, teacher.result
        self._head: tuple[Tensor, Tensor] | None = None
        if teacher.head_weight is not None and teacher.head_bias is not None:
            weight, bias = (
                torch.from_numpy(one).to(self.device, torch.get_default_dtype())
                for one in (teacher.head_weight, teacher.head_bias)
            )
            self._head = weight, bias

    def _make_adam(self) -> torch.optim.Adam:
        """A group for each tensor, whose rate is relative to its own magnitude at the start.

        Scales of rows may be a hundred times smaller than biases, as inputs are larger.
        """
        shadows = {id(one) for part in self.parts for one in part.shadows}
        tensors = list(self.network.parameters())
        sizes = [float(one.detach().square().mean().sqrt()) or 1.0 for one in tensors]
        rates = [(SHADOWS, 0.0) if id(one) in shadows else (1.0, SETTLED) for one in tensors]
        self._free, self._settled = (
            tuple(size * rate[last] for size, rate in zip(sizes, rates, strict=True))
            for last in (0, 1)
        )
        self._factors = self._free
        return self._adam_of([[one] for one in tensors])

    def round(self, rounding: Network | None) -> None:
        """As `Stepper.round`; while activations are rounded, quantised weights stay."""
        super().round(rounding)
        self._factors = self._free if rounding is None else self._settled

    def compare(self, batch: Batch, states: States | None) -> tuple[Tensor, States]:
        """Noise over signal of each layer, and what the head adds to it."""
        found = self._student(batch.x, batch.lengths)
        active = self._lessons.active(batch)
        taught = torch.split(batch.targets, [one.shape[-1] for one in found.every], dim=-1)
        loss = batch.x.new_zeros(())
        for ours, theirs, power in zip(found.every, taught, self._lessons.power, strict=True):
            loss = loss + _mean((ours - theirs).square().mean(dim=-1), active) / (power or 1.0)
        if found.logits is not None and self._head is not None:
            hidden = self._student.stack[-1].parts[0].hidden
            met = seen(taught[-1], batch.lengths, self._result, hidden)
            wanted = functional.linear(met, *self._head)
            every = self._result == "every"
            loss = loss + self._apart(found.logits, wanted, active if every else None)
        return loss[None], ()

    def _apart(self, logits: Tensor, wanted: Tensor, active: Tensor | None) -> Tensor:
        """How far logits are from those that are wanted."""
        if self._classes and logits.shape[-1] > 1:
            ours, theirs = (functional.log_softmax(one, dim=-1) for one in (logits, wanted))
            return _mean((theirs.exp() * (theirs - ours)).sum(dim=-1), active)
        noise = _mean((logits - wanted).square().mean(dim=-1), active)
        return noise / _mean(wanted.square().mean(dim=-1), active).clamp(min=1e-12)


def _mean(values: Tensor, active: Tensor | None) -> Tensor:
    """The mean of those that are active."""
    if active is None:
        return values.mean()
    # Not an index: what is behind a sequence's end must not become part of a gradient.
    return values.masked_fill(~active, 0).sum() / active.sum()
