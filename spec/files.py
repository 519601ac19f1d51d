"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from spec.errors import InputError

__all__ = ["write_atomic"]


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader sees the old one or all of the new one, never a part.

    A file that already has this content is left alone, so that make's timestamps stay true.

    Raises
    ------
    InputError
        If the file cannot be written; nothing is left behind.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        if path.is_file() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise InputError(str(path), f"cannot be written ({error.strerror})") from None
