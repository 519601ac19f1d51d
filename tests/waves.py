"""WAV files for tests, written byte by byte."""

import struct

import numpy as np

RIFF = bytes.fromhex("000000001000800000aa00389b71")


def tone(count=3000, *, loud=0.4):
    """A tone that rises from 200 Hz, at 8000 Hz, with some noise."""
    n = np.arange(count)
    noise = ((n * n * 7919) % 1009 - 504) / 50000
    return loud * np.sin(2 * np.pi * (200 + n / 4) * n / 8000) * np.sin(np.pi * n / count) + noise


def coded(samples, kind):
    """Samples from -1 to 1 as bytes: ``u1``, ``i2``, ``i3``, ``i4``, ``f4`` or ``f8``."""
    if kind.startswith("f"):
        return np.asarray(samples).astype(f"<{kind}").tobytes()
    bits = 8 * int(kind[1:])
    top = 1 << bits - 1
    numbers = np.clip(np.round(np.ravel(samples) * top), -top, top - 1).astype("<i8")
    if kind == "u1":
        numbers += 128
    return numbers.view(np.uint8).reshape(-1, 8)[:, : bits // 8].tobytes()


def wav(samples, *, rate=8000, kind="i2", extensible=False, before=b"", size=None, **odd):
    """A file of (samples,) or (samples, channels); ``odd`` replaces fields of the format."""
    channels = 1 if np.ndim(samples) == 1 else np.shape(samples)[1]
    width = int(kind[1:])
    data = coded(samples, kind)
    tag = 3 if kind.startswith("f") else 1
    fields = {"tag": 0xFFFE if extensible else tag, "channels": channels, "rate": rate}
    fields |= {"second": rate * channels * width, "align": channels * width, "bits": 8 * width}
    head = struct.pack("<HHIIHH", *(fields | odd).values())
    if extensible:
        head += struct.pack("<HHIH", 22, 8 * width, 0, tag) + RIFF
    length = len(data) if size is None else size
    chunks = _chunk(b"fmt ", head) + before + b"data" + struct.pack("<I", length) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
