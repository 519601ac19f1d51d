"""Writing files whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from errno import EISDIR
from pathlib import Path

from pascaline.spec.errors import InputError
from pascaline.spec.scratch import scratch, sweep_once

__all__ = ["beside", "check_place", "refusing", "replacing", "write_atomic"]


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader sees the old one or all of the new one, never a part.

    A file that already has this content is left alone, so that make's timestamps stay true.

    Raises
    ------
    InputError
        If the file cannot be written; nothing is left behind.
    """
    data = content.encode() if isinstance(content, str) else content
    with refusing(path):
        if path.is_file() and path.read_bytes() == data:
            sweep_once(path.parent)  # The run that wrote it may have been killed.
            return
    with replacing(path) as new:
        new.write_bytes(data)


def beside(path: Path, suffix: str) -> Path:
    """The path with another suffix; raises `InputError` if it names no file."""
    if not path.name:
        raise InputError(str(path), "must be the name of a file")
    return path.with_suffix(suffix)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path``, whose file takes its place at the end.

    Raises
    ------
    InputError
        If the file cannot be written, before anything else happens or when there is no more room;
        nothing is left behind.
    """
    with ExitStack() as stack:
        with refusing(path):
            check_place(path)
            new = stack.enter_context(scratch(path.parent)) / path.name
            new.touch()
        try:
            yield new
        except OSError as error:
            # A write does not say what it is to.
            if error.filename is None or str(new) in (error.filename, error.filename2):
                raise InputError(str(path), f"cannot be written ({error.strerror})") from None
            raise
        with refusing(path):
            new.replace(path)


def check_place(path: Path) -> None:
    """Raise `InputError` if what is at a path is anything but a file, which may be replaced."""
    with refusing(path):
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if path.exists() and not path.is_file():
            # Another file would take the place of the device, for all who use it.
            raise InputError(str(path), "must be a file, no pipe or device")


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """An `OSError` from within becomes an `InputError`: this file cannot be written."""
    try:
        yield
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})") from None
