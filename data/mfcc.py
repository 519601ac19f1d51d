"""Features of sound: mel-frequency cepstral coefficients, 13 a frame of 25 ms.

Of the sound at 8000 Hz, ``s[n]`` from -1 to 1, without the silence at its ends (samples of
magnitude 1e-6 or less), frame k is centred on sample 200 k; beyond the ends the sound is
mirrored, the first and the last sample not twice. There are ``1 + len(s) // 200`` frames:

    p[k, f] = | sum_n s[200 k + n - 200] * hann[n] * exp(-2 pi i f n / 400) | ** 2
    e[k, m] = sum_f p[k, f] * mel[f, m]
    d[k, m] = max(10 log10(max(e[k, m], 1e-10)), top - 80)
    c[k, j] = sum_m d[k, m] * cos(pi j (m + 1/2) / 128) * sqrt(2 / 128)

with n from 0 to 399, f from 0 to 200 (20 Hz apart), ``hann[n] = (1 - cos(2 pi n / 400)) / 2``, m
from 0 to 127, j from 0 to 12, and c[k, 0] divided by sqrt(2). ``top`` is the largest
``10 log10(e)`` of the whole sound. ``mel`` is 128 triangles whose corners are equally far apart on
the scale ``2595 log10(1 + f / 700)`` from 0 to 4000 Hz, with height 1; some of the lowest lie
between two frequencies and are 0. There are no deltas, no liftering and no mean is taken away.

The formula is that of Davis and Mermelstein (1980), with the numbers that torchaudio's ``MFCC``
has by default. That the features of the data sets ``digits`` and ``connected`` were made so is
inferred, see docs/own.md: their package has no sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pascaline.data.parts import Features
from pascaline.data.wav import read_wav
from pascaline.spec.errors import InputError

__all__ = ["COEFFICIENTS", "HOP", "RATE", "Heard", "hear", "mfcc", "wav_features"]

RATE = 8000
"""Samples a second."""

WINDOW, HOP = 400, 200
"""Samples of a frame, and from one frame to the next."""

BANDS, COEFFICIENTS = 128, 13

SILENT = 1e-6
"""Magnitude of a sample of silence, which is less than one of 16 bits can be."""

LEAST, BELOW = 1e-10, 80.0
"""The smallest power of a band, and how many dB below the loudest one it may be."""

BLOCK = 1024
"""Frames at once."""


def mfcc(samples: ArrayLike) -> Features:
    """Features of a sound at `RATE`, a row for each frame.

    Parameters
    ----------
    samples : array_like
        (samples,), real numbers from -1 to 1.

    Returns
    -------
    Features
        (1 + len(samples) // 200, 13), of what is left between silence at its ends; computed in
        64 bits and rounded to 32.

    Raises
    ------
    InputError
        If there are fewer than 201 samples between the silence at the ends.

    Examples
    --------
    >>> mfcc(np.sin(np.arange(4000))).shape
    (21, 13)
    """
    sound = _trimmed(np.asarray(samples, dtype=np.float64))
    padded = np.pad(sound, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    hann = (1 - np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)) / 2
    triangles = _triangles()
    levels = np.empty((len(frames), BANDS))
    for start in range(0, len(frames), BLOCK):
        spectrum = np.fft.rfft(frames[start : start + BLOCK] * hann, axis=1)
        power = (np.abs(spectrum) ** 2) @ triangles
        levels[start : start + BLOCK] = 10 * np.log10(np.maximum(power, LEAST))
    np.maximum(levels, levels.max() - BELOW, out=levels)
    return (levels @ _cosines()).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Heard:
    """What was heard in a file of sound.

    Attributes
    ----------
    features : Features
        (frames, 13), as of `mfcc`.
    silence : tuple of float
        Seconds at the start and at the end of the file that have no features.
    """

    features: Features
    silence: tuple[float, float]


def hear(path: Path) -> Heard:
    """Features of a WAV file, and the silence around them.

    Raises
    ------
    InputError
        As `data.wav.read_wav` and `mfcc`; the file is named.
    """
    samples = read_wav(path).at(RATE).samples
    try:
        features = mfcc(samples)
    except InputError as error:
        raise InputError(str(path), error.rule, error.value) from None
    first, end = _heard(samples)
    return Heard(features, (first / RATE, (len(samples) - end) / RATE))


def wav_features(path: Path) -> Features:
    """Features alone, see `hear`."""
    return hear(path).features


def _heard(sound: NDArray[np.float64]) -> tuple[int, int]:
    """Where the sound begins between silence at the ends, and where it ends."""
    heard = np.flatnonzero(np.abs(sound) > SILENT)
    return (int(heard[0]), int(heard[-1]) + 1) if len(heard) else (0, 0)


def _trimmed(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    first, end = _heard(sound)
    if end - first <= WINDOW // 2:
        rule = f"must have at least {WINDOW // 2 + 1} samples at {RATE:,} Hz that are not silence"
        raise InputError("sound", rule, end - first)
    return sound[first:end]


def _triangles() -> NDArray[np.float64]:
    """``mel``, (201, 128)."""
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    frequency = np.linspace(0, RATE / 2, WINDOW // 2 + 1)[:, None]
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (frequency - left) / (middle - left), (right - frequency) / (right - middle)
    found: NDArray[np.float64] = np.clip(np.minimum(rising, falling), 0, None)
    return found


def _cosines() -> NDArray[np.float64]:
    """(128, 13), of which the columns are orthonormal."""
    place, order = np.arange(BANDS)[:, None] + 0.5, np.arange(COEFFICIENTS)
    waves: NDArray[np.float64] = np.cos(np.pi * order * place / BANDS) * np.sqrt(2 / BANDS)
    waves[:, 0] /= np.sqrt(2)
    return waves
