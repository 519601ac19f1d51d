"""A limit on the memory that something from outside can make us take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["bounded"]

STATUS = Path("/proc/self/statm")


@contextmanager
def bounded(more: int) -> Iterator[None]:
    """Let the process have at most so many bytes more than it has now; then `MemoryError`.

    Where the system knows no such limit (only Linux does here) there is none. The limit is that of
    the whole process, so threads at other work are under it, too.

    Parameters
    ----------
    more : int
        Bytes.
    """
    try:
        import resource

        pages = int(STATUS.read_text().split()[0])
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + more
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
