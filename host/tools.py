"""Running other programs, on as many cores as there are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pascaline.spec.errors import InputError

__all__ = ["cores", "find_tool", "run_tool"]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def find_tool(name: str, hint: str) -> str:
    """Path of a program: beside this Python first, then on the PATH.

    Raises
    ------
    InputError
        If it is not installed; ``hint`` says what to install.
    """
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise InputError(name, f"is not installed ({hint})")
    return found


def run_tool(command: list[str], *, folder: Path, hint: str) -> str:
    """Run a program in ``folder`` and return what it printed.

    Raises
    ------
    InputError
        If it is not installed, or if it fails: with the last line that says why.
    """
    name = command[0]
    # Programs that it runs in its turn are looked for in the same order.
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [find_tool(name, hint), *command[1:]],
        cwd=folder,
        env=os.environ | {"PATH": beside},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        complaints = [line for line in lines if "error" in line.lower()] or lines or ["no output"]
        raise InputError(name, f"failed with status {done.returncode}: {complaints[-1].strip()}")
    return done.stdout
