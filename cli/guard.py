"""The one guard of the command line: however a command ends, a user reads one line at most.

=============================  ======  ============================================
a command ends with            status  line
=============================  ======  ============================================
something wrong in the input        2  the thing, the rule, the value
a limit of the machine              2  what it lacks: memory, room, files, permission
Ctrl-C, SIGTERM               130, 143  ``interrupted``, ``terminated``
anything else                      70  ``this is a fault of pascaline: ...``
=============================  ======  ============================================
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

import click

from pascaline.cli.lazy import Escaped
from pascaline.cli.stops import STOPS
from pascaline.console import warn
from pascaline.host.children import ending_children
from pascaline.spec.errors import LONGEST, InputError, brief, one_line, said
from pascaline.spec.scratch import own_temporary

__all__ = ["DEBUG", "FAULT", "Stopped", "guarded"]

FAULT = 70
"""Exit status of a fault of pascaline: EX_SOFTWARE of sysexits.h."""

DEBUG = "PASCALINE_DEBUG"
"""Environment variable; if it is set, a fault shows its traceback."""

LIMITS = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.EAGAIN,
    errno.EACCES,
    errno.EPERM,
    errno.ENAMETOOLONG,
    errno.ELOOP,
)
"""Errors of the system that say what a machine lacks, or forbids."""


class Stopped(BaseException):
    """A signal of `cli.stops.STOPS`.

    It is no `KeyboardInterrupt`: of these, click makes something else, and Python itself an exit
    status, wherever it evaluates a text.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)


def guarded(command: Callable[[], object]) -> int:
    """Call a command; the exit status is what it returns or exits with, or says how it ended.

    What it has started and has not ended is ended, and its temporary files are removed. If it
    succeeds, all of its output is written.
    """
    heard: list[int] = []
    try:
        with _interruptible(heard), own_temporary(), ending_children():
            try:
                status = command()
            except SystemExit as left:
                status = left.code
            sys.stdout.flush()
    except BaseException as error:
        if heard:  # Some libraries make an error of their own of it.
            return _ended(Stopped(heard[0]))
        return _ended(error.error if isinstance(error, Escaped) else error)
    return status if isinstance(status, int) else 0


@contextmanager
def _interruptible(heard: list[int]) -> Iterator[None]:
    """Signals of `STOPS` are noted and raised as `Stopped`, unless they were ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: Any) -> None:
        heard.append(number)
        raise Stopped(number)

    before = {number: signal.getsignal(number) for number in STOPS}
    before = {number: do for number, do in before.items() if do is not signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, do in before.items():
            signal.signal(number, do)


def _ended(error: BaseException) -> int:
    """Say how a command has ended, and give its exit status."""
    warnings.simplefilter("ignore")  # That what was begun is not used is no news.
    match error:
        case InputError():
            return _said(str(error), 2)
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message())
            return 2
        case click.ClickException():
            return _said(brief(one_line(error.format_message()), LONGEST), 2)
        case Stopped():
            status, text = STOPS[error.number]
            return _said(text, status)
        case click.Abort() | KeyboardInterrupt():
            return _said("interrupted", 130)
        case BrokenPipeError():
            _forget_output()
            return 141
        case MemoryError():
            return _said("memory: must be more than there is for this", 2)
        case OSError() if error.errno in LIMITS:
            _forget_output()
            # The second is where something was to be copied.
            where = error.filename2 or error.filename or "standard output or a temporary file"
            return _said(str(InputError(str(where), f"cannot be used ({error.strerror})")), 2)
        case Exception():
            return _fault(error)
        case _:
            raise error


def _fault(error: Exception) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    text = f"{type(error).__name__}: {said(error)}" if str(error) else type(error).__name__
    advice = (
        "report it where pascaline comes from, with the command, its files, and the traceback"
        f" that {DEBUG}=1 shows"
    )
    line = InputError("this is a fault of pascaline", f"{text}{_place(error.__traceback__)}")
    return _said(f"{line}; {advice}", FAULT)


def _place(trace: TracebackType | None) -> str:
    """The last line of pascaline that was reached."""
    found = ""
    for frame, line in traceback.walk_tb(trace):
        module = frame.f_globals.get("__name__", "")
        if module.startswith("pascaline."):
            found = f" (at {module}:{line})"
    return found


def _forget_output() -> None:
    """What cannot be written must not be tried again when the process ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _said(text: str, status: int) -> int:
    warn(text)
    return status
