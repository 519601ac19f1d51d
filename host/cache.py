"""The cache: what takes long to make is kept by the content of all that it is made of.

An entry is a folder of files, named after a hash of what it depends on: inputs, options, versions
of tools. It is made in a folder beside it and renamed, so it is there whole or not at all. A list
of checksums in it is compared with the files whenever it is used; an entry that is damaged is made
again. Of processes that want the same one, the first makes it and the others wait for it; when the
first is killed, the next one does.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pascaline.spec.folders import build_folder
from pascaline.spec.scratch import locked, scratch, sweep_once

__all__ = ["kept", "recalled", "remembered"]

CONTENTS = "contents.txt"
"""The file of an entry that lists the others: checksum, ``x`` if it can be run, and name."""

RESULT = "result.json"

LAYOUT = "1"
"""Of entries; a part of each key."""

Identity = Iterable[str | bytes]
"""All that an entry depends on."""


def kept(
    cache: Path, identity: Identity, make: Callable[[Path], object], *, name: str = ""
) -> Path:
    """The folder of what ``make`` has made, now or in an earlier call.

    Parameters
    ----------
    cache : Path
        Folder of all entries.
    identity : iterable of str or bytes
        All that the files depend on, versions of tools among it.
    make : callable
        Writes the files into an empty folder. If it raises, nothing is kept.
    name : str
        Stands before the key in the name of the folder, for people.

    Returns
    -------
    Path
        Absolute. The files must not be changed.
    """
    entry = _entry(cache, identity, name)
    _tidy(cache)
    if _sound(entry):
        return entry
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache, entry.name):
        if not _sound(entry):
            with scratch(cache) as folder:
                made = folder / "made"
                made.mkdir()
                make(made)
                (made / CONTENTS).write_text(_contents(made), encoding="utf-8")
                if entry.exists():
                    entry.rename(folder / "damaged")
                made.rename(entry)
    return entry


def remembered(
    cache: Path, identity: Identity, make: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What ``make`` returns, plain values, from an earlier call if there was one; see `kept`."""

    def write(folder: Path) -> None:
        (folder / RESULT).write_text(json.dumps(make()), encoding="utf-8")

    return _read(kept(cache, identity, write))


def recalled(cache: Path, identity: Identity) -> dict[str, Any] | None:
    """What `remembered` has kept, without waiting for it; None if there is nothing yet."""
    entry = _entry(cache, identity, "")
    _tidy(cache)
    return _read(entry) if _sound(entry) else None


def _tidy(cache: Path) -> None:
    """Remove what killed runs have left in this cache and in the others, once in a process."""
    sweep_once(cache)
    _tidy_all(build_folder())


@functools.cache
def _tidy_all(build: Path) -> None:
    with suppress(OSError):
        for place in build.iterdir():
            sweep_once(place)


def _entry(cache: Path, identity: Identity, name: str) -> Path:
    total = hashlib.sha256()
    for part in (LAYOUT, *identity):
        content = part.encode() if isinstance(part, str) else part
        total.update(f"{len(content)} ".encode() + content)
    return cache.resolve() / "-".join(filter(None, [name, total.hexdigest()[:32]]))


def _sound(entry: Path) -> bool:
    """Whether an entry is there and has the files that it was made with."""
    try:
        return (entry / CONTENTS).read_text(encoding="utf-8") == _contents(entry)
    except (OSError, ValueError):
        return False


def _contents(entry: Path) -> str:
    lines = []
    for file in sorted(entry.iterdir()):
        if file.name != CONTENTS:
            runs = "x" if file.stat().st_mode & 0o100 else "-"
            lines.append(f"{hashlib.sha256(file.read_bytes()).hexdigest()} {runs} {file.name}\n")
    return "".join(lines)


def _read(entry: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((entry / RESULT).read_text(encoding="utf-8"))
    return found
