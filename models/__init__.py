"""Small trained models, and some real recordings to try them on."""

from __future__ import annotations

from pathlib import Path

from pascaline.spec.errors import InputError

__all__ = ["SAMPLE", "names", "path"]

FOLDER = Path(__file__).parent

SAMPLE = FOLDER / "digits-sample.npz"
"""Held-out recordings of the data set ``digits`` (CC BY-SA 4.0, see README.md here)."""


def names() -> list[str]:
    """Names of the shipped models, sorted."""
    return sorted(file.stem for file in FOLDER.glob("*.safetensors"))


def path(name: str) -> Path:
    """The file of a shipped model; raises `InputError` if there is none of that name."""
    if name not in names():
        raise InputError("model", "must be the name of a shipped model", name)
    return FOLDER / f"{name}.safetensors"
