"""What went over the pins of a machine on a bus, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Seen"]


@dataclass
class Seen:
    """Events so far by the names of registers or of their fields: surely, and at most.

    ``cycles`` counts all cycles, ``busy_cycles`` those in which packets were under way.
    """

    least: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, count: int = 1) -> None:
        """Something that is known to the cycle."""
        self.least[name] += count
        self.most[name] += count

    def copy(self) -> Seen:
        """As it is now."""
        return Seen(self.least.copy(), self.most.copy())
