"""Files of plain arrays, ``.npz``: nothing in them is run."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.errors import InputError

__all__ = ["Arrays", "file_content", "npz_arrays", "read_npz"]

Arrays = dict[str, NDArray[Any]]
"""Arrays by name."""


def read_npz(path: Path) -> Arrays:
    """Arrays by name, of an ``.npz`` file; raises `InputError` if it is none."""
    return npz_arrays(path, file_content(path))


def file_content(path: Path) -> bytes:
    """All of a file; raises `InputError` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from None


def npz_arrays(path: Path, content: bytes) -> Arrays:
    """Arrays by name, of the content of an ``.npz`` file; ``path`` names it in messages.

    Raises
    ------
    InputError
        If it is no such file, or holds anything but arrays of numbers.
    """
    try:
        file = np.load(io.BytesIO(content), allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise ValueError("it is one array without a name")
        return {name: file[name] for name in file.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(str(path), f"must be an npz file of numbers ({error})") from None
