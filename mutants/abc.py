"""ABC, of Debian's Yosys."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path
from threading import Event

from pascaline.host.tools import find_tool

__all__ = ["abc"]

POLL = 0.2
"""Seconds after which it is seen whether it is to stop."""


def abc(script: str, folder: Path, seconds: float, stop: Event | None = None) -> str:
    """What ABC says.

    Parameters
    ----------
    script : str
        Its commands.
    folder : Path
        Where it runs.
    seconds : float
        After which it is stopped; it has said nothing then.
    stop : Event, optional
        Stops it before.

    Raises
    ------
    InputError
        If it is not installed.
    """
    command = [find_tool("yosys-abc", "apt install yosys"), "-c", script]
    end, pipe = time.monotonic() + seconds, subprocess.PIPE
    process = subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True)
    try:
        while time.monotonic() < end and not (stop is not None and stop.is_set()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=POLL)[0]
        return ""
    finally:
        process.kill()
        process.communicate()
