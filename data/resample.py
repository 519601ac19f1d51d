"""Sound at another rate: by a windowed sinc, for any two rates that are whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["PASSED", "resample"]

ZEROS = 64
"""Zero crossings of the sinc on each side."""

SHAPE = 9.0
"""Of the Kaiser window: what is beyond half the lower rate is at least 90 dB down."""

PASSED = 0.91
"""Of half the lower rate, the part up to where nothing is lost; the window takes the rest."""

BLOCK = 256
"""Phases whose weights are computed at once."""


def resample(samples: NDArray[np.float64], rate: int, wanted: int) -> NDArray[np.float64]:
    """Samples of a sound at another rate.

    ``y[n] = sum_k x[k] * c * sinc(c * t) * kaiser(t)`` with ``t = n * rate / wanted - k`` and ``c``
    the cut-off, a part of ``min(1, wanted / rate)``; the window ends `ZEROS` zero crossings away.
    There is silence before the first sample and after the last.

    Parameters
    ----------
    samples : NDArray[np.float64]
        (samples,).
    rate, wanted : int
        Samples a second, of ``samples`` and of the result.

    Returns
    -------
    NDArray[np.float64]
        ``ceil(len(samples) * wanted / rate)`` samples; the same ones if the rates are equal.

    Examples
    --------
    >>> resample(np.ones(441), 44_100, 8000).shape
    (80,)
    """
    if rate == wanted:
        return samples
    common = gcd(rate, wanted)
    up, down = wanted // common, rate // common
    cut = min(1.0, wanted / rate) * (1 + PASSED) / 2
    reach = ceil(ZEROS / cut)
    count = ceil(len(samples) * up / down)
    padded = np.pad(samples, (reach, reach + 1))
    windows = sliding_window_view(padded, 2 * reach + 1)
    made = np.empty(count)
    # Results whose place between two samples is the same have the same weights.
    for phase, weights in enumerate(_weights(min(up, count), up, down, cut, reach)):
        places = made[phase::up]
        places[:] = windows[phase * down // up :: down][: len(places)] @ weights
    return made


def _weights(
    phases: int, up: int, down: int, cut: float, reach: int
) -> Iterator[NDArray[np.float64]]:
    """Of each phase, what samples from ``reach`` before to ``reach`` behind count."""
    for start in range(0, phases, BLOCK):
        part = np.arange(start, min(start + BLOCK, phases)) * down % up / up
        away = part[:, None] - np.arange(-reach, reach + 1)
        inside = np.sqrt(np.clip(1 - (away / reach) ** 2, 0, None))
        yield from cut * np.sinc(cut * away) * np.i0(SHAPE * inside) / np.i0(SHAPE)
