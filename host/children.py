"""The programs that this process has started, and all that these have."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["ending_children"]

PROCESSES = Path("/proc")
ADOPT = 36
"""PR_SET_CHILD_SUBREAPER of prctl: what loses its parent becomes a child of this process."""
TRACKER = b"multiprocessing.resource_tracker"

PATIENCE = 2.0
"""Seconds that a program has to end by itself."""


@contextmanager
def ending_children() -> Iterator[None]:
    """End all programs started within, and theirs, if it is left by an error or an interrupt.

    They are asked to end (SIGTERM), and `PATIENCE` later made to (SIGKILL). Only on Linux.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    before = set(_descendants())
    try:
        yield
    except BaseException:
        _end(before)
        raise


def _end(spared: set[int]) -> None:
    """End all descendants but those; no signal gets in between."""
    from multiprocessing import active_children  # Only needed here, and it takes its time.

    masked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        over = time.monotonic() + PATIENCE
        how = signal.SIGTERM
        told: set[int] = set()
        while left := set(_descendants()) - spared:
            if time.monotonic() > over:
                how, told = signal.SIGKILL, set()
            for one in left - told:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(one, how)
            told |= left
            # A pool waits for ever for a worker whose end somebody else has taken notice of.
            for one in left - {worker.pid for worker in active_children()}:
                with suppress(ChildProcessError):
                    os.waitpid(one, os.WNOHANG)
            if time.monotonic() > over + PATIENCE:
                return
            time.sleep(0.01)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)


def _descendants() -> list[int]:
    """Processes below this one."""
    children: dict[int, list[int]] = {}
    for entry in PROCESSES.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # The name of a program is in brackets, and may have brackets in it.
            parent = entry.read_text(errors="replace").rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(entry.parent.name))
    found = list(children.get(os.getpid(), ()))
    for one in found:
        found += children.get(one, ())
    return [one for one in found if not _ends_by_itself(one)]


def _ends_by_itself(process: int) -> bool:
    """Whether it is what Python has beside processes that share something, until they end."""
    try:
        return TRACKER in (PROCESSES / str(process) / "cmdline").read_bytes()
    except OSError:
        return False
