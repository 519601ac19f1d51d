"""One training step: forward, backward, Adam. On a GPU it is recorded once and replayed.

What a step does depends on its number, the seed and the state before it alone, so that training
can stop after any step and go on from there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.data import IGNORED
from train.feeds import Feed
from train.network import Classifier
from train.rounding import Rounding

__all__ = ["Stepper"]

CLIP = 1.0
"""Largest norm of a gradient: long sequences have steep places."""

WARM_UP = 3
"""Steps before one is recorded: libraries and kernels get ready in the first ones."""


class Stepper:
    """Teaches a network, step by step.

    Parameters
    ----------
    network : Classifier
        The network, on its device; changed in place.
    feed : Feed
        Where batches come from.
    seed : int
        Of the weights that are drawn.
    stochastic : bool
        Whether weights are drawn.
    dropout : float
        Part of the units that the head does not see.

    Attributes
    ----------
    loss : Tensor
        Mean loss of the last step, in nats; on the device.
    """

    def __init__(
        self,
        network: Classifier,
        feed: Feed,
        *,
        seed: int = 0,
        stochastic: bool = False,
        dropout: float = 0.0,
    ) -> None:
        self.network, self.feed, self._seed, self._dropout = network, feed, seed, dropout
        layer = network.layer
        self.device = layer.shadow_h.device
        self._graphed = self.device.type == "cuda" and not layer.plain
        self._replay: Callable[[], None] | None = None
        self._adam = self._make_adam()
        self.loss = torch.zeros((), device=self.device)
        zeros = layer.shadow_h.new_zeros(feed.batch, layer.hidden)
        self._state = (zeros, zeros.clone()) if feed.carries else None
        if stochastic:
            layer.noise = (torch.zeros_like(layer.shadow_x), torch.zeros_like(layer.shadow_h))
        if dropout:
            network.mask = torch.zeros_like(zeros)

    def round(self, rounding: Rounding | None) -> None:
        """Round activations from now on."""
        if rounding != self.network.layer.rounding:
            self.network.layer.rounding = rounding
            self._replay = None

    def step(self, number: int, rate: float) -> None:
        """Do the training step of that number with a learning rate."""
        self.feed.place(number)
        if self._state is not None and number % self.feed.steps == 0:
            for part in self._state:
                part.zero_()
        self._draw(number)
        for group in self._adam.param_groups:
            if self._graphed:
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        if not self._graphed:
            self._work()
            return
        if self._replay is None:
            self._replay = self._record()
        self._replay()

    def tensors(self) -> dict[str, Tensor]:
        """All that training changes, by name; to be kept, and to be filled to go on."""
        found = dict(self.network.state_dict(keep_vars=True))
        for index, state in enumerate(self._adam.state.values()):
            found |= {f"adam.{index}.{name}": value for name, value in state.items()}
        if self._state is not None:
            found |= {"state.h": self._state[0], "state.c": self._state[1]}
        return found

    def freeze(self, *, draw: bool, batches: int) -> None:
        """Settle the weights, on one draw or deterministically; take statistics for them anew."""
        layer = self.network.layer
        if draw:
            self._draw(-1)
        else:
            layer.noise = None
        layer.normaliser.restart()
        self.network.train()
        state = None
        with torch.no_grad():
            for number in range(min(batches, self.feed.steps)):
                self.feed.place(number)
                batch = self.feed.take()
                h, c = layer(batch.x, batch.lengths, state)
                state = (h[-1], c) if self.feed.carries else None
        self.network.eval()

    def _make_adam(self) -> torch.optim.Adam:
        """Adam, its averages already there."""
        parameters = list(self.network.parameters())
        rate = torch.zeros((), device=self.device) if self._graphed else 0.0
        adam = torch.optim.Adam(parameters, lr=rate, capturable=self._graphed)
        for parameter in parameters:
            parameter.grad = torch.zeros_like(parameter)
        adam.step()
        for state in adam.state.values():
            for value in state.values():
                value.zero_()
        return adam

    def _draw(self, number: int) -> None:
        """Noise and mask of a step."""
        noise, mask = self.network.layer.noise or (), self.network.mask
        if not noise and mask is None:
            return
        seed = np.random.SeedSequence((self._seed, number + 1)).generate_state(1, np.uint64)
        generator = torch.Generator(self.device).manual_seed(int(seed[0]) >> 1)
        for part in noise:
            part.uniform_(generator=generator)
        if mask is not None:
            kept = 1 - self._dropout
            mask.bernoulli_(kept, generator=generator).div_(kept)

    def _work(self) -> None:
        batch = self.feed.take()
        logits, state = self.network(batch.x, batch.lengths, self._state)
        loss = functional.cross_entropy(
            logits.flatten(0, -2), batch.targets.flatten(), ignore_index=IGNORED
        )
        self._adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self._clip()
        self._adam.step()
        self.network.layer.clamp()
        with torch.no_grad():
            self.loss.copy_(loss)
            if self._state is not None:
                for part, after in zip(self._state, state, strict=True):
                    part.copy_(after)

    def _clip(self) -> None:
        """Limit the norm of the gradient; one that is beyond all numbers counts as zero."""
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        factor = torch.where(norm.isfinite(), (CLIP / (norm + 1e-6)).clamp(max=1), 0)
        for gradient in gradients:
            gradient.mul_(factor).nan_to_num_(0, 0, 0)

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
