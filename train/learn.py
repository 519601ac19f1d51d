"""A network of the chosen parts, trained: the same seed, the same network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import torch

from pascaline.data.evaluate import Outcome
from pascaline.spec.attention import Attention
from pascaline.spec.cells import transformed
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, silent
from pascaline.spec.tensors import Integers
from pascaline.train.cells import cell_of
from pascaline.train.decoder import Transcriber
from pascaline.train.dictation import Dictation
from pascaline.train.feeds import Feed
from pascaline.train.fit import fit
from pascaline.train.network import Classifier, Layer, pad
from pascaline.train.normalisers import BatchNorm, Normaliser, Scales, Units, WeightNorm
from pascaline.train.options import ORTHOGONAL, Options, Schedule
from pascaline.train.orthogonal import Orthogonal
from pascaline.train.quantisers import Quantiser, quantiser
from pascaline.train.recurrent import Quantisers, Recurrent
from pascaline.train.snapshot import Snapshot
from pascaline.train.standard import LayerNorm, MadNorm
from pascaline.train.steps import Stepper
from pascaline.train.stepwise import StepBatchNorm, Stepwise
from pascaline.train.transform import Signs

__all__ = [
    "NORMALISERS",
    "build",
    "build_transcriber",
    "device",
    "learn",
    "reproducible",
    "run",
    "stack",
]

NORMALISERS: dict[str, type[Normaliser] | type[Stepwise]] = {
    "scale": Scales,
    "batchnorm": BatchNorm,
    "weightnorm": WeightNorm,
    "none": Units,
    "layernorm": LayerNorm,
    "madnorm": MadNorm,
    "stepnorm": StepBatchNorm,
}
"""The normalisers by name."""

RESTATED = 50
"""Batches, at most, from which statistics are taken anew when the weights are frozen."""

CHUNK = 200
"""Steps that are run at once where nothing is learned, if there is a result after each."""

AT_ONCE = 100_000
"""Steps of sequences that are run at once at most, where there are results at the end alone."""


def stack(
    options: Options, *, inputs: int, hidden: int, memory: int | None = None, gain: float = 1.0
) -> list[Layer]:
    """Untrained layers on top of each other; their random start comes from torch's generator.

    Parameters
    ----------
    options : Options
        The cell of each layer, how many directions, weights and normaliser.
    inputs, hidden : int
        Elements of an input of the first layer; hidden units of each direction.
    memory, gain
        As in `train.recurrent.Recurrent`.

    Raises
    ------
    InputError
        If there are no such weights, rules or cells, or no such normaliser for the cell.
    """
    layers: list[Layer] = []
    for name in options.cells:
        sizes = {"inputs": layers[-1].outputs if layers else inputs, "hidden": hidden}
        parts = [
            _direction(options, name, **sizes, memory=memory, gain=gain)
            for _ in range(2 if options.bidirectional else 1)
        ]
        layers.append(Layer(parts))
    return layers


def _direction(
    options: Options, name: str, *, inputs: int, hidden: int, memory: int | None, gain: float
) -> Recurrent:
    """One with a cell of that form."""
    cell, block = cell_of(name), None
    if transformed(name):
        block = options.block or hidden & -hidden
    x, h = options.rules
    return Recurrent(
        cell,
        _quantisers(options, name),
        NORMALISERS["none" if cell.linear else options.normaliser or "scale"],
        inputs=inputs,
        hidden=hidden,
        shared=options.shared_scale is not False and not (block or options.spread),
        memory=memory,
        gain=gain,
        stochastic=(x.stochastic, block is None and h.stochastic),
        block=block,
        cell_norm=options.normalise_cell,
    )


def _quantisers(options: Options, name: str) -> Quantisers:
    """Those of a cell of that form."""
    gates, (x, h) = len(cell_of(name).gates), options.rules
    made = quantiser(x.weights, x.rule, stochastic=x.stochastic, gates=gates)
    if transformed(name):
        return made, Signs(options.sign_pace or 1.0)
    if h.weights == ORTHOGONAL:
        return made, Orthogonal()
    return made, quantiser(h.weights, h.rule, stochastic=h.stochastic, gates=gates)


def build(
    options: Options,
    *,
    inputs: int,
    hidden: int,
    classes: int,
    every: bool = False,
    memory: int | None = None,
    gain: float = 1.0,
    attention: Attention | None = None,
) -> Classifier:
    """An untrained network; its random start comes from torch's generator.

    ``attention`` are the formats of pooling by attention, if that is what ``options`` say.
    """
    layers = stack(options, inputs=inputs, hidden=hidden, memory=memory, gain=gain)
    return Classifier(
        layers,
        classes=classes,
        every=every,
        pooling=options.pooling,
        attention=attention,
        head=_head_quantiser(options),
        rectified=bool(options.rectified),
    )


def build_transcriber(
    options: Options,
    *,
    inputs: int,
    hidden: int,
    classes: int,
    embedding: int,
    most: int,
    h: Format,
) -> Transcriber:
    """An untrained network with a decoder; its random start comes from torch's generator.

    The decoder has the cell of the last layer; ``embedding``, ``most`` and ``h`` are as in
    `train.decoder.Transcriber`.
    """
    layers = stack(options, inputs=inputs, hidden=hidden)
    outputs = layers[-1].outputs
    sizes = {"inputs": embedding + outputs, "hidden": outputs}
    return Transcriber(
        layers,
        _direction(options, options.cells[-1], **sizes, memory=None, gain=1.0),
        classes=classes,
        embedding=embedding,
        most=most,
        h=h,
        head=_head_quantiser(options),
        rectified=bool(options.rectified),
    )


def _head_quantiser(options: Options) -> Quantiser | None:
    """That of the head's weights; none if they are real."""
    if options.head_weights is None:
        return None
    rule = options.head_rule
    if rule is None and options.head_weights.startswith("fixed"):
        return None
    return quantiser(options.head_weights, rule, gates=1)


