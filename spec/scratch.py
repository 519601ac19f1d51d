"""Folders for what is being made, of which none outlives its owner for long.

A folder stands beside a file of the same name with ``.lock``, on which its owner holds a lock. The
system frees the lock when the owner ends, however it ends, so a lock that can be had tells that the
folder is left over; whoever makes the next folder in the same place removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

__all__ = ["locked", "own_temporary", "refuse_full", "scratch", "sweep", "sweep_once", "temporary"]

ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of what is full, or may be no larger."""

PREFIX = ".pascaline-"
"""Of all names."""

NAME = re.compile(r"(\.pascaline-[0-9a-z_]+)(\.lock)?")

_swept: set[str] = set()
"""Places that this process has looked at."""


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """A new empty folder in ``place``, which is made if it is missing; it is removed at the end.

    Left-over ones of the same place are removed, too.

    Raises
    ------
    OSError
        If there can be no folder, or if something within cannot be written; with its name, or that
        of the place.
    """
    with _new(place) as folder, _naming(place):
        yield folder


@contextmanager
def temporary() -> Iterator[Path]:
    """A new empty folder for temporary files; see `scratch`."""
    with tempfile.TemporaryDirectory() as name, _naming(Path(name).parent):
        yield Path(name)


def refuse_full(folder: Path) -> None:
    """Raise `OSError`, with the name of the folder, if other programs may have had no room in it.

    They may have written a part of a file then, and said nothing. There must be as much room as
    the files in it take: what is free now may have been full of temporary ones.
    """
    found = os.statvfs(folder)
    taken = sum(one.stat().st_size for one in folder.iterdir() if one.is_file())
    if found.f_blocks and found.f_bavail * found.f_frsize < max(taken, found.f_frsize):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


@contextmanager
def _naming(place: Path) -> Iterator[None]:
    """The system does not say which file cannot be written: it is in this place."""
    try:
        yield
    except OSError as error:
        if error.errno in ROOM and error.filename is None:
            error.filename = str(place)
        raise


@contextmanager
def _new(place: Path) -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    sweep_once(place)
    # A name that nobody else has had: of a file that stays, as the lock.
    descriptor, name = tempfile.mkstemp(prefix=PREFIX, suffix=".lock", dir=place)
    folder = Path(name.removesuffix(".lock"))
    os.close(descriptor)
    with _held(Path(name)):
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(place: Path, name: str) -> Iterator[None]:
    """Wait for a lock of that name in a folder: one thread of one process has it at a time."""
    with _held(place / f"{PREFIX}{name}.lock"):
        yield


@contextmanager
def own_temporary() -> Iterator[None]:
    """All temporary files, of this process and of programs that it starts, are in one `scratch`.

    Where there can be no folder for temporary files, whoever needs one is told so.
    """
    before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    with ExitStack() as stack:
        for place in _places():
            with suppress(OSError):
                folder = stack.enter_context(_probed(place))
                tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
                break
        else:
            # Then it is the system that refuses, and says why.
            tempfile.tempdir = variable or "/tmp"
        try:
            yield
        finally:
            tempfile.tempdir = before
            if variable is None:
                os.environ.pop("TMPDIR", None)
            else:
                os.environ["TMPDIR"] = variable


def _places() -> list[Path]:
    """Where temporary files may be, the best first: those of `tempfile`.

    That would try each with a file of any name, which stays if it is killed.
    """
    chosen = [tempfile.tempdir, *(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))]
    named = [*filter(None, chosen), "/tmp", "/var/tmp", "/usr/tmp", "."]
    return [Path(name).absolute() for name in named if Path(name).is_dir()]


@contextmanager
def _probed(place: Path) -> Iterator[Path]:
    """A new folder in a place where there is room for a file."""
    with _new(place) as folder:
        (folder / "probe").write_bytes(b"room")
        (folder / "probe").unlink()
        yield folder


def sweep_once(place: Path) -> None:
    """The first time in this process that a folder is used: see `sweep`."""
    if (name := str(place.absolute())) not in _swept:
        _swept.add(name)
        sweep(place)


def sweep(place: Path) -> None:
    """Remove what is left over in a folder, of owners that have ended."""
    with suppress(OSError):
        names = {found[1] for one in place.iterdir() if (found := NAME.fullmatch(one.name))}
        for name in names:
            with suppress(OSError):
                _remove(place / name)


def _remove(folder: Path) -> None:
    lock = folder.with_name(f"{folder.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(descriptor, lock):
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink()
    finally:
        os.close(descriptor)


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Hold the lock on a file, which is there as long as somebody has it."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_at(descriptor, lock):
            break
        # Whoever had it has removed it, and the next one has made another.
        os.close(descriptor)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), found)
