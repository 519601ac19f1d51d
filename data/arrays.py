"""Files of plain arrays, ``.npz``: nothing in them is run, and none takes more than `LARGEST`."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pascaline.spec.errors import InputError

__all__ = ["LARGEST", "Arrays", "Wanted", "file_content", "npz_arrays", "read_npz", "zip_members"]

Arrays = dict[str, NDArray[Any]]
"""Arrays by name."""

Wanted = Callable[[str], bool]
"""Whether an array of this name is read."""

LARGEST = 2 << 30
"""Bytes that a file may have, and all of what it says that it holds."""

HEADERS: dict[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}
"""How the header of an array is read, by its version; others are for arrays of records."""


def read_npz(path: Path) -> Arrays:
    """Arrays by name, of an ``.npz`` file; raises `InputError` if it is none."""
    return npz_arrays(path, file_content(path))


def file_content(path: Path) -> bytes:
    """All of a file; raises `InputError` if it cannot be read or is larger than `LARGEST`."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise InputError(str(path), f"must have at most {LARGEST:,} bytes", f"{size:,}")
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from None


def npz_arrays(path: Path, content: bytes, wanted: Wanted = lambda name: True) -> Arrays:
    """Arrays by name, of the content of an ``.npz`` file, in its order.

    Parameters
    ----------
    path : Path
        Names it in messages.
    content : bytes
        The content.
    wanted : callable, optional
        Which arrays; by default all.

    Raises
    ------
    InputError
        If it is no such file, if it holds anything but arrays of numbers, or if what it says that
        it holds is larger than `LARGEST`.
    """
    arrays: Arrays = {}
    try:
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(io.BytesIO(content)) as file:
            for info in zip_members(path, file):
                name = info.filename.removesuffix(".npy")
                if name in arrays:
                    raise ValueError(f"{name} is there twice")
                if wanted(name):
                    with file.open(info) as member:
                        arrays[name] = _array(member, info.file_size)
    except InputError:
        raise
    except Exception as error:
        # Which exceptions a damaged file raises is nowhere documented.
        reason = str(error) or type(error).__name__
        raise InputError(str(path), f"must be an npz file of numbers ({reason})") from None
    return arrays


def zip_members(path: Path, file: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """What is in a zip file; raises `InputError` if all of it is larger than `LARGEST`."""
    members = file.infolist()
    total = sum(info.file_size for info in members)
    if total > LARGEST:
        raise InputError(str(path), f"must hold at most {LARGEST:,} bytes", f"{total:,}")
    return members


def _array(file: IO[bytes], size: int) -> NDArray[Any]:
    """An array out of a file of so many bytes."""
    version = npy.read_magic(file)
    if version not in HEADERS:
        raise ValueError("arrays of records are not numbers")
    shape, columns_first, kind = HEADERS[version](file)
    if kind.hasobject:
        raise ValueError("objects are not numbers")
    wanted, rest = math.prod(shape) * kind.itemsize, size - file.tell()
    if wanted != rest or min(shape, default=0) < 0:
        raise ValueError(f"an array {list(shape)} of {kind} has {wanted} bytes, not {rest}")
    flat = np.frombuffer(file.read(), dtype=kind, count=math.prod(shape))
    return flat.reshape(shape, order="F" if columns_first else "C").copy()
