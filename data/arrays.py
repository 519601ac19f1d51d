"""Files of plain arrays, ``.npz`` and ``.npy``: nothing in them is run.

All that a file says that it holds is compared with what is there before memory is taken for it.
"""

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
from pascaline.spec.outside import LARGEST, content_of, parsing

__all__ = ["Arrays", "Wanted", "npy_array", "npz_arrays", "read_npz", "zip_members"]

Arrays = dict[str, NDArray[Any]]
"""Arrays by name."""

Wanted = Callable[[str], bool]
"""Whether an array of this name is read."""

PACKED, ALWAYS = 100, 64 << 20
"""Times that an archive may be larger when it is unpacked, and bytes that it may always have."""

HEADERS: dict[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}
"""How the header of an array is read, by its version; others are for arrays of records."""


def read_npz(path: Path) -> Arrays:
    """Arrays by name, of an ``.npz`` file; raises `InputError` if it is none."""
    return npz_arrays(path, content_of(path))


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
        If it is no such file, if it holds anything but arrays of numbers, or as `zip_members`.
    """
    arrays: Arrays = {}
    with (
        parsing(str(path), "an npz file of numbers"),
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(io.BytesIO(content)) as file,
    ):
        for info in zip_members(path, file, len(content)):
            name = info.filename.removesuffix(".npy")
            if name in arrays:
                raise ValueError(f"{name} is there twice")
            if wanted(name):
                with file.open(info) as member:
                    arrays[name] = _array(member, info.file_size)
    return arrays


def npy_array(path: Path, content: bytes) -> NDArray[Any]:
    """The array of the content of an ``.npy`` file; raises `InputError` if it is none."""
    with parsing(str(path), "an npy file of numbers"), warnings.catch_warnings(action="ignore"):
        return _array(io.BytesIO(content), len(content))


def zip_members(path: Path, file: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """What is in a zip file of so many bytes.

    Raises
    ------
    InputError
        If all of it is larger than `spec.outside.LARGEST`, or than `PACKED` times the file and
        `ALWAYS`.
    """
    members = file.infolist()
    total, most = sum(info.file_size for info in members), min(LARGEST, max(ALWAYS, PACKED * size))
    if total > most:
        rule = f"must hold at most {most:,} bytes when it is unpacked"
        raise InputError(str(path), rule, f"{total:,}")
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
    content = bytearray(wanted)
    if file.readinto(content) != wanted:  # type: ignore[attr-defined]
        raise ValueError("it ends too early")
    flat = np.frombuffer(content, dtype=kind)
    return flat.reshape(shape, order="F" if columns_first else "C")
