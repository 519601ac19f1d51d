"""Wrong images of a model, and why each is refused."""

from __future__ import annotations

import random
import zlib

from pascaline.spec.loading import ERRORS, HEADER, packed

__all__ = ["WRONG", "error_code", "wrong_image"]

WRONG = ("flip", "short", "long", "shape")
"""What can be wrong: a bit of it, its end is missing, it goes on, it is that of another shape."""


def error_code(name: str | None) -> int:
    """What ``load_error`` is for a reason."""
    return 0 if name is None else 1 << list(ERRORS).index(name)


def wrong_image(
    kind: str, image: list[int], rng: random.Random, place: int
) -> tuple[list[int], str]:
    """A wrong image, and the reason for which it must be refused; ``place``: the word to flip."""
    words = list(image)
    if kind == "flip":
        place %= len(words)
        words[place] ^= 1 << rng.randrange(32)
        names = {**dict(enumerate(HEADER)), HEADER.index("version"): "magic"}
        return words, names.get(place, "crc")
    if kind == "short":
        return words[: rng.randrange(1, len(words))], "length"
    if kind == "long":
        return words + [rng.getrandbits(32) for _ in range(rng.randrange(1, 9))], "length"
    words[HEADER.index("shape")] ^= 1 << rng.randrange(32)
    words[-1] = zlib.crc32(packed(words[:-1]))
    return words, "shape"
