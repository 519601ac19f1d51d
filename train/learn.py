"""A network of the chosen parts, taught: the same seed, the same network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch

from spec.errors import InputError
from spec.tensors import Integers
from train.evaluate import Outcome
from train.feeds import Feed
from train.fit import fit
from train.network import Classifier, Recurrent, pad
from train.normalisers import BatchNorm, Normaliser, Scales, Units, WeightNorm
from train.options import Options, Schedule
from train.progress import Report, silent
from train.quantisers import quantiser
from train.rounding import Rounding
from train.snapshot import Snapshot
from train.steps import Stepper
from train.stepwise import LayerNorm, StepBatchNorm, Stepwise

__all__ = ["NORMALISERS", "build", "device", "learn", "run"]

NORMALISERS: dict[str, type[Normaliser] | type[Stepwise]] = {
    "scale": Scales,
    "batchnorm": BatchNorm,
    "weightnorm": WeightNorm,
    "none": Units,
    "layernorm": LayerNorm,
    "stepnorm": StepBatchNorm,
}
"""The normalisers by name."""

RESTATED = 50
"""Batches, at most, from which statistics are taken anew when the weights are frozen."""

CHUNK = 200
"""Steps that are run at once where nothing is learned."""


def build(
    options: Options,
    *,
    inputs: int,
    hidden: int,
    classes: int,
    every: bool = False,
    memory: int | None = None,
    gain: float = 1.0,
) -> Classifier:
    """An untaught network; its random start comes from torch's generator."""
    layer = Recurrent(
        quantiser(options.weights, options.rule, stochastic=options.stochastic),
        NORMALISERS[options.normaliser or "scale"],
        inputs=inputs,
        hidden=hidden,
        shared=options.shared_scale is not False,
        memory=memory,
        gain=gain,
    )
    return Classifier(layer, classes=classes, every=every)


def device(name: str) -> torch.device:
    """Where to train; raises `InputError` if there is no such device."""
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise InputError("device", "there is no GPU that PyTorch can use", name)
    return torch.device("cuda" if found and name != "cpu" else "cpu")


def learn(
    network: Callable[[], Classifier],
    feed: Callable[[torch.device], Feed],
    options: Options,
    schedule: Schedule,
    *,
    rounding: Rounding | None = None,
    snapshot: Snapshot | None = None,
    check: Callable[[Classifier], object] = lambda network: None,
    report: Report = silent,
) -> tuple[Classifier, list[tuple[int, float]]]:
    """Build a network, teach it and freeze its weights.

    Parameters
    ----------
    network : callable
        Makes the untaught network.
    feed : callable
        Makes what it learns, on a device.
    options, schedule : Options, Schedule
        The choices.
    rounding, snapshot, report
        As in `train.fit.fit`.
    check : callable
        Gets the untaught network; what it raises comes before the long work instead of after it.

    Returns
    -------
    Classifier
        The network, on the CPU, in evaluation mode. If weights were drawn in training, they now
        are those of one draw, or deterministic; statistics are taken for these.
    list of tuple
        The learning curve, see `train.fit.fit`.
    """
    place = device(options.device)
    with _reproducible(options.seed, place):
        made = network()
        check(made)
        made.to(place)
        stepper = Stepper(
            made,
            feed(place),
            seed=options.seed,
            stochastic=options.stochastic,
            dropout=schedule.dropout,
        )
        curve = fit(stepper, schedule, rounding=rounding, snapshot=snapshot, report=report)
        if options.stochastic:
            stepper.freeze(draw=options.draw, batches=RESTATED)
    if made.layer.noise is not None:
        noise_x, noise_h = made.layer.noise
        made.layer.noise = (noise_x.cpu(), noise_h.cpu())
    made.mask = None
    return made.cpu(), curve


def run(network: Classifier, inputs: Sequence[Integers], *, lsb: float) -> list[Outcome]:
    """Logits that a network in evaluation mode gives for each of some sequences."""
    found: list[Outcome] = []
    place = network.head.weight.device
    with torch.no_grad():
        for first in range(0, len(inputs), 500):
            sequences = inputs[first : first + 500]
            lengths = np.array([len(sequence) for sequence in sequences])
            state, parts = None, []
            for start in range(0, int(lengths.max()), CHUNK):
                part = [sequence[start : start + CHUNK] for sequence in sequences]
                x, _ = pad(part, lsb)
                h, c = network.layer(x.to(place), None, state)
                state = (h[-1], c)
                parts.append(h[1:])
            h = torch.cat(parts)
            for index, length in enumerate(lengths):
                seen = h[:length, index] if network.every else h[length - 1 : length, index]
                found.append(network.head(seen).cpu().numpy())
    return found


@contextmanager
def _reproducible(seed: int, place: torch.device) -> Iterator[None]:
    """Seeded, and in one thread: sums have one order, and matrices this small are fastest so."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(1)
    if place.type == "cuda":
        torch.set_float32_matmul_precision("high")
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(precision)
