"""What comes from outside: the one way in which a file of a user is read.

A reader of a format takes bytes from `content_of`, which looks at the kind and the size of a file
before it takes any, and hands them to the format's library within `parsing`. So it keeps this
contract:

- Only a file is read: no pipe, no device, and none but the one that was named.
- Limits come before memory: what is declared is compared with what is there.
- Nothing in a file is run.
- Whatever is wrong is an `InputError`, a line with the file, the field, the rule and the value.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pascaline.spec.errors import InputError, brief, said

__all__ = [
    "LARGEST",
    "LARGEST_TEXT",
    "content_of",
    "json_of",
    "naming",
    "parsing",
    "regular",
    "text_of",
]

LARGEST = 2 << 30
"""Bytes that a file of numbers may have."""

LARGEST_TEXT = 64 << 20
"""Bytes of a file that is parsed as text, which takes many times as many."""


def content_of(path: Path, most: int = LARGEST) -> bytes:
    """All of a file.

    Parameters
    ----------
    path : Path
        The file.
    most : int
        Bytes that it may have.

    Raises
    ------
    InputError
        If there is no such file, if it is a folder, a pipe or a device, if it is too large, or if
        it cannot be read.
    """
    with _readable(path):
        # A pipe without a writer would not even be opened, without this.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            _check(path, found, most)
            return file.read(found.st_size)


def regular(path: Path, most: int = LARGEST) -> None:
    """Raise `InputError` unless `content_of` would read it: for libraries that open it again."""
    with _readable(path):
        _check(path, path.stat(), most)


def text_of(path: Path, most: int = LARGEST_TEXT) -> str:
    """All of a text file; raises `InputError` as `content_of`, and if it is not in UTF-8."""
    content = content_of(path, most)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}: line {line}", "must be text in UTF-8") from None


def json_of(content: str | bytes, thing: str) -> Any:
    """The value of a JSON document; raises `InputError` if it is none.

    NaN, infinities and numbers too large for a float are refused: they are no JSON, or would not
    be when they are printed again.
    """
    try:
        return json.loads(content, parse_constant=_refused, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InputError(thing, f"must be JSON ({said(error)})") from None


@contextmanager
def naming(thing: str) -> Iterator[None]:
    """An `InputError` from within gets ``thing`` before its own if it is not there."""
    try:
        yield
    except InputError as error:
        begins = error.thing.startswith(thing)
        if begins and error.thing[len(thing) :][:1] in ("", ":", "[", "/"):
            raise
        raise InputError(f"{thing}: {error.thing}", error.rule, error.value) from None


@contextmanager
def parsing(thing: str, what: str) -> Iterator[None]:
    """Whatever a format's library raises becomes a line: ``thing: must be what (reason)``.

    An `InputError` is named, see `naming`.
    """
    try:
        with naming(thing):
            yield
    except InputError:
        raise
    except OSError as error:
        reason = error.strerror or said(error)
        raise InputError(thing, f"cannot be read ({reason})") from None
    except RecursionError:
        raise InputError(thing, f"must be {what} (it is nested too deeply)") from None
    except Exception as error:
        # What libraries raise for damaged files is nowhere documented.
        reason = said(error) or type(error).__name__
        raise InputError(thing, f"must be {what} ({reason})") from None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(str(path), "no such file") from None
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from None
    except ValueError:  # A NUL in its name.
        raise InputError(str(path), "must be the name of a file") from None


def _check(path: Path, found: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise InputError(str(path), "cannot be read (Is a directory)")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(str(path), "must be a file, no pipe or device: write it to one first")
    if found.st_size > most:
        raise InputError(str(path), f"must have at most {most:,} bytes", f"{found.st_size:,}")


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{brief(text)} is no number of 64 bits")
    return number
