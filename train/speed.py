"""How much faster a fused training step is than the plain loop over time, in the same run."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch

from pascaline.train.feeds import Feed, Sequences, Streams
from pascaline.train.learn import build
from pascaline.train.options import Options
from pascaline.train.steps import Stepper

__all__ = ["WORK", "Speed", "Work", "measure"]


TERNARY = Options()

HADAMARD = Options(
    cell="hadamard", weights="fixed4", head_weights="fixed4", rule="uniform", rectified=True
)


@dataclass(frozen=True)
class Work:
    """What is trained, on random data.

    Parameters
    ----------
    hidden, batch, steps : int
        Sizes of a training step.
    symbols : int or None
        One-hot inputs and a result every step; ``None``: one input, one of ten classes.
    options : Options
        Of the network, by default an LSTM of ternary weights.
    """

    hidden: int
    batch: int
    steps: int
    symbols: int | None = None
    options: Options = TERNARY

    def feed(self, place: torch.device) -> Feed:
        """Random data for a few training steps."""
        rng = np.random.default_rng(0)
        if self.symbols is None:
            inputs = list(rng.integers(0, 128, (2 * self.batch, self.steps, 1)))
            labels = rng.integers(0, 10, 2 * self.batch)
            return Sequences(inputs, labels, batch=self.batch, lsb=1 / 128, seed=0, device=place)
        codes = rng.integers(0, self.symbols, 4 * self.batch * self.steps)
        return Streams(
            codes,
            codes,
            symbols=self.symbols,
            batch=self.batch,
            length=self.steps,
            device=place,
        )


WORK = {
    "pixel": Work(hidden=100, batch=200, steps=784),
    "characters": Work(hidden=512, batch=64, steps=100, symbols=97),
    "copy-1000, hadamard": Work(hidden=128, batch=128, steps=1020, symbols=10, options=HADAMARD),
    "pixel, hadamard": Work(hidden=512, batch=100, steps=784, options=HADAMARD),
}
"""What is measured: the work of the tasks."""


@dataclass(frozen=True)
class Speed:
    """Seconds of a whole training step, the smallest of some."""

    plain: float
    fused: float

    @property
    def ratio(self) -> float:
        """How many times as fast the fused step is."""
        return self.plain / self.fused


def measure(work: Work, place: torch.device, *, repeats: int = 5) -> Speed:
    """Time both ways on the same data, in the same arithmetic, without rounding."""
    return Speed(*(_seconds(work, place, repeats, plain=plain) for plain in (True, False)))


def _seconds(work: Work, place: torch.device, repeats: int, *, plain: bool) -> float:
    torch.manual_seed(0)
    sizes = (1, 10) if work.symbols is None else (work.symbols, work.symbols)
    network = build(
        work.options,
        inputs=sizes[0],
        hidden=work.hidden,
        classes=sizes[1],
        every=bool(work.symbols),
    )
    for part in network.parts:
        part.plain = plain
    stepper = Stepper(network.to(place).train(), work.feed(place))
    best = float("inf")
    # The first step is not timed: it compiles, and records what the others replay.
    for number in range(repeats + 1):
        start = time.perf_counter()
        stepper.step(number, 1e-3)
        stepper.losses[0].item()
        if number:
            best = min(best, time.perf_counter() - start)
    return best
