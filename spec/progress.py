"""Telling how far a long piece of work is."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Report", "silent"]


class Report(Protocol):
    """Called now and then during the work."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """``done`` of ``total`` parts of a stage are finished; stages come one after another."""


def silent(stage: str, done: int, total: int, note: str = "") -> None:
    """A `Report` that says nothing."""
