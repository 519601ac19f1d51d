"""How far the stages of something are: bars, lines now and then, or what each has taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pascaline.console import streams
from pascaline.spec.errors import printable
from pascaline.spec.progress import Progress

__all__ = ["EVERY", "bars"]

EVERY = 30.0
"""Seconds between two lines where there are no bars."""


@contextmanager
def bars() -> Iterator[Progress]:
    """Show how far the stages of something are; yields what is told about them.

    On a terminal there is a bar for each; elsewhere a line every `EVERY` seconds; and nothing where
    a user wants quiet. Who wants to read more gets a line when a stage ends, too.
    """
    with ExitStack() as stack:
        shown: list[Progress] = []
        if not streams.manner.quiet:
            drawn = _bars() if streams.err().is_terminal else _lines()
            shown.append(stack.enter_context(drawn))
        if streams.manner.verbose:
            shown.append(stack.enter_context(_ends()))

        def progress(stage: str, done: int, total: int, note: str = "") -> None:
            for one in shown:
                one(stage, done, total, note)

        yield progress


@contextmanager
def _bars() -> Iterator[Progress]:
    """A bar for each stage, for as long as there is something to be seen."""
    from rich import progress as rich  # Takes as long to import as all else here.

    columns = (
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
        rich.TimeRemainingColumn(),
        rich.TextColumn("{task.fields[note]}", markup=False),
    )
    with rich.Progress(*columns, console=streams.err(), transient=True) as shown:
        stages: dict[str, rich.TaskID] = {}
        endless: list[str] = []

        def progress(stage: str, done: int, total: int, note: str = "") -> None:
            if stage not in stages:
                while endless:  # A stage without a known end ends when the next one begins.
                    shown.remove_task(stages.pop(endless.pop()))
                stages[stage] = shown.add_task(stage, total=total or None, note=note)
                if not total:
                    endless.append(stage)
            shown.update(stages[stage], completed=done, total=total or None, note=note)

        yield progress


@contextmanager
def _lines() -> Iterator[Progress]:
    """A line every `EVERY` seconds: the stage, how far it is, and for how long it has run."""
    stages: dict[str, float] = {}
    latest: list[tuple[str, int, int, str]] = []
    over = threading.Event()

    def speak() -> None:
        while not over.wait(EVERY):
            for stage, done, total, note in latest:
                words = [f"{done:,} of {total:,}"] if total else []
                words += [f"{time.monotonic() - stages[stage]:.0f} s", *([note] if note else [])]
                _say(f"{stage}: {', '.join(words)}")

    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        stages.setdefault(stage, time.monotonic())
        latest[:] = [(stage, done, total, note)]

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield progress
    finally:
        over.set()
        speaker.join()


@contextmanager
def _ends() -> Iterator[Progress]:
    """A line when a stage ends: it is complete, another one begins, or nothing is left to do."""
    begun: dict[str, float] = {}
    ended: set[str] = set()

    def end(stage: str) -> None:
        if stage not in ended:
            ended.add(stage)
            _say(f"{stage}: {time.monotonic() - begun[stage]:.1f} s")

    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        if stage not in begun:
            for earlier in begun:
                end(earlier)
            begun[stage] = time.monotonic()
        if total and done >= total:
            end(stage)

    yield progress
    for stage in begun:
        end(stage)


def _say(text: str) -> None:
    streams.err().print(printable(text), soft_wrap=True, markup=False)
