"""Running other programs, on as many cores as there are."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.scratch import refuse_full

__all__ = ["ToolError", "cores", "find_tool", "run_tool"]

ERROR = re.compile(r"\berror\b", re.IGNORECASE)
"""In a line that says why a program has failed; no part of a signal's name."""

LEAST, GROWS = 1 << 24, 64
"""Bytes that a tool may write into a file, at least; and how many for each that it is given."""

YOWASP = "YOWASP_CACHE_DIR"
"""Environment variable of tools of YoWASP; without one, they end where there is no home."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def find_tool(name: str, hint: str) -> str:
    """Path of a program: beside this Python first, then on the PATH; or of one given by its path.

    Raises
    ------
    InputError
        If it is not installed; ``hint`` says what to install.
    """
    found = shutil.which(Path(sys.executable).parent / name) or shutil.which(name)
    if found is None:
        raise InputError(name, f"is not installed ({hint})")
    return found


class ToolError(InputError):
    """A program has failed.

    Attributes
    ----------
    log : str
        All that it has printed.
    """

    def __init__(self, name: str, rule: str, log: str) -> None:
        super().__init__(name, rule)
        self.log = log


def run_tool(
    command: list[str], *, folder: Path, hint: str, first: bool = False, **variables: str
) -> str:
    """Run a program in ``folder``, where its temporary files are, too; return what it printed.

    Some programs make commands for shells, or makefiles, of the names of files. If they are given
    names within the folder alone, it may be below any path.

    Parameters
    ----------
    command : list of str
        The program and its arguments.
    folder : Path
        Where it runs.
    hint : str
        What to install if it is missing.
    first : bool
        Whether the first line with an error says why it has failed, as those of compilers do; or
        the last.
    **variables : str
        Environment variables that are changed.

    Raises
    ------
    InputError
        If it is not installed.
    ToolError
        If it fails: with the line that says why.
    OSError
        If there is no room left in the folder, or if files may not become as large as they must.
    """
    name = command[0]
    _refuse_short(name, folder)
    # Programs that it runs in its turn are looked for in the same order.
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [find_tool(name, hint), *command[1:]],
        cwd=folder,
        env=os.environ | {"PATH": beside, "TMPDIR": "."} | _yowasp() | variables,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    refuse_full(folder)
    if done.returncode != 0:
        log = done.stdout + done.stderr
        lines = [line for line in log.splitlines() if line.strip()]
        complaints = [line for line in lines if ERROR.search(line)] or lines or ["no output"]
        reason = complaints[0 if first else -1].strip()
        raise ToolError(name, f"{_how(done.returncode)}: {reason}", log)
    return done.stdout


def _refuse_short(name: str, folder: Path) -> None:
    """Refuse a limit on the size of files under which a tool may cut what it writes.

    A program that runs in WebAssembly goes on with the part that it could write, and its results
    are wrong. Files for others of its parts are several times as long as what it is given.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    given = max((one.stat().st_size for one in folder.iterdir() if one.is_file()), default=0)
    least = max(LEAST, GROWS * given)
    if limit != resource.RLIM_INFINITY and limit < least:
        rule = f"File too large: ulimit -f must be {least} bytes or more, not {limit}"
        raise OSError(errno.EFBIG, rule, name)


def _how(status: int) -> str:
    """How a program has failed."""
    return f"failed with status {status}" if status > 0 else f"ended: {signal.strsignal(-status)}"


def _yowasp() -> dict[str, str]:
    """Tools of YoWASP are compiled for this processor into the user's cache, if that can be."""
    if YOWASP in os.environ:
        return {}
    with suppress(OSError, RuntimeError):
        chosen = os.environ.get("XDG_CACHE_HOME")
        place = (Path(chosen) if chosen else Path.home() / ".cache") / "YoWASP"
        place.mkdir(parents=True, exist_ok=True)
        if os.access(place, os.W_OK) or any(place.iterdir()):
            return {}
    return {YOWASP: str(build_folder().absolute() / "yowasp")}
