"""A fast Walsh-Hadamard transform on butterflies: sizes, and when what is done.

A butterfly makes ``a + b`` and ``a - b`` of two numbers. A transform of blocks of ``2 ** q`` has q
levels of ``hidden / 2`` butterflies each. With the geometry of Pease (1968) all levels are alike:
number ``j`` of a block meets number ``j + half``, and the results are numbers ``2 * j`` and
``2 * j + 1`` of the next level; after q levels all are in their natural places.

The machine has ``width`` butterflies side by side, a power of two, and takes a **pair** of words a
cycle: ``width`` numbers from the lower halves of blocks, and those that they meet. It is

- **folded**: a level after the other on the same butterflies. In between, numbers are in two banks
  of a word each: the two words of a pair, and the two that are made of it, are always in different
  banks (the bank is the parity of a word's place), so a pair goes through in each cycle; or
- a **pipeline** of all levels, which takes whole blocks, so ``width`` is at least half a block.

Sums are exact: a number has q bits more than before.
"""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.operands import Walsh

__all__ = ["WalshUnit", "walsh_unit", "walsh_units"]


@dataclass(frozen=True, kw_only=True)
class WalshUnit:
    """The hardware of a transform.

    Attributes
    ----------
    hidden, block : int
        Numbers of a vector, and of a block.
    width : int
        Butterflies side by side.
    whole : bool
        Whether it is a pipeline of all levels.
    element : Interval
        Range of the numbers before the transform.
    group : int
        Numbers that come and go side by side: the units of a group of the drain.
    pipelined : bool
        Whether there is a register behind a memory.
    """

    hidden: int
    block: int
    width: int
    whole: bool
    element: Interval
    group: int
    pipelined: bool = False

    @property
    def levels(self) -> int:
        """Levels of butterflies, q."""
        return self.block.bit_length() - 1

    @property
    def butterflies(self) -> int:
        """Butterflies that the hardware has."""
        return self.width * self.levels if self.whole else self.width

    @property
    def adders(self) -> int:
        """Adders and subtractors that the hardware has."""
        return 2 * self.butterflies

    @property
    def additions(self) -> int:
        """Additions and subtractions of a transform, ``hidden * q``."""
        return self.hidden * self.levels

    @property
    def sum(self) -> Interval:
        """Range of the numbers after the transform."""
        return self.after(self.levels)

    def after(self, level: int) -> Interval:
        """Range of the numbers after so many levels, each of which adds a bit."""
        return Walsh("h", "state", 1 << level).sum(self.element, self.hidden)

    @property
    def side(self) -> int:
        """Blocks of which a word has numbers."""
        return max(1, self.width * 2 // self.block)

    @property
    def part(self) -> int:
        """Numbers of a group that go into one bank: all, or half of a group of whole blocks."""
        return part_of(self.group, self.block)

    @property
    def pairs(self) -> int:
        """Pairs of words of a vector."""
        return self.hidden // (2 * self.width)

    @property
    def block_pairs(self) -> int:
        """Pairs of the blocks that are side by side."""
        return max(1, self.block // (2 * self.width))

    @property
    def place_bits(self) -> int:
        """Bits of the place of a word among those of its blocks."""
        return self.block_pairs.bit_length()

    @property
    def read(self) -> int:
        """Cycles from the address of a pair to the pair."""
        return 2 if self.pipelined else 1

    @property
    def through(self) -> int:
        """Cycles from the address of a pair to writing what is made of it: a register a level."""
        return self.read + (self.levels if self.whole else 1)

    @property
    def passes(self) -> int:
        """How often a vector goes through."""
        return 1 if self.whole else self.levels

    @property
    def pass_cycles(self) -> int:
        """Cycles from pass to pass.

        The first pair of a pass needs a word that the middle one of the pass before has made.
        """
        if self.passes == 1:
            return self.pairs
        return max(self.pairs, self.through + 1 + self.block_pairs // 2)

    @property
    def cycles(self) -> int:
        """Cycles from a transform to the next one."""
        return self.passes * self.pass_cycles

    @property
    def ready(self) -> int:
        """Cycles from the address of a vector's first pair to that of its first sums.

        Sums are read in order, and no faster than they are made.
        """
        return (self.passes - 1) * self.pass_cycles + self.through + 1

    @property
    def utilisation(self) -> float:
        """Part of the cycles of adders that do work, if transforms come without a pause."""
        return self.pairs / self.pass_cycles


def part_of(group: int, block: int) -> int:
    """Numbers of a group that are in the same halves of their blocks."""
    return group if 2 * group <= block else group // 2


def walsh_units(
    *, hidden: int, block: int, element: Interval, group: int, pipelined: bool
) -> list[WalshUnit]:
    """All hardware that there is for a transform, that with the fewest butterflies first.

    Parameters
    ----------
    hidden, block, element, group, pipelined
        As in `WalshUnit`.

    Raises
    ------
    InputError
        If there is none.
    """

    def made(width: int, whole: bool) -> WalshUnit:
        return WalshUnit(
            hidden=hidden,
            block=block,
            width=width,
            whole=whole,
            element=element,
            group=group,
            pipelined=pipelined,
        )

    widths = [1 << k for k in range(hidden.bit_length()) if hidden % (2 << k) == 0]
    levels, part = block.bit_length() - 1, part_of(group, block)
    if group & (group - 1):
        raise InputError("machine: cell_units", "must be a power of two with a transform", group)
    units = [made(width, whole=True) for width in widths if width >= max(block // 2, part)]
    taken = {unit.butterflies for unit in units}
    folded = [made(width, whole=False) for width in widths if width >= part]
    units += [unit for unit in folded if unit.butterflies not in taken and levels > 1]
    if not units:
        rule = f"must be at most {widths[-1]} with a transform of {hidden} units"
        raise InputError("machine: cell_units", rule, group)
    return sorted(units, key=lambda unit: unit.butterflies)


def walsh_unit(
    *,
    hidden: int,
    block: int,
    element: Interval,
    group: int,
    butterflies: int | None,
    budget: int,
    pipelined: bool,
) -> WalshUnit:
    """The transform of a machine.

    Parameters
    ----------
    hidden, block, element, group, pipelined
        As in `WalshUnit`.
    butterflies : int or None
        As `spec.machine.Machine` has it; ``None``: the fewest that need no more than ``budget``.
    budget : int
        Cycles.

    Raises
    ------
    InputError
        If there is no such hardware.
    """
    units = walsh_units(
        hidden=hidden, block=block, element=element, group=group, pipelined=pipelined
    )
    if butterflies is None:
        return next((unit for unit in units if unit.cycles <= budget), units[-1])
    found = next((unit for unit in units if unit.butterflies == butterflies), None)
    if found is None:
        allowed = ", ".join(str(unit.butterflies) for unit in units)
        rule = f"must be one of {allowed} for {hidden} units in blocks of {block}"
        raise InputError("machine: butterflies", rule, butterflies)
    return found
