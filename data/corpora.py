"""Corpora: long texts, put together from the files of a package in a fixed way."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator

from pascaline.data.debian import deb_files, tar_files

__all__ = ["austen", "linux"]

LINUX_CHARACTERS = 6_206_996
"""As many as the kernel sources of Karpathy et al. (2015) have."""

LINUX_ALPHABET = {*map(chr, range(32, 127)), "\t", "\n"}
"""Characters that are kept of the kernel sources: printable ASCII, tabs, ends of lines."""

NOVELS = (
    "sensesensibility",
    "prideprejudice",
    "mansfieldpark",
    "emma",
    "northangerabbey",
    "persuasion",
)
"""The six novels in the order of their publication."""

CHARACTERS, STRINGS = 9, 16
"""Types of R: a string, and a vector of strings."""


def linux(deb: bytes) -> str:
    """C sources of ``kernel/`` of the Linux kernel, one after another.

    Files come in the order of the SHA-256 of their names: as good as a random order, and always
    the same, so that the end of the text is like its beginning.
    """
    files = {
        name.partition("/")[2]: content.read().decode(errors="replace")
        for _, tarball in deb_files(deb, lambda name: name.endswith(".tar.xz"))
        for name, content in tar_files(tarball, _is_kernel_source)
    }
    order = sorted(files, key=lambda name: hashlib.sha256(name.encode()).digest())
    text = "".join(files[name] for name in order)
    return "".join(filter(LINUX_ALPHABET.__contains__, text))[:LINUX_CHARACTERS]


def _is_kernel_source(name: str) -> bool:
    return name.split("/")[1:2] == ["kernel"] and name.endswith((".c", ".h"))


def austen(deb: bytes) -> str:
    """Six novels of Jane Austen, line by line as the package ``janeaustenr`` has them."""
    _, database = next(deb_files(deb, lambda name: name.endswith("/data/Rdata.rdb")))
    novels = dict(zip(sorted(NOVELS), map(_strings, _objects(database.read())), strict=True))
    return "".join(f"{line}\n" for name in NOVELS for line in novels[name])


def _objects(database: bytes) -> Iterator[bytes]:
    """Objects of a lazy-load database of R, in the order of their names.

    Each is its size in four bytes, then its serialisation, packed by zlib.
    """
    while database:
        unpacker = zlib.decompressobj()
        yield unpacker.decompress(database[4:])
        database = unpacker.unused_data


def _strings(serialised: bytes) -> list[str]:
    """A vector of strings in version 3 of R's format: flags and lengths, big-endian."""
    (encoding,) = struct.unpack_from(">i", serialised, 14)
    at = 18 + encoding
    kind, count = struct.unpack_from(">Ii", serialised, at)
    if serialised[:2] != b"X\n" or kind & 0xFF != STRINGS:
        raise ValueError("is no vector of strings")
    at, found = at + 8, []
    for _ in range(count):
        kind, length = struct.unpack_from(">Ii", serialised, at)
        if kind & 0xFF != CHARACTERS:
            raise ValueError("is no vector of strings")
        found.append(serialised[at + 8 : at + 8 + length].decode())
        at += 8 + length
    return found
