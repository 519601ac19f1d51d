"""What a path can be instead of a file, and other things that all formats have in common."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from pascaline.measure.hostile import Attempt
from pascaline.sim.mutations import BREAKS

__all__ = ["broken", "strange", "written"]

RARE = 0.03
"""Part of the attempts that are strange places."""

STRANGE = ("pipe", "folder", "device", "nothing", "link", "circle", "huge", "empty")


def broken(good: bytes, rng: Random) -> tuple[str, bytes]:
    """The name of a break that needs no format, and what it makes of a file."""
    name = rng.choice(list(BREAKS))
    return name, BREAKS[name](good, rng)


def written(rng: Random, path: Path, mutation: str, content: bytes) -> Attempt:
    """A file with that content; now and then something strange."""
    if rng.random() < RARE:
        return strange(rng, path)
    path.write_bytes(content)
    return Attempt(mutation, path, str(path))


def strange(rng: Random, path: Path) -> Attempt:
    """What is no file, or none to be read."""
    kind = rng.choice(STRANGE)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "link":
        path.symlink_to("/nowhere/at/all")
    elif kind == "circle":
        path.symlink_to(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(40 << 30)
    elif kind == "empty":
        path.touch()
    return Attempt(f"place: {kind}", path, str(path))
