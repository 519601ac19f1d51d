"""C++ that is compiled when it is first used, and called from Python."""

from __future__ import annotations

import ctypes
import subprocess
from functools import cache
from pathlib import Path

from pascaline.host.cache import kept
from pascaline.host.tools import find_tool, run_tool
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder

__all__ = ["FLAGS", "compiled", "compiled_folder", "compiler_version", "library"]

FLAGS = ("-O3", "-mavx2", "-std=c++17")
"""Of g++."""

SHARED = ("-shared", "-fPIC")

HINT = "apt install g++"


@cache
def compiled(source: Path, *headers: Path) -> ctypes.CDLL | None:
    """The functions of a file as a library, which is kept in the build folder by its text.

    Headers that it includes are given with it.

    None where there is no g++ that compiles it, or if the file's function ``supported``, of no
    arguments, gives 0.
    """
    try:
        found = library(source, FLAGS, *headers)
    except (InputError, OSError):
        return None
    return found if found.supported() else None


def library(source: Path, flags: tuple[str, ...], *headers: Path) -> ctypes.CDLL:
    """The functions of a file, compiled with some flags.

    Raises
    ------
    InputError
        If there is no g++, or if it fails.
    OSError
        If the library cannot be kept or loaded.
    """
    texts = {file.name: file.read_bytes() for file in (source, *headers)}
    name = f"{source.stem}.so"

    def make(folder: Path) -> None:
        # Names without a folder, which may be of any letters.
        for file, text in texts.items():
            (folder / file).write_bytes(text)
        run_tool(["g++", *flags, *SHARED, "-o", name, source.name], folder=folder, hint=HINT)
        for file in texts:
            (folder / file).unlink()

    identity: list[str | bytes] = [compiler_version(), " ".join(flags + SHARED), *texts.values()]
    if "-march=native" in flags:
        identity.append(_said(*flags, "-Q", "--help=target"))
    return ctypes.CDLL(str(kept(compiled_folder(), identity, make, name=source.stem) / name))


def compiled_folder() -> Path:
    """Where all that is compiled is kept."""
    return build_folder() / "compiled"


@cache
def compiler_version() -> str:
    """Version of g++; raises `InputError` if it is not installed."""
    return _said("--version")


def _said(*options: str) -> str:
    command = [find_tool("g++", HINT), *options]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout
