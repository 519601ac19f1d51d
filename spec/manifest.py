"""A folder that has what one run has written, and no files of the runs before it.

The manifest beside the files lists them with their checksums, as ``sha256sum`` does, so that
``sha256sum -c`` tells whether all are there as they were written. What it lists, and has not been
changed, is replaced or removed by the next run; no other file is ever touched.

Everything is made in a folder within, and then renamed: first a manifest of all that is old or new,
then the new files, then the old ones go, at last the manifest of what is new. So a run that is
killed leaves whole files that the next run knows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from pascaline.spec.errors import InputError
from pascaline.spec.files import check_place, refusing
from pascaline.spec.outside import content_of, text_of
from pascaline.spec.scratch import locked, scratch

__all__ = ["MANIFEST", "write_folder"]

MANIFEST = "pascaline.sha256"
"""Its name."""

LINE = re.compile(r"([0-9a-f]{64})  (?!\.{1,2}$)([^/\0\n]+)")

LARGEST = 1 << 16
"""Bytes of a manifest."""

Entry = tuple[str, str]
"""The name of a file and its checksum."""


def write_folder(folder: Path, files: Mapping[str, bytes | str]) -> list[Path]:
    """Write files into a folder, and remove those of the run before that are not among them.

    A file that already has its content is left alone, so that make's timestamps stay true. Of runs
    at the same time one waits for the other.

    Parameters
    ----------
    folder : Path
        It is made if it is missing.
    files : mapping of str to bytes or str
        Contents by name.

    Returns
    -------
    list of Path
        What has been removed.

    Raises
    ------
    InputError
        If a file is in the way that no run has written, or that has been changed since; or if
        something cannot be written. Then all is as it was.
    """
    contents = {k: one.encode() if isinstance(one, str) else one for k, one in files.items()}
    new = {(name, _checksum(content)) for name, content in contents.items()}
    first = folder / next(iter(files))
    with refusing(first), scratch(folder) as made, locked(folder, "manifest"):
        for name in (*contents, MANIFEST):
            check_place(folder / name)
        old = _read(folder / MANIFEST)
        there = {(name, found) for name, _ in old | new if (found := _found(folder / name))}
        if other := sorted(there - old - new):
            rule = "is in the way: no run has written it so, move it to another place"
            raise InputError(str(folder / other[0][0]), rule)
        for name, content in {**contents, "new": _text(new), "both": _text(old | new)}.items():
            with refusing(folder / name):
                (made / name).write_bytes(content)
        (made / "both").replace(folder / MANIFEST)
        for name, _ in sorted(new - there):
            (made / name).replace(folder / name)
        stale = sorted({name for name, _ in there} - contents.keys())
        for name in stale:
            (folder / name).unlink()
        (made / "new").replace(folder / MANIFEST)
    return [folder / name for name in stale]


def _read(manifest: Path) -> set[Entry]:
    """The entries of a manifest; none if there is no such file."""
    if not manifest.exists():
        return set()
    entries = set()
    for number, line in enumerate(text_of(manifest, LARGEST).splitlines(), start=1):
        if (found := LINE.fullmatch(line)) is None:
            rule = "must be a checksum, two spaces and the name of a file in this folder"
            raise InputError(f"{manifest}: line {number}", rule)
        entries.add((found[2], found[1]))
    return entries


def _text(entries: set[Entry]) -> bytes:
    return "".join(f"{checksum}  {name}\n" for name, checksum in sorted(entries)).encode()


def _found(path: Path) -> str | None:
    """The checksum of a file that is there, nothing if there is none."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return "nothing that a run writes"
    return _checksum(content_of(path)) if path.exists() else None


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
