"""Files of Debian packages, read without installing anything.

A ``.deb`` is an ``ar`` archive whose member ``data.tar.xz`` holds the files; large sources are
tarballs again. Everything is read as a stream, in the order of the archive.
"""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Callable, Iterator
from typing import IO

__all__ = ["deb_files", "tar_files"]

MAGIC = b"!<arch>\n"
HEADER = 60
"""Bytes before each member of an ``ar`` archive."""


def deb_files(archive: bytes, wanted: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
    """Names, without a leading ``./``, and open contents of the files that are wanted.

    Each content must be read before the next is asked for.

    Raises
    ------
    ValueError
        If it is no package whose files are packed by xz.
    """
    return tar_files(io.BytesIO(_member(archive, "data.tar.xz")), wanted)


def tar_files(packed: IO[bytes], wanted: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
    """The same for a tarball that is packed by xz."""
    try:
        with tarfile.open(fileobj=packed, mode="r|xz") as tarball:
            for entry in tarball:
                name = entry.name.removeprefix("./")
                if entry.isfile() and wanted(name):
                    content = tarball.extractfile(entry)
                    assert content is not None
                    yield name, content
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise ValueError(f"is no tarball ({error})") from None


def _member(archive: bytes, wanted: str) -> bytes:
    if not archive.startswith(MAGIC):
        raise ValueError("is no ar archive")
    at = len(MAGIC)
    while at + HEADER <= len(archive):
        name, size = archive[at : at + 16], int(archive[at + 48 : at + 58])
        at += HEADER
        if name.decode().strip().rstrip("/") == wanted:
            return archive[at : at + size]
        # Members begin at even places.
        at += size + size % 2
    raise ValueError(f"has no {wanted}")
