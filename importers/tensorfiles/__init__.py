"""Files that keep tensors by name: a reader for each suffix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pascaline.data.arrays import Wanted, npz_arrays
from pascaline.importers.tensorfiles.checkpoint import Checkpoint
from pascaline.importers.tensorfiles.pickled import read_pickled
from pascaline.importers.tensorfiles.safetensor import read_safetensors

__all__ = ["READERS", "Checkpoint"]


def _read_npz(path: Path, content: bytes, wanted: Wanted) -> Checkpoint:
    return Checkpoint(npz_arrays(path, content, wanted))


READERS: dict[str, Callable[[Path, bytes, Wanted], Checkpoint]] = {
    ".safetensors": read_safetensors,
    ".npz": _read_npz,
    ".pt": read_pickled,
    ".pth": read_pickled,
    ".ckpt": read_pickled,
    ".bin": read_pickled,
    ".pkl": read_pickled,
}
"""How each kind of file is read: its path, for messages, its content, and which tensors."""
