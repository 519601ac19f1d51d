"""The hardware of layer norm: sizes, and when what is done.

It stands between the drain of the lanes and the cell units. The **hold** takes the groups of a pass
as they leave the lanes, writes them to one of two buffers, and adds the sums of each gate and
operand. When a pass is complete, and the one before it is done, the **engine** takes it:

1. the means, one gate and operand after the other on one multiplier;
2. the groups are read for the first time, one a cycle, and the spreads added;
3. their reciprocals, one gate after the other, both operands side by side: a spread is shifted
   until its first bit is a 1, then comes a quotient, two bits a cycle; with the root mean square
   also a root, two bits a cycle, which is that of the next gate meanwhile;
4. the groups are read once more, one a cycle; standardised, they go to the cell units, as one tile
   of all groups.

Meanwhile lanes fill the other buffer. All cycles below are constants of the machine.

The same standardises the state of all units, between the two halves of the cell units: its sums are
of one gate and one operand, what the units carry (`hdl.cells.finishing`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.drain import Drain
from pascaline.spec.formats import Interval
from pascaline.spec.standard import Standard

__all__ = ["NormUnit"]


@dataclass(frozen=True, kw_only=True)
class NormUnit:
    """Layer norm of the sums of a pass.

    Attributes
    ----------
    standard : Standard
        What is computed.
    sums : tuple of Interval
        Ranges of the sums of a gate row, one of each operand.
    drain : Drain
        How they leave the lanes: units, gates and groups of a pass.
    pipelined : bool
        Whether there are registers behind memories and within sums.
    pace : int
        Cycles that a pass takes at least: those of a layer norm that comes later, which then never
        lets one wait.
    """

    standard: Standard
    sums: tuple[Interval, ...]
    drain: Drain
    pipelined: bool = False
    pace: int = 0

    @property
    def groups(self) -> int:
        """Groups of a pass."""
        return self.drain.groups

    @property
    def fed(self) -> Drain:
        """How sums come to the cell units: a pass is a tile of all its groups."""
        drain = self.drain
        return Drain(
            hidden=drain.hidden,
            units=drain.groups * drain.cell_units,
            cell_units=drain.cell_units,
            gates=drain.gates,
        )

    @property
    def means(self) -> int:
        """Means, spreads and reciprocals of a pass: of each gate and operand."""
        return self.drain.gates * len(self.sums)

    @property
    def tail(self) -> int:
        """Units of the last group."""
        return (self.standard.hidden - 1) % self.drain.cell_units + 1

    # Of the hold.

    @property
    def take(self) -> int:
        """From a group at the front of the drain to writing it to a buffer."""
        return 1 if self.pipelined else 0

    @property
    def fill(self) -> int:
        """From a group at the front of the drain to totals that it is in."""
        return 3 if self.pipelined else 1

    # Of the engine, from the cycle in which it begins.

    @property
    def read(self) -> int:
        """From the address of a group to its sums."""
        return 2 if self.pipelined else 1

    @property
    def mean(self) -> int:
        """Until the last mean is there: a product a cycle, registers within it."""
        return 1 + self.means + 2 * self.pipelined

    @property
    def first(self) -> int:
        """Until the address of the first group goes out for the first time."""
        return self.mean - self.read

    @property
    def apart(self) -> int:
        """From the sums of a group to what each adds to a spread: a square has a register."""
        return 2 if self.pipelined else int(self.standard.spread == "rms")

    @property
    def spread(self) -> int:
        """Until all spreads are there."""
        return self.first + self.groups - 1 + self.read + self.apart + 1 + self.pipelined

    @property
    def turn(self) -> int:
        """Cycles from the spread of a gate to that of the next: of a quotient, or of a root."""
        standard = self.standard
        bits = standard.precision if standard.spread == "rms" else standard.mantissa
        return -(-bits // 2)

    @property
    def turns(self) -> int:
        """From taking the first spread to the last reciprocal; a root comes before a quotient."""
        return self.drain.gates + int(self.standard.spread == "rms")

    @property
    def solved(self) -> int:
        """Until all reciprocals are there."""
        return self.spread + self.turns * self.turn + 1

    @property
    def near(self) -> int:
        """From the sums of a group to their shift."""
        return int(self.pipelined)

    @property
    def feed(self) -> int:
        """Until the address of the first group goes out for the second time."""
        return self.solved - self.near - self.read

    @property
    def front(self) -> int:
        """Until the first group is standardised: shift, product, and its rounding."""
        return self.solved + (4 if self.pipelined else 2)

    @property
    def cycles(self) -> int:
        """Until the next pass may begin: the last sums have been read, and met their mean."""
        return max(self.feed + self.groups - 1 + self.read, self.solved, self.pace)
