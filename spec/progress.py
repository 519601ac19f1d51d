"""How far a long piece of work is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Progress", "silent", "stage_of"]


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
