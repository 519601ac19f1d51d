"""A ``.keras`` file: a zip archive of a configuration and of variables."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

from pascaline.spec.errors import InputError
from pascaline.spec.outside import parsing

__all__ = ["Members", "members_of"]

CONFIG, WEIGHTS = "config.json", "model.weights.h5"

LIMITS = {CONFIG: 1 << 26, WEIGHTS: 1 << 30}
"""Bytes that each member may have when it is unpacked; all that a machine can hold fits."""


class Members(NamedTuple):
    """The two files of an archive that matter.

    Attributes
    ----------
    config : bytes
        JSON of the layers.
    weights : bytes
        HDF5 of the variables.
    """

    config: bytes
    weights: bytes


def members_of(path: Path, content: bytes) -> Members:
    """The members of an archive; its declared sizes are looked at first.

    Raises
    ------
    InputError
        If it is no such archive, or if a member is missing, damaged or too large.
    """
    what = "a zip archive that Keras wrote"
    with parsing(str(path), what), zipfile.ZipFile(io.BytesIO(content)) as archive:
        return Members(*(_member(path, archive, name) for name in (CONFIG, WEIGHTS)))


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        raise InputError(str(path), f"must have {name} in it, as files of Keras 3 have")
    size, limit = archive.getinfo(name).file_size, LIMITS[name]
    if size > limit:
        raise InputError(f"{path}: {name}", f"must have at most {limit} bytes", size)
    return archive.read(name)
