"""One training step: forward, backward, Adam. On a GPU it is recorded once and replayed.

What a step does depends on its number, the seed and the state before it alone, so that training
can stop after any step and go on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pascaline.data.sets import IGNORED
from pascaline.spec.network import Network
from pascaline.train.decoder import Transcriber
from pascaline.train.ensemble import Ensemble
from pascaline.train.feeds import Batch, Feed
from pascaline.train.network import Classifier, States
from pascaline.train.student import Student

__all__ = ["Stepper"]

CLIP = 1.0
"""Largest norm of a gradient: long sequences have steep places."""

WARM_UP = 3
"""Steps before one is recorded: libraries and kernels get ready in the first ones."""


class Stepper:
    """Teaches a network, or several side by side, step by step.

    Parameters
    ----------
    network : Classifier or Ensemble or Student or Transcriber
        What learns, on its device; changed in place.
    feed : Feed
        Where batches come from.
    seed : int
        Of the weights that are drawn.
    dropout : float
        Part of the units that the head does not see.
    factors : tuple of float
        What the learning rate of each member is multiplied by; by default 1.

    Attributes
    ----------
    parts : list of Recurrent
        All layers and directions of all members.
    losses : Tensor
        Loss of the last step of each member, as `compare` has it; on the device.
    """

    def __init__(
        self,
        network: Classifier | Ensemble | Student | Transcriber,
        feed: Feed,
        *,
        seed: int = 0,
        dropout: float = 0.0,
        factors: tuple[float, ...] = (),
    ) -> None:
        self.network, self.feed, self._seed, self._dropout = network, feed, seed, dropout
        self.members = network.members
        self._factors = factors or (1.0,) * len(self.members)
        self.parts = [part for member in self.members for part in member.parts]
        self.device = self.parts[0].shadow_h.device
        self._graphed = self.device.type == "cuda" and not any(part.plain for part in self.parts)
        self._replay: Callable[[], None] | None = None
        self._rounding: Network | None = None
        self._adam = self._make_adam()
        self.losses = torch.zeros(len(self.members), device=self.device)
        self._states = network.zero(feed.batch) if feed.carries else None
        for part in self.parts:
            noise_x, noise_h = (
                torch.zeros_like(shadow) if drawn else None
                for shadow, drawn in zip(part.shadows, part.stochastic, strict=True)
            )
            part.noise = (noise_x, noise_h)
        if dropout:
            for member in self.members:
                assert isinstance(member, (Classifier, Transcriber))
                head = member.head
                member.mask = head.weight.new_zeros(feed.batch, head.in_features)

    def round(self, rounding: Network | None) -> None:
        """Round activations to the formats of a description from now on, or do not."""
        if rounding != self._rounding:
            self._rounding = rounding
            for member in self.members:
                member.round(rounding)
            self._replay = None

    def step(self, number: int, rate: float) -> None:
        """Do the training step of that number with a learning rate."""
        self.feed.place(number)
        if number % self.feed.steps == 0:
            for part in self._state_parts():
                part.zero_()
        self._draw(number)
        for group, factor in zip(self._adam.param_groups, self._factors, strict=True):
            if self._graphed:
                group["lr"].fill_(rate * factor)
            else:
                group["lr"] = rate * factor
        if not self._graphed:
            self._work()
            return
        if self._replay is None:
            self._replay = self._record()
        self._replay()

    def run(
        self, batch: Batch, states: States | None
    ) -> tuple[Tensor | tuple[Tensor, ...], States]:
        """Logits for a batch, of each member if there are several, and the states after it."""
        found: tuple[Tensor | tuple[Tensor, ...], States] = self.network(
            batch.x, batch.lengths, states
        )
        return found

    def compare(self, batch: Batch, states: States | None) -> tuple[Tensor, States]:
        """The loss of each member, differentiable, and the states after the batch.

        Here it is the mean cross entropy of the targets, in nats.
        """
        logits, after = self.run(batch, states)
        targets = batch.targets.flatten()
        losses = torch.stack(
            [
                functional.cross_entropy(one.flatten(0, -2), targets, ignore_index=IGNORED)
                for one in (logits if isinstance(logits, tuple) else (logits,))
            ]
        )
        return losses, after

    def tensors(self) -> dict[str, Tensor]:
        """All that training changes, by name; to be kept, and to be filled to go on."""
        found = dict(self.network.state_dict(keep_vars=True))
        for index, state in enumerate(self._adam.state.values()):
            found |= {f"adam.{index}.{name}": value for name, value in state.items()}
        return found | {f"state.{index}": part for index, part in enumerate(self._state_parts())}

    def freeze(self, *, draw: bool, batches: int) -> None:
        """Settle the weights, on one draw or deterministically; take statistics for them anew."""
        if draw:
            self._draw(-1)
        for part in self.parts:
            if not draw:
                part.noise = (None, None)
            part.normaliser.restart()
        self.network.train()
        states = None
        with torch.no_grad():
            for number in range(min(batches, self.feed.steps)):
                self.feed.place(number)
                batch = self.feed.take()
                _, after = self.run(batch, states)
                states = after if self.feed.carries else None
        self.network.eval()

    def _make_adam(self) -> torch.optim.Adam:
        """Adam with a group for each member."""
        return self._adam_of([list(member.parameters()) for member in self.members])

    def _adam_of(self, tensors: Sequence[Sequence[nn.Parameter]]) -> torch.optim.Adam:
        """Adam of some groups, its averages already there."""
        groups = [
            {
                "params": list(group),
                "lr": torch.zeros((), device=self.device) if self._graphed else 0.0,
            }
            for group in tensors
        ]
        adam = torch.optim.Adam(groups, capturable=self._graphed)
        for parameter in self.network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        adam.step()
        for state in adam.state.values():
            for value in state.values():
                value.zero_()
        return adam

    def _state_parts(self) -> list[Tensor]:
        """Both h and c of all layers, as they go on from step to step."""
        return [part for state in self._states or () for part in state]

    def _draw(self, number: int) -> None:
        """Noise and masks of a step."""
        noise = [one for part in self.parts for one in part.noise if one is not None]
        masks = [member.mask for member in self.members if member.mask is not None]
        if not noise and not masks:
            return
        seed = np.random.SeedSequence((self._seed, number + 1)).generate_state(1, np.uint64)
        generator = torch.Generator(self.device).manual_seed(int(seed[0]) >> 1)
        for one in noise:
            one.uniform_(generator=generator)
        kept = 1 - self._dropout
        for mask in masks:
            mask.bernoulli_(kept, generator=generator).div_(kept)

    def _work(self) -> None:
        losses, after = self.compare(self.feed.take(), self._states)
        self._adam.zero_grad(set_to_none=True)
        torch.autograd.backward(losses.sum())
        for member in self.members:
            _clip(member)
        self._adam.step()
        for member in self.members:
            member.clamp()
        with torch.no_grad():
            self.losses.copy_(losses)
            if self._states is not None:
                for state, new in zip(self._states, after, strict=True):
                    for part, one in zip(state, new, strict=True):
                        # A state that is beyond all numbers starts again.
                        part.copy_(one).nan_to_num_(0, 0, 0)

    def _record(self) -> Callable[[], None]:
        """Record a step as a CUDA graph; nothing that training changes is changed by that."""
        kept = {name: tensor.detach().clone() for name, tensor in self.tensors().items()}
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._work()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        self._adam.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self._work()
        with torch.no_grad():
            for name, tensor in self.tensors().items():
                tensor.copy_(kept[name])
        return graph.replay


def _clip(member: nn.Module) -> None:
    """Limit the norm of the gradient; one that is beyond all numbers counts as zero."""
    gradients = [p.grad for p in member.parameters() if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    factor = torch.where(norm.isfinite(), (CLIP / (norm + 1e-6)).clamp(max=1), 0)
    for gradient in gradients:
        gradient.mul_(factor).nan_to_num_(0, 0, 0)
