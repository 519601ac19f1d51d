"""Hostile files of PyTorch."""

from __future__ import annotations

from pathlib import Path
from random import Random

from pascaline.cli.hostile.places import broken, written
from pascaline.importers.tensorfiles.mutations import strange_state
from pascaline.measure.hostile import Attempt

__all__ = ["draw_pt"]


def draw_pt(rng: Random, folder: Path) -> Attempt:
    """A state_dict."""
    name, content = strange_state(rng)
    if rng.random() < 0.3:
        name, content = broken(content, rng)
    return written(rng, folder / "x.pt", name, content)
