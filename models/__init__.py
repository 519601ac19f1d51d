"""Small trained models, and some real recordings to try them on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spec.errors import InputError

__all__ = ["SAMPLE", "Sample", "names", "path", "sample"]

FOLDER = Path(__file__).parent

SAMPLE = FOLDER / "digits-sample.npz"
"""Held-out recordings of the data set ``digits`` (CC BY-SA 4.0, see README.md here)."""


def names() -> list[str]:
    """Names of the shipped models, sorted."""
    return sorted(file.stem for file in FOLDER.glob("*.safetensors"))


def path(name: str) -> Path:
    """The file of a shipped model; raises `InputError` if there is none of that name."""
    if name not in (known := names()):
        raise InputError("model", f"must be one of {', '.join(known)}", name)
    return FOLDER / f"{name}.safetensors"


@dataclass(frozen=True, eq=False)
class Sample:
    """Labelled recordings.

    Attributes
    ----------
    sequences : list of NDArray[np.float32]
        Raw features (steps, 13) of each; `train.preprocess.quantize` makes them integers.
    labels : NDArray[np.int64]
        The digit of each.
    indices : NDArray[np.int64]
        Place of each in the held-out part of the data set.
    """

    sequences: list[NDArray[np.float32]]
    labels: NDArray[np.int64]
    indices: NDArray[np.int64]


def sample() -> Sample:
    """The recordings of `SAMPLE`."""
    with np.load(SAMPLE, allow_pickle=False) as file:
        sequences = np.split(file["features"], np.cumsum(file["lengths"])[:-1])
        return Sample(sequences, file["labels"], file["indices"])
