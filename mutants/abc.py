"""ABC, of Debian's Yosys."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from threading import Event

from pascaline.host.tools import find_tool

__all__ = ["abc"]

POLL = 0.05
"""Seconds."""


def abc(script: str, folder: Path, seconds: float, stop: Event | None = None) -> str:
    """What ABC says.

    Parameters
    ----------
    script : str
        Its commands.
    folder : Path
        Where it runs; what it says is kept there.
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
    said, end = folder / "said.log", time.monotonic() + seconds
    with said.open("w") as file:
        process = subprocess.Popen(command, cwd=folder, stdout=file, stderr=file)
        try:
            while process.poll() is None:
                if time.monotonic() > end or (stop is not None and stop.is_set()):
                    return ""
                time.sleep(POLL)
        finally:
            process.kill()
            process.wait()
    return said.read_text(encoding="utf-8", errors="replace")
