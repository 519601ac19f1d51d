"""How finished sums leave the lanes for the cell units: group by group."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Drain"]


@dataclass(frozen=True, kw_only=True)
class Drain:
    """Groups of units, and the cycles that they take.

    Attributes
    ----------
    hidden : int
        Hidden units of a pass.
    units : int
        Those of a tile.
    cell_units : int
        Those of a group; divides ``units``.
    gates : int
        Lanes of a unit.
    serial : bool
        Whether the lanes of a group leave one after the other.
    group_cycles : int
        Cycles from group to group: a serial unit finishes one before it takes the next.
    fill : int
        Cycles in which the sums of a tile come from the lanes: one, or with serial adders a bit of
        each a cycle.
    chained : bool
        Whether sums move from lane to lane; else they stay there, and are picked, which takes fewer
        LUTs where only one lane's are at the front.
    """

    hidden: int
    units: int
    cell_units: int
    gates: int
    serial: bool = False
    group_cycles: int = 1
    fill: int = 1
    chained: bool = True

    @property
    def tile_groups(self) -> int:
        """Groups of a full tile."""
        return self.units // self.cell_units

    @property
    def groups(self) -> int:
        """Groups of a pass; the last one may be partly filled."""
        return -(-self.hidden // self.cell_units)

    @property
    def last_groups(self) -> int:
        """Groups of the last tile."""
        return self.groups - (-(-self.hidden // self.units) - 1) * self.tile_groups

    @property
    def front(self) -> int:
        """Lanes whose sums leave together: all of a group, or one after the other."""
        return 1 if self.serial else self.cell_units * self.gates

    @property
    def tile_cycles(self) -> int:
        """Cycles that a full tile takes to leave the lanes."""
        return self.tile_groups * self.group_cycles

    @property
    def last_cycles(self) -> int:
        """Cycles that the last tile of a pass takes to leave the lanes."""
        return self.last_groups * self.group_cycles

    @property
    def tile_apart(self) -> int:
        """Cycles from a full tile to the next one, at least: its sums leave before others come."""
        return self.tile_cycles + self.fill - 1

    @property
    def last_apart(self) -> int:
        """Cycles from the last tile of a pass to the next one, at least."""
        return self.last_cycles + self.fill - 1
