"""Read all of an HDF5 file, as a program of its own: ``python walk.py < FILE``.

Damage can let the HDF5 library loop for ever, where no exception and no signal of Python gets
through, or crash. Who has seen this program end can read the file, too. It imports nothing of
Pascaline, so that it starts fast.
"""

from __future__ import annotations

import io
import math
import sys
from contextlib import suppress
from typing import Any

LARGEST = 1 << 26
"""Numbers of a variable, and bytes of an attribute."""

FILTERS = {1, 2, 3, 32000}
"""What data may have gone through: deflate, shuffle, checksums, LZF; all are built in."""


def is_inside(found: Any) -> bool:
    """Whether a dataset is kept in the file itself, and nothing is loaded to read it."""
    plist = found.id.get_create_plist()
    filters = {plist.get_filter(index)[0] for index in range(plist.get_nfilters())}
    return not (found.external or found.is_virtual) and filters <= FILTERS


def walk(content: bytes) -> None:
    """Read every attribute and every variable that an import might read."""
    import h5py

    def visit(_: str, found: Any) -> None:
        for name in list(found.attrs):
            kept = found.attrs.get_id(name)
            if math.prod(kept.shape or ()) * kept.dtype.itemsize <= LARGEST:
                _ = found.attrs[name]
        is_read = isinstance(found, h5py.Dataset) and is_inside(found)
        if is_read and found.size <= LARGEST and found.dtype.kind in "fiuV":
            _ = found[()]

    def tried(name: str, found: Any) -> None:
        # What is damaged is told by who reads it.
        with suppress(Exception):
            visit(name, found)

    with h5py.File(io.BytesIO(content), "r") as file:
        tried("", file)
        file.visititems(tried)


if __name__ == "__main__":
    try:
        walk(sys.stdin.buffer.read())
    except Exception:
        sys.exit(1)
