"""The two streams, and how much a user wants to read.

Rich takes as long to import as all that a help needs, so it is imported where something is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Manner", "err", "manner", "out"]


@dataclass
class Manner:
    """How much is said.

    Attributes
    ----------
    quiet : bool
        Results and errors alone: no progress, no remarks.
    verbose : bool
        Each stage is said when it ends, with its seconds.
    """

    quiet: bool = False
    verbose: bool = False


manner = Manner()
"""That of the command which is running."""


@cache
def out() -> Console:
    """The standard output."""
    from rich.console import Console

    return Console(highlight=False)


@cache
def err() -> Console:
    """The standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)