def device(name: str) -> torch.device:
    """Where to train; raises `InputError` if there is no such device."""
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise InputError("device", "there is no GPU that PyTorch can use", name)
    return torch.device("cuda" if found and name != "cpu" else "cpu")


Learner = TypeVar("Learner", bound=Classifier | Transcriber)
"""What learns."""


def learn(
    network: Callable[[], Learner],
    feed: Callable[[torch.device], Feed],
    options: Options,
    schedule: Schedule,
    *,
    rounding: Network | None = None,
    snapshot: Snapshot | None = None,
    check: Callable[[Learner], object] = lambda network: None,
    progress: Progress = silent,
) -> tuple[Learner, list[tuple[int, float]]]:
    """Build a network, teach it and freeze its weights.

    Parameters
    ----------
    network : callable
        Makes the untrained network.
    feed : callable
        Makes what it learns, on a device.
    options, schedule : Options, Schedule
        The choices.
    rounding, snapshot, progress
        As in `train.fit.fit`.
    check : callable
        Gets the untrained network; what it raises comes before the long work instead of after it.

    Returns
    -------
    Classifier or Transcriber
        The network, on the CPU, in evaluation mode. If weights were drawn in training, they now
        are those of one draw, or deterministic; statistics are taken for these.
    list of tuple
        The learning curve, see `train.fit.fit`.
    """
    place = device(options.device)
    with reproducible(options.seed, place):
        made = network()
        check(made)
        made.to(place)
        if any(part.cell.linear for part in made.parts):
            # Powers of a matrix want all bits.
            torch.set_float32_matmul_precision("highest")
        stepper = _stepper(made, feed(place), options.seed, schedule.dropout)
        curve = fit(stepper, schedule, rounding=rounding, snapshot=snapshot, progress=progress)
        if options.stochastic:
            stepper.freeze(draw=options.draw, batches=RESTATED)
    for part in made.parts:
        noise_x, noise_h = (None if one is None else one.cpu() for one in part.noise)
        part.noise = (noise_x, noise_h)
    made.mask = None
    made.cpu()
    return made, curve


def _stepper(network: Classifier | Transcriber, feed: Feed, seed: int, dropout: float) -> Stepper:
    if isinstance(network, Transcriber):
        return Dictation(network, feed, seed=seed, dropout=dropout)
    return Stepper(network, feed, seed=seed, dropout=dropout)


def run(network: Classifier, inputs: Sequence[Integers], *, lsb: float) -> list[Outcome]:
    """Logits that a network in evaluation mode gives for each of some sequences."""
    found: list[Outcome] = []
    place = network.head.weight.device
    # A piece of a sequence tells nothing of what a backward direction starts from.
    chunk = CHUNK if network.every and len(list(network.parts)) == len(network.stack) else None
    longest = max(map(len, inputs))
    count = 500 if chunk else max(1, min(500, AT_ONCE // longest))
    with torch.no_grad():
        for first in range(0, len(inputs), count):
            sequences = inputs[first : first + count]
            lengths = np.array([len(sequence) for sequence in sequences])
            states, parts = None, []
            for start in range(0, int(lengths.max()), chunk or int(lengths.max())):
                part = [sequence[start:][:chunk] for sequence in sequences]
                x, steps = pad(part, lsb)
                logits, states = network(x.to(place), steps.to(place), states)
                parts.append(logits.cpu().numpy())
            if network.every:
                every = np.concatenate(parts)
                found += [every[:length, index] for index, length in enumerate(lengths)]
            else:
                found += list(parts[0][:, None])
    return found


@contextmanager
def reproducible(seed: int, place: torch.device) -> Iterator[None]:
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
