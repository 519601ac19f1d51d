"""A network of the chosen parts, taught: the same seed, the same network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from spec.tensors import Integers
from train.augment import Augmentation
from train.cells import CELLS
from train.fit import fit
from train.network import Classifier, Recurrent
from train.normalisers import NORMALISERS
from train.options import Options, Schedule
from train.progress import Report, silent
from train.quantisers import QUANTISERS

__all__ = ["build", "learn"]


def build(options: Options, *, inputs: int, classes: int) -> Classifier:
    """An untaught network; its random start comes from torch's generator."""
    layer = Recurrent(
        CELLS["lstm"],
        QUANTISERS[options.weights],
        NORMALISERS[options.normaliser],
        inputs=inputs,
        hidden=options.hidden,
        shared=options.shared_scale,
    )
    return Classifier(layer, classes=classes)


def learn(
    options: Options,
    schedule: Schedule,
    inputs: Sequence[Integers],
    labels: NDArray[np.int64],
    *,
    classes: int,
    lsb: float,
    augment: Augmentation | None = None,
    check: Callable[[Classifier], object] = lambda network: None,
    report: Report = silent,
) -> Classifier:
    """Build a network and teach it.

    Parameters
    ----------
    options, schedule : Options, Schedule
        The choices.
    inputs, labels : sequence of Integers, NDArray[np.int64]
        What to learn.
    classes : int
        How many classes there are.
    lsb : float
        What 1 in ``inputs`` is worth.
    augment : Augmentation, optional
        What happens to a sequence each time that it is learned.
    check : callable
        Gets the untaught network; what it raises comes before the long work instead of after it.
    report : Report
        Told after every batch.
    """
    with _reproducible(options.seed):
        network = build(options, inputs=inputs[0].shape[1], classes=classes)
        check(network)
        rng = np.random.default_rng(options.seed)
        fit(network, inputs, labels, schedule, lsb=lsb, rng=rng, augment=augment, report=report)
    return network


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """Seeded, and in one thread: sums have one order, and matrices this small are fastest so."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
