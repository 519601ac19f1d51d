"""An HDF5 file, read with care.

Only what is asked for is read, after a look at its shape; links that lead out of the file, data
kept elsewhere and filters that would be loaded from elsewhere are refused. Another process reads
the whole file first (`importers.keras.walk`): on damage the HDF5 library may never come back.
"""

from __future__ import annotations

import io
import math
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pascaline.importers.freeze import Reals
from pascaline.importers.keras import walk
from pascaline.importers.keras.walk import LARGEST, is_inside
from pascaline.spec.errors import InputError

__all__ = ["LARGEST", "Hdf5"]

PATIENCE = 30
"""Seconds after which a file is given up: large ones are read in one or two."""


class Hdf5:
    """The content of an HDF5 file.

    Parameters
    ----------
    thing : str
        What it is called in messages.
    content : bytes
        All of it.

    Raises
    ------
    InputError
        If h5py is not installed, or if this is no HDF5 file. All methods raise it for what is
        damaged or forbidden.
    """

    def __init__(self, thing: str, content: bytes) -> None:
        try:
            import h5py
        except ModuleNotFoundError:
            raise InputError(thing, "needs h5py (pip install pascaline[keras])") from None
        self.thing, self._h5py = thing, h5py
        _walk(thing, content)
        with self._guarded():
            self._root = h5py.File(io.BytesIO(content), "r")

    def names(self, path: str) -> list[str] | None:
        """Names in a group; ``None`` if there is no such group."""
        with self._guarded():
            found = self._find(path)
            return [str(name) for name in found] if isinstance(found, self._h5py.Group) else None

    def texts(self, path: str, name: str) -> list[str] | None:
        """The texts of an attribute; ``None`` if there is no such attribute."""
        with self._guarded():
            found = self._find(path)
            if found is None or name not in found.attrs:
                return None
            kept = found.attrs.get_id(name)
            if math.prod(kept.shape or ()) * kept.dtype.itemsize > LARGEST:
                raise InputError(f"{self.thing}: {name}", f"must have at most {LARGEST} bytes")
            values = np.ravel(found.attrs[name])
            return [one.decode() if isinstance(one, bytes) else str(one) for one in values]

    def shape(self, path: str) -> tuple[int, ...] | None:
        """The shape of a variable; ``None`` if there is no such variable."""
        with self._guarded():
            found = self._find(path)
            is_dataset = isinstance(found, self._h5py.Dataset)
            return tuple(found.shape or ()) if is_dataset else None

    def numbers(self, path: str) -> Reals:
        """A variable, in float64; bfloat16 is understood."""
        with self._guarded():
            found = self._find(path)
            if not is_inside(found):
                self._refuse(path, "must be kept in the file itself, without filters of others")
            if found.size > LARGEST:
                self._refuse(path, f"must have at most {LARGEST} numbers", found.size)
            # Keras writes bfloat16 as two bytes that HDF5 knows nothing about.
            kind, is_brain = found.dtype.kind, found.dtype.str == "|V2"
            if kind not in "fiu" and not is_brain:
                self._refuse(path, "must hold real numbers", str(found.dtype))
            values = np.asarray(found[()])
        if is_brain:
            bits = values.view("<u2").astype(np.uint32) << 16
            values = bits.view(np.float32).reshape(values.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            reals: Reals = values.astype(np.float64)
        return reals

    def _find(self, path: str) -> Any:
        """The group or dataset at a path, if there is any; every link on the way is in the file."""
        found = self._root
        for part in filter(None, path.split("/")):
            if not isinstance(found, self._h5py.Group) or part not in found:
                # A link that leads nowhere, or out of the file, is not "in" a group.
                link = found.get(part, getlink=True) if hasattr(found, "get") else None
                if link is not None and not isinstance(link, self._h5py.HardLink):
                    self._refuse(path, "must not be a link")
                return None
            if not isinstance(found.get(part, getlink=True), self._h5py.HardLink):
                self._refuse(path, "must not be a link")
            found = found[part]
        return found

    def _refuse(self, path: str, rule: str, value: object = None) -> None:
        raise InputError(f"{self.thing}: {path}", rule, value)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Errors of the library become one line."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            # HDF5 reports damage by whatever exception h5py has for the code of its error.
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise InputError(self.thing, f"must be an HDF5 file ({reason})") from None


def _walk(thing: str, content: bytes) -> None:
    """Raise `InputError` if reading all of the file does not end, or ends the process."""
    # -P: modules beside the program are not those that it imports.
    command = [sys.executable, "-P", str(Path(walk.__file__))]
    nowhere = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, input=content, stdout=nowhere, stderr=nowhere, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        rule = f"must be an HDF5 file (reading it did not end in {PATIENCE} s)"
        raise InputError(thing, rule) from None
    if done.returncode < 0:
        raise InputError(thing, "must be an HDF5 file (the HDF5 library crashes on it)")
