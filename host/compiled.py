"""C++ that is compiled when it is first used, and called from Python."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from pascaline.spec.folders import build_folder

__all__ = ["FLAGS", "compiled"]

FLAGS = ("-O3", "-mavx2", "-std=c++17", "-shared", "-fPIC")
"""Of g++."""


@cache
def compiled(source: Path) -> ctypes.CDLL | None:
    """The functions of a file as a library, which is kept in the build folder by its text.

    None where there is no g++ that compiles it, or if the file's function ``supported``, of no
    arguments, gives 0.
    """
    text = source.read_bytes()
    digest = hashlib.sha256(text + " ".join(FLAGS).encode()).hexdigest()[:16]
    library = build_folder() / "compiled" / f"{source.stem}-{digest}.so"
    if not library.exists() and not _compile(source, library):
        return None
    try:
        found = ctypes.CDLL(str(library))
    except OSError:  # Made on another kind of machine.
        return None
    return found if found.supported() else None


def _compile(source: Path, library: Path) -> bool:
    """Whether it worked."""
    compiler = shutil.which("g++")
    if compiler is None:
        return False
    # Others may do the same at the same time.
    made = library.with_suffix(f".{os.getpid()}")
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        command = [compiler, *FLAGS, "-o", str(made), str(source)]
        subprocess.run(command, check=True, capture_output=True)
        made.replace(library)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
