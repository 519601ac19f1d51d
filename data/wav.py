"""Sound in WAV files: RIFF, with samples of whole numbers or of floats, at any rate."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.data.resample import PASSED, resample
from pascaline.spec.errors import InputError
from pascaline.spec.outside import content_of, parsing

__all__ = ["LARGEST_SOUND", "RATES", "Sound", "read_wav"]

LARGEST_SOUND = 32 << 20
"""Bytes of a file, which become up to eight times as many."""

LONGEST = 600
"""Seconds of a file."""

RATES = range(4000, 384_001)
"""Samples a second that a file may have."""

CHANNELS = range(1, 17)

LOUDEST = 8.0
"""Magnitude of a float: of sound it is 1, and more where something was mixed."""

UNKNOWN = 0x7FFF_0000
"""Programs that write to a pipe do not know how much will come, and say at least so many bytes."""

INTEGERS, FLOATS, EXTENSIBLE = 1, 3, 0xFFFE
"""Tags of formats; the last one has the true tag behind it."""

REST = bytes.fromhex("000000001000800000aa00389b71")
"""Of the 16 bytes that name a format there, those behind the tag."""


@dataclass(frozen=True, eq=False)
class Sound:
    """Sound of one channel.

    Attributes
    ----------
    samples : NDArray[np.float64]
        (samples,), the largest magnitude of whole numbers is 1.
    rate : int
        Samples a second.
    """

    samples: NDArray[np.float64]
    rate: int

    def at(self, rate: int) -> Sound:
        """The same at another rate; what is lost is a warning."""
        if rate == self.rate:
            return self
        kept = PASSED * min(rate, self.rate) / 2
        lost = "there is nothing" if rate > self.rate else "it is lost"
        text = f"sound at {self.rate:,} Hz is brought to {rate:,} Hz: above {kept:,.0f} Hz {lost}"
        warnings.warn(text, UserWarning, stacklevel=2)
        return Sound(resample(self.samples, self.rate, rate), rate)


def read_wav(path: Path) -> Sound:
    """The sound of a WAV file; several channels become their mean, which is a warning.

    Samples are whole numbers of 8 (unsigned), 16, 24 or 32 bits, or floats of 32 or 64.

    Raises
    ------
    InputError
        If it is no such file, is cut off, has no sample, or more than `LONGEST` seconds or
        `LARGEST_SOUND` bytes.
    """
    content = content_of(path, LARGEST_SOUND)
    with parsing(str(path), "a WAV file"):
        kind, data = _chunks(content)
        decode, channels, rate = _format(kind)
        size = channels * decode.size
        if not data or len(data) % size:
            rule = f"must be whole frames of {size} bytes, and at least one"
            raise InputError("data", rule, f"{len(data):,} bytes")
        if (seconds := len(data) / size / rate) > LONGEST:
            raise InputError("data", f"must be at most {LONGEST} s", f"{seconds:,.1f} s")
        samples = decode(data)
    if channels == 1:
        return Sound(samples, rate)
    text = f"sound of {channels} channels: their mean is taken"
    warnings.warn(text, UserWarning, stacklevel=2)
    return Sound(samples.reshape(-1, channels).mean(axis=1), rate)


def _chunks(content: bytes) -> tuple[bytes, bytes]:
    """What describes the samples, and the samples."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError("it does not begin with RIFF and WAVE")
    found: dict[bytes, bytes] = {}
    place = 12
    while place + 8 <= len(content) and b"data" not in found:
        name, size = struct.unpack_from("<4sI", content, place)
        place += 8
        rest = len(content) - place
        if size > rest:
            if name != b"data" or size < UNKNOWN:
                raise ValueError(f"it is cut off: {size:,} bytes of {name!r} are {rest:,}")
            size = rest
        found[name] = content[place : place + size]
        place += size + size % 2
    for name in (b"fmt ", b"data"):
        if name not in found:
            raise ValueError(f"it has no {name.decode().strip()}")
    return found[b"fmt "], found[b"data"]


@dataclass(frozen=True)
class _Decoder:
    """What makes numbers of so many bytes a sample."""

    size: int
    made: Callable[[bytes], NDArray[Any]]

    def __call__(self, data: bytes) -> NDArray[np.float64]:
        return np.asarray(self.made(data), dtype=np.float64)


def _whole(kind: str) -> Callable[[bytes], NDArray[Any]]:
    top = 1 << 8 * np.dtype(kind).itemsize - 1
    return lambda data: np.frombuffer(data, kind) / top


def _unsigned(data: bytes) -> NDArray[Any]:
    return np.frombuffer(data, np.uint8) / 128 - 1


def _three(data: bytes) -> NDArray[Any]:
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return wide.view("<i4")[:, 0] / (1 << 31)


def _real(kind: str) -> Callable[[bytes], NDArray[Any]]:
    def made(data: bytes) -> NDArray[Any]:
        samples = np.frombuffer(data, kind)
        good = np.abs(samples) <= LOUDEST  # NaN is not.
        if not good.all():
            first = int(np.argmin(good))
            rule = f"must be a number, -{LOUDEST:g} to {LOUDEST:g}"
            raise InputError(f"sample {first}", rule, f"{samples[first]:.4g}")
        return samples

    return made


DECODERS = {
    (INTEGERS, 8): _Decoder(1, _unsigned),
    (INTEGERS, 16): _Decoder(2, _whole("<i2")),
    (INTEGERS, 24): _Decoder(3, _three),
    (INTEGERS, 32): _Decoder(4, _whole("<i4")),
    (FLOATS, 32): _Decoder(4, _real("<f4")),
    (FLOATS, 64): _Decoder(8, _real("<f8")),
}
"""By the tag of a format and its bits a sample."""


def _format(kind: bytes) -> tuple[_Decoder, int, int]:
    """What decodes samples, the number of channels, and the rate."""
    tag, channels, rate, _, align, bits = struct.unpack_from("<HHIIHH", kind)
    if tag == EXTENSIBLE:
        tag, rest = struct.unpack_from("<H14s", kind, 24)
        if rest != REST:
            raise ValueError("its format is of another kind")
    if (tag, bits) not in DECODERS:
        rule = "must be whole numbers (1) of 8, 16, 24 or 32 bits, or floats (3) of 32 or 64"
        raise InputError("format", rule, f"{tag} of {bits}")
    if channels not in CHANNELS:
        raise InputError("channels", f"must be 1 to {CHANNELS[-1]}", channels)
    if rate not in RATES:
        raise InputError("rate", f"must be {RATES[0]:,} to {RATES[-1]:,} Hz", rate)
    decode = DECODERS[tag, bits]
    if align != channels * decode.size:
        raise InputError("frame", f"must have {channels * decode.size} bytes", align)
    return decode, channels, rate
