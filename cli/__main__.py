"""Where ``pascaline`` starts, as a command and as ``python -m pascaline.cli``.

From here on an interrupt is one line, whatever is being imported, and so is a limit that nothing
can be imported with; only the start of Python itself is out of reach.
"""

import os
import resource
import signal
import sys
from types import FrameType
from typing import NoReturn

from pascaline.cli.stops import STOPS

__all__ = ["run"]

MIB = 1 << 20
LIMITS = {
    "open files (ulimit -n)": (resource.RLIMIT_NOFILE, 1, 64),
    "MiB of memory (ulimit -v)": (resource.RLIMIT_AS, MIB, 512 + 64 * (os.cpu_count() or 1)),
}
"""What a process needs at least, in a unit; the second because of OpenBLAS's threads."""

ROOM = 64 * MIB
"""More than all that is compiled takes."""


def run() -> None:
    """Run the command line, in a process of its own."""
    for number in STOPS:  # Outside `cli.guard` nothing has been begun.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    for what, (limit, unit, least) in LIMITS.items():
        found = resource.getrlimit(limit)[0]
        if found != resource.RLIM_INFINITY and found < least * unit:
            _end(2, f"{what}: must be at least {least}, not {found // unit}")
    if _may_be_cut():
        sys.dont_write_bytecode = True
    from pascaline.cli.main import run as run_here
    from pascaline.host.watch import watched

    with watched():
        run_here()


def _may_be_cut() -> bool:
    """Whether files may end too soon: Python does not notice that of what it compiles."""
    system = os.statvfs(os.path.dirname(__file__))  # noqa: PTH120
    limited = resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY
    return limited or system.f_bavail * system.f_frsize < ROOM


def _stop(number: int, _frame: FrameType | None) -> None:
    _end(*STOPS[signal.Signals(number)])


def _end(status: int, text: str) -> NoReturn:
    try:
        os.write(2, f"pascaline: {text}\n".encode())
    finally:
        os._exit(status)


if __name__ == "__main__":
    run()
