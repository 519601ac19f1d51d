"""The integer network beside the float one: noise, saturation and decisions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pascaline.golden.cells import Step
from pascaline.golden.network import Golden
from pascaline.importers.calibrate.reference import COMPARED, Reference
from pascaline.importers.freeze import Reals
from pascaline.importers.modules import CELLS
from pascaline.importers.modules.module import Module
from pascaline.spec.cells.layer import Layer
from pascaline.spec.formats import Format, Interval
from pascaline.spec.model import Model

__all__ = ["Comparison", "Ratio", "compare", "decisions", "formats_of", "module_for"]

BEST = 200.0
"""Decibels that stand for no noise at all."""


@dataclass
class Ratio:
    """Power of a signal and of the noise in it."""

    signal: float = 0.0
    noise: float = 0.0

    def add(self, exact: Reals, found: Reals, weight: float = 1.0) -> None:
        """Count more values, so many times."""
        self.signal += weight * float(np.square(exact).sum())
        self.noise += weight * float(np.square(found - exact).sum())

    @property
    def decibels(self) -> float:
        """The signal-to-noise ratio; at most `BEST`."""
        if not self.noise:
            return BEST
        if not self.signal:
            return -BEST
        return min(BEST, 10 * math.log10(self.signal / self.noise))


@dataclass
class Share:
    """How many of all values have some property."""

    count: int = 0
    total: int = 0

    def add(self, found: NDArray[np.bool_]) -> None:
        """Count more values."""
        self.count += int(np.count_nonzero(found))
        self.total += found.size

    @property
    def part(self) -> float:
        """From 0 to 1; 0 of nothing."""
        return self.count / self.total if self.total else 0.0


@dataclass
class Comparison:
    """What was found.

    Attributes
    ----------
    signals : dict of (int, str) to Ratio
        By layer and intermediate, one of `reference.COMPARED`; both directions together.
    results : Ratio
        Of logits, or of the outputs of a network without a head.
    decisions : Share
        Results whose largest element is where the float network has it; of a single logit, those of
        the same sign.
    limits : dict of (int, str, str) to Share
        By layer, format and intermediate, values at an end of the format; if they were asked for.
    x : Share
        Inputs that are cut by the format of x.
    """

    signals: dict[tuple[int, str], Ratio] = field(default_factory=dict)
    results: Ratio = field(default_factory=Ratio)
    decisions: Share = field(default_factory=Share)
    limits: dict[tuple[int, str, str], Share] = field(default_factory=dict)
    x: Share = field(default_factory=Share)

    @property
    def snr(self) -> float:
        """That of h of the last layer, in decibels."""
        return self.signals[max(layer for layer, _ in self.signals), "h"].decibels

    @property
    def agreement(self) -> float:
        """Percent of decisions that are the same."""
        return 100 * self.decisions.part


def compare(
    model: Model,
    found: Iterable[Reference],
    *,
    limits: bool = False,
    done: Callable[[int], None] = lambda count: None,
) -> Comparison:
    """Run the golden model on what the float network has run on.

    Parameters
    ----------
    model : Model
        The integer network.
    found : iterable of Reference
        The float network's signals.
    limits : bool
        Whether values at the ends of formats are counted, too.
    done : callable
        Gets the number of sequences that are finished, after every batch.
    """
    made, finished = Comparison(), 0
    with_logits = _with_logits(model)
    unit = float(model.card["logit_unit"]) if model.network.head else model.network.layer.h.lsb
    golden = Golden(with_logits)
    # The products of a step are small: threads would wait for each other.
    with threadpool_limits(1, user_api="blas"):
        for one in found:
            _compare_batch(golden, model, one, made, limits=limits, unit=unit)
            finished += len(one.results)
            done(finished)
    return made


def decisions(results: Reals) -> NDArray[np.int64]:
    """The place of the largest element of each result, or of a single one whether it is over 0."""
    if results.shape[-1] == 1:
        return (results[..., 0] > 0).astype(np.int64)
    return np.asarray(np.argmax(results, axis=-1), dtype=np.int64)


def module_for(layer: Layer) -> Module:
    """The module of a layer."""
    options = {key: getattr(layer, key) for key in next(iter(type(layer).forms.values()))}
    return CELLS[layer.kind](**options)


def formats_of(layer: Layer) -> dict[str, Format]:
    """Formats of a layer's signals by their fields."""
    return {name: getattr(layer, name) for name in module_for(layer).signals}


def _with_logits(model: Model) -> Model:
    network = model.network
    if network.head is None:
        return model
    head = network.head.model_copy(update={"output": "logits"})
    return replace(model, network=network.model_copy(update={"head": head}))


def _compare_batch(
    golden: Golden, model: Model, one: Reference, made: Comparison, *, limits: bool, unit: float
) -> None:
    layers, x, active = model.network.layers, model.network.x, one.batch.active
    whole = active.all()
    units = [_units(layer) for layer in layers]
    pre_ends = [
        (layer.pre.interval.lo * layer.pre.lsb, layer.pre.interval.hi * layer.pre.lsb)
        for layer in layers
    ]
    ends = [_ends(layer) if limits else [] for layer in layers]

    def watch(index: int, direction: int, step: int, seen: Step) -> None:
        now = slice(None) if whole else active[step]
        for name in COMPARED:
            exact = one.signals.get((index, direction, name))
            if exact is not None:
                ratio = made.signals.setdefault((index, name), Ratio())
                values: Reals = getattr(seen, name)[now] * units[index][name]
                wanted = exact[step][now]
                if name == "pre":
                    wanted = np.clip(wanted, *pre_ends[index])
                ratio.add(wanted, values, one.weight)
        for key, name, end in ends[index]:
            if (signal := getattr(seen, name, None)) is not None:
                share = made.limits.setdefault((index, key, name), Share())
                share.add((signal[now] >= end.hi) | (signal[now] <= end.lo))

    sequences = one.batch.sequences
    integers = [x.quantize(sequence) for sequence in sequences]
    for real, integer in zip(sequences, integers, strict=True):
        made.x.add(np.abs(real - integer * x.lsb) > x.lsb)
    results = golden.run(integers, watch=watch).results
    for exact, result in zip(one.results, results, strict=True):
        made.results.add(exact, np.asarray(result * unit), one.weight)
        made.decisions.add(decisions(exact) == decisions(np.asarray(result, dtype=np.float64)))


def _ends(layer: Layer) -> list[tuple[str, str, Interval]]:
    """Formats, intermediates that have them, and the ends of those."""
    signals, formats = module_for(layer).signals, formats_of(layer)
    return [(key, name, form.interval) for key, form in formats.items() for name in signals[key]]


def _units(layer: Layer) -> dict[str, float]:
    """What 1 stands for in each intermediate that is compared."""
    carried = layer.carried
    return {"pre": layer.pre.lsb, "c": carried.lsb if carried else 1.0, "h": layer.h.lsb}
