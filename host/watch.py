"""A process beside this one, which ends what was started when this one is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["watched"]

RUN = "PASCALINE_RUN"
"""Environment variable of all that is started: the runs that it belongs to."""

PROCESSES = Path("/proc")

OVER = b"."
"""What the watcher reads when all has been ended already."""

PAUSE = 0.05
"""Seconds between two looks."""

LOOKS = 10
"""So many in a row must find nothing: a program may be about to start."""

DEAF = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that others get, too, and that the watcher must outlive."""


@contextmanager
def watched() -> Iterator[None]:
    """Programs started within, and theirs, are killed when this process is (SIGKILL).

    The process is forked, so it should have no other threads yet. Without effect where there can
    be no further process, and if both are killed. Only on Linux.
    """
    mine = f"{os.getpid()}-{time.time_ns()}"
    reader, writer = os.pipe()
    try:
        watcher = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        yield
        return
    if not watcher:
        _watch(reader, mine)
    os.close(reader)
    before = os.environ.get(RUN, "")
    os.environ[RUN] = f"{before} {mine}".lstrip()
    try:
        yield
    finally:
        os.environ[RUN] = before
        os.write(writer, OVER)
        os.close(writer)
        with suppress(ChildProcessError):
            os.waitpid(watcher, 0)


def _watch(pipe: int, run: str) -> None:
    """Wait for the end of the run at the other end of the pipe; does not return."""
    with suppress(BaseException):
        for number in DEAF:
            signal.signal(number, signal.SIG_IGN)
        os.setsid()
        # Whoever reads what the run prints must not wait for this process.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nowhere, descriptor)
        kept = os.dup2(pipe, 3)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        if not os.read(kept, 1):
            _kill(run.encode())
    os._exit(0)


def _kill(run: bytes) -> None:
    quiet = 0
    while quiet < LOOKS:
        found = [process for process in PROCESSES.glob("[0-9]*") if _belongs(process, run)]
        for process in found:
            with suppress(OSError):
                os.kill(int(process.name), signal.SIGKILL)
        quiet = 0 if found else quiet + 1
        time.sleep(PAUSE)


def _belongs(process: Path, run: bytes) -> bool:
    try:
        return run in (process / "environ").read_bytes()
    except OSError:
        return False
