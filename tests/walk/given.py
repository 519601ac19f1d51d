"""Files that the documentation takes for granted: a user's own."""

import math
import shutil
import struct
import wave
from pathlib import Path

import numpy as np

from tests.walk.pages import ROOT

__all__ = ["give"]

INPUTS, HIDDEN = 10, 8
"""Of the network to learn from, and of its data."""


def give(place: Path) -> None:
    """Write a model, sounds, recordings of two classes, and a network with data to learn from."""
    rng = np.random.default_rng(0)
    shutil.copy(ROOT / "models" / "digits-ternary.safetensors", place / "mine.safetensors")
    for name, seconds in (("three.wav", 0.5), ("many.wav", 3.0)):
        _tone(place / name, seconds)
    for name, rise in (("falling", -1), ("rising", 1)):
        folder = place / "recordings" / name
        folder.mkdir(parents=True)
        for index in range(20):
            ramp = rise * np.linspace(-1, 1, 8)[:, None]
            np.save(folder / f"{index}.npy", ramp + rng.normal(0, 0.1, (8, 2)))
    (place / "DATA").mkdir()
    for index in range(10):
        np.save(place / "DATA" / f"{index}.npy", rng.uniform(-1, 1, (20, INPUTS)))
    shapes = {"weight_ih": (INPUTS,), "weight_hh": (HIDDEN,), "bias_ih": (), "bias_hh": ()}
    tensors = {
        f"lstm.{name}_l0": rng.normal(0, 0.4, (4 * HIDDEN, *shape))
        for name, shape in shapes.items()
    }
    np.savez(place / "teacher.npz", **tensors)


def _tone(path: Path, seconds: float) -> None:
    """A sound of 8 kHz."""
    count = int(8000 * seconds)
    values = (int(9000 * math.sin(0.3 * k) * math.sin(math.pi * k / count)) for k in range(count))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, count, "NONE", ""))
        file.writeframes(struct.pack(f"<{count}h", *values))
