"""How far a long piece of work is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Protocol, TypeVar

__all__ = ["Progress", "each", "silent", "stage_of"]


Thing = TypeVar("Thing")


class Progress(Protocol):
    """A callback that long functions call now and then."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """``done`` of ``total`` parts of a stage are finished; stages come one after another.

        A ``total`` of 0 means that nobody knows how long the stage takes.
        """


def silent(stage: str, done: int, total: int, note: str = "") -> None:
    """A `Progress` that does nothing."""


def stage_of(progress: Progress, stage: str) -> Callable[[int, int], None]:
    """A callback ``(done, total)`` that tells the progress of one stage."""
    return lambda done, total: progress(stage, done, total)


def each(things: Collection[Thing], progress: Progress, stage: str) -> Iterator[Thing]:
    """Things one after the other; the progress is told how many of them are done.

    Examples
    --------
    >>> list(each(["a", "b"], lambda *told: print(told), "letters"))
    ('letters', 0, 2)
    ('letters', 1, 2)
    ('letters', 2, 2)
    ['a', 'b']
    """
    for done, thing in enumerate(things):
        progress(stage, done, len(things))
        yield thing
    if things:
        progress(stage, len(things), len(things))
