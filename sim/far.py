"""Vectors and states that reach what uniform numbers hardly do: both ends of the sums of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.cells import State, Step
from pascaline.golden.network import Golden
from pascaline.golden.rounding import Integers
from pascaline.spec.design import Design
from pascaline.spec.entry import Vectors
from pascaline.spec.formats import Interval

__all__ = ["far_states", "far_vectors", "farthest"]

NOISE = (0.0, 0.02, 0.2)
"""How far an element may be from where it is wanted, as a share of its range."""

ALL_THE_WAY = 0.4
"""How often a sum is at an end of its range."""

STEADY = 0.5
"""How often all vectors of a sequence have the same aim, so that a state goes as far as it can."""


@dataclass(frozen=True)
class _Aim:
    """A row of a layer's gates, and how far its sum is to go: to 1 or -1, the ends of its range."""

    row: int
    share: float

    @staticmethod
    def draw(rng: np.random.Generator, design: Design, layer: int) -> _Aim:
        share = rng.choice((-1.0, 1.0)) if rng.random() < ALL_THE_WAY else rng.uniform(-1, 1)
        return _Aim(int(rng.integers(design.network.layers[layer].rows)), float(share))


def far_vectors(seed: int, design: Design, steps: int) -> Integers:
    """Draw vectors with which sums of rows are anywhere in their ranges, often at an end.

    Each is drawn for one row of the first layer. Where inputs are symbols, vectors are those of
    `Entry.draw`.

    Parameters
    ----------
    seed : int
        Of the numbers. The row of the first vector, and how far its sum goes, are those of the
        state of the first layer that `far_states` draws: what is made of both goes further.
    design : Design
        The design.
    steps : int
        How many.

    Returns
    -------
    ndarray of int, shape (steps, inputs)
        In the format of the inputs.
    """
    entry, rng = design.entry, np.random.default_rng([seed, 1])
    if not isinstance(entry, Vectors):
        return entry.draw(rng, steps)
    aim, steady = _first(seed, design), rng.random() < STEADY
    vectors = []
    for _ in range(steps):
        vectors.append(_toward(rng, design, 0, "input", aim))
        aim = aim if steady else _Aim.draw(rng, design, 0)
    return np.stack(vectors)


def far_states(seed: int, design: Design) -> tuple[State, ...]:
    """Draw a state of each layer: h as in `far_vectors`, what else is carried of any magnitude.

    Parameters
    ----------
    seed : int
        Of the numbers.
    design : Design
        The design.

    Returns
    -------
    tuple of State
        Each of shape (1, hidden).
    """
    rng, states = np.random.default_rng([seed, 2]), []
    for index, layer in enumerate(design.network.layers):
        aim = _Aim.draw(rng, design, index) if index else _first(seed, design)
        h = _toward(rng, design, index, "state", aim)[None]
        c = h[:, :0] if layer.carried is None else _any(rng, layer.carried.interval, h.shape)
        states.append(State(h, c))
    return tuple(states)


def farthest(design: Design, seeds: Sequence[int], steps: int, *, given: bool) -> list[int]:
    """Of these seeds, those whose sequences take a row's scaled sum farthest, either way.

    Parameters
    ----------
    design : Design
        The design.
    seeds : sequence of int
        Of `far_vectors`, and of `far_states`.
    steps : int
        Vectors of each sequence.
    given : bool
        Whether sequences start from `far_states`; else from zero.

    Returns
    -------
    list of int
        Two at most for each row of each direction of each layer.
    """
    model = design.model
    found: dict[tuple[int, int, int, int], tuple[int, int]] = {}

    def watch(layer: int, direction: int, _number: int, step: Step) -> None:
        tensors = model.directions[layer][direction]
        total = sum(tensors[f"scale_{name}"] * sums for name, sums in step.sums.items())
        for end in (1, -1):
            place = np.argmax(end * total, axis=0)
            reached = np.max(end * total, axis=0)
            for row, (at, far) in enumerate(zip(place.tolist(), reached.tolist(), strict=True)):
                key = layer, direction, row, end
                found[key] = max(found.get(key, (far, seeds[at])), (far, seeds[at]))

    states = [far_states(seed, design) for seed in seeds] if given else []
    state = [
        State(np.concatenate([one.h for one in layer]), np.concatenate([one.c for one in layer]))
        for layer in zip(*states, strict=True)
    ]
    vectors = [far_vectors(seed, design, steps) for seed in seeds]
    Golden(model).run(vectors, state or None, watch=watch)
    return sorted({seed for _, seed in found.values()})


def _first(seed: int, design: Design) -> _Aim:
    return _Aim.draw(np.random.default_rng([seed, 0]), design, 0)


def _toward(
    rng: np.random.Generator, design: Design, index: int, vector: str, aim: _Aim
) -> Integers:
    """A vector whose sum in a row, scaled, is near an aim."""
    layer = design.network.layers[index]
    count = design.network.layer_inputs(index) if vector == "input" else layer.hidden
    values = design.network.layer_x(index) if vector == "input" else layer.h
    weights = _weights(design, index, vector, aim.row, count)
    signs = np.where(weights == 0, rng.choice((-1, 1), count), np.sign(weights))
    interval = values.interval
    middle, half = (interval.hi + interval.lo) / 2, (interval.hi - interval.lo) / 2
    noise = rng.choice(NOISE) * rng.uniform(-1, 1, count)
    return _in(interval, middle + half * (aim.share * signs + noise))


def _weights(design: Design, index: int, vector: str, row: int, count: int) -> Integers:
    """What a row of a layer multiplies a vector by, up to a factor; ones if it has no weights."""
    tensors, at = design.model.tensors, f"layers.{index}."
    for operand in design.network.layers[index].operands:
        weights = tensors.get(f"{at}weight_{operand.name}")
        if operand.vector == vector and weights is not None:
            place = row % len(weights)
            sign = int(np.sign(tensors[f"{at}scale_{operand.name}"][place]))
            met: Integers = sign * weights[place]
            return met
    return np.ones(count, dtype=np.int64)


def _any(rng: np.random.Generator, interval: Interval, shape: tuple[int, ...]) -> Integers:
    """Numbers of all magnitudes: small ones as often as large ones."""
    reach = np.exp2(rng.uniform(0, np.log2(interval.magnitude + 1), shape))
    return _in(interval, rng.choice((-1, 1), shape) * reach)


def _in(interval: Interval, numbers: NDArray[np.float64]) -> Integers:
    """The nearest integers of an interval."""
    nearest: Integers = np.clip(np.rint(numbers), interval.lo, interval.hi).astype(np.int64)
    return nearest
