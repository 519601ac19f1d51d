"""Hostile ``.wav`` files."""

from __future__ import annotations

import struct
from pathlib import Path
from random import Random

from pascaline.cli.hostile.places import broken, written
from pascaline.measure.hostile import Attempt

__all__ = ["draw_wav"]

TAGS, CHANNELS = (0, 1, 2, 3, 6, 7, 0x55, 0xFFFE, 0xFFFF), (0, 1, 2, 3, 16, 17, 0xFFFF)
RATES = (0, 1, 3999, 4000, 7999, 8000, 11_025, 44_100, 383_999, 384_001, 0xFFFF_FFFF)
BITS, ALIGNS = (0, 1, 4, 8, 12, 16, 24, 32, 64, 128, 0xFFFF), (0, 1, 2, 3, 4, 8, 32, 0xFFFF)
SIZES = (0, 1, 3, 16, 40, 0x7FFF_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)

LARGE = (1 << 20, 32 << 20, (32 << 20) + 1)
"""Bytes of samples, now and then."""


def draw_wav(rng: Random, folder: Path) -> Attempt:
    """Sound, whose samples are noise."""
    if rng.random() < 0.3:
        return written(rng, folder / "x.wav", *broken(_file(rng, _usual(rng)), rng))
    fields = _usual(rng)
    chosen = rng.sample(
        ("tag", "channels", "rate", "align", "bits", "samples"), k=rng.choice((1, 2))
    )
    for name, values in (
        ("tag", TAGS),
        ("channels", CHANNELS),
        ("rate", RATES),
        ("align", ALIGNS),
        ("bits", BITS),
    ):
        if name in chosen:
            fields[name] = rng.choice(values)
    many = rng.choice(LARGE) if "samples" in chosen and rng.random() < 0.1 else rng.randrange(9000)
    return written(rng, folder / "x.wav", "+".join(sorted(chosen)), _file(rng, fields, many))


def _usual(rng: Random) -> dict[str, int]:
    """The fields of a file that can be read."""
    bits, channels = rng.choice((8, 16, 24, 32)), rng.choice((1, 1, 2))
    rate = rng.choice((8000, 16_000, 22_050, 44_100))
    align = channels * bits // 8
    return {"tag": 1, "channels": channels, "rate": rate, "align": align, "bits": bits}


def _file(rng: Random, fields: dict[str, int], many: int = 2000) -> bytes:
    """A file with these fields and so many bytes of samples; sizes of chunks are wrong at times."""
    tag, channels, rate, align, bits = fields.values()
    head = struct.pack("<HHIIHH", tag, channels, rate, rate * align % (1 << 32), align, bits)
    if tag == 0xFFFE:
        rest = bytes.fromhex("000000001000800000aa00389b71")
        head += (
            struct.pack("<HHIH", 22, bits, 0, rng.choice((1, 3, 7))) + rest[: rng.choice((14, 5))]
        )
    noise = rng.randbytes(min(many, 10_000))
    data = (noise * (many // max(len(noise), 1) + 1))[:many]
    chunks = [(b"fmt ", head), (b"data", data)]
    if rng.random() < 0.1:
        rng.shuffle(chunks)
    made = b"".join(
        name + struct.pack("<I", rng.choice(SIZES) if rng.random() < 0.05 else len(part)) + part
        for name, part in chunks
    )
    return b"RIFF" + struct.pack("<I", (4 + len(made)) % (1 << 32)) + b"WAVE" + made
