"""How far the stages of something are: bars, lines now and then, or what each has taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

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


@dataclass
class _Stage:
    """How far a stage is, and since when it runs."""

    begun: float
    done: int = 0
    total: int = 0
    note: str = ""

    def __str__(self) -> str:
        words = [f"{self.done:,} of {self.total:,}"] if self.total else []
        words += [f"{time.monotonic() - self.begun:.0f} s", *([self.note] if self.note else [])]
        return ", ".join(words)


class _Running(dict[str, _Stage]):
    """Stages that have begun and not ended, by name."""

    def tell(self, stage: str, done: int, total: int, note: str) -> dict[str, _Stage]:
        """Take note of it; stages that have ended by that.

        A stage without a known end ends when another one is told of.
        """
        if total and done >= total and stage not in self:  # It has ended before.
            return {}
        known = self.setdefault(stage, _Stage(time.monotonic()))
        known.done, known.total, known.note = done, total, note
        over = [name for name, one in self.items() if name != stage and not one.total]
        over += [stage] if total and done >= total else []
        return {name: self.pop(name) for name in over}


@contextmanager
def _lines() -> Iterator[Progress]:
    """A line every `EVERY` seconds: what runs, how far it is, and for how long it has run."""
    running, changing, over = _Running(), threading.Lock(), threading.Event()

    def speak() -> None:
        while not over.wait(EVERY):
            with changing:
                line = "; ".join(f"{name}: {one}" for name, one in running.items())
            # Where nobody reads any more, the work goes on; Rich would end it.
            with suppress(OSError, ValueError):
                if line:
                    print(printable(line), file=streams.err().file, flush=True)

    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        with changing:
            running.tell(stage, done, total, note)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield progress
    finally:
        over.set()
        speaker.join()


@contextmanager
def _ends() -> Iterator[Progress]:
    """A line when a stage ends; those that have not ended do when nothing is left to do."""
    running = _Running()

    def say(ended: dict[str, _Stage]) -> None:
        for name, one in ended.items():
            _say(f"{name}: {time.monotonic() - one.begun:.1f} s")

    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        say(running.tell(stage, done, total, note))

    yield progress
    say(running)


def _say(text: str) -> None:
    streams.err().print(printable(text), soft_wrap=True, markup=False)
