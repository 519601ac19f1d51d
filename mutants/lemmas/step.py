"""A layer of seven units: where each unit of a step is, and in which bank of h it will be.

A step is read in 4 tiles of 4 cycles each, of two units but for the last, which has one. A unit is
in the pipeline from `PIPELINE`'s first register to its last, and is written then. Two steps may be
under way: one that is read, and one whose last units are not yet written; the sequencer has gone
on to the other bank of h by then, and the core has not.
"""

from __future__ import annotations

from dataclasses import dataclass

from mutants.lemmas.words import State, Word, every, total

__all__ = ["Step"]

UNITS, TILES, CYCLES = 7, 4, 4

PIPELINE = (
    ("busy",),
    ("write_1", "c_read_1"),
    ("write_2", "c_read_2"),
    ("write_3", "advance_65"),
    ("write_4", "c_write_4"),
    ("write_5", "c_write_5"),
    ("write_6", "advance_66"),
    *((f"write_{k}",) for k in range(7, 11)),
)
"""There is a unit in each place where one of these is 1; the first of the names that there is."""

LAST = len(PIPELINE) - 1

BEFORE = (
    ("ends_tile", "last_tile_1"),
    ("lanes.ends_tile_1", "last_tile_2"),
    ("lanes.arrives", "last_tile"),
)
"""Before the pipeline a tile is whole: whether one is there, and whether it is the last."""

WAIT = LAST + len(BEFORE)
"""What the wait for h begins with, which says how long ago the last tile was read."""

TOKENS = "token_1", "token_2", "token"
"""What is said of the tiles of `BEFORE`."""


@dataclass(frozen=True)
class Step:
    """What is under way.

    Parameters
    ----------
    core : str
        What names of registers begin with.
    """

    core: str

    def pointers(self, s: State) -> Word:
        """Unit, slot, chunk and the mark of the last go together: the eighth place is not used."""
        found = []
        for name in ("pointer", "state.pointer"):
            if f"{self.core}{name}.slot" in s:
                group, slot, chunk, last = (
                    s[f"{self.core}{name}.{part}"] for part in ("group", "slot", "chunk", "last")
                )
                found.append(
                    ~every(
                        ~(group.is_(k) & slot.is_(k % 4) & chunk.is_(k // 4) & last.is_(k // 6))
                        for k in range(UNITS)
                    )
                )
        return every(found)

    def spaced(self, s: State) -> Word:
        """A tile is under way no longer than it takes to read the next one up to its end."""
        at, tile = self._at(s), self._register(s, "sequencer.tile")
        idle = ~self._register(s, "sequencer.running")
        ends = [end for end, _ in self._before(s)]
        more = self._more(s)
        found = [idle.implies(tile.is_(0) & at.is_(0)), more.implies(~tile.is_(0))]
        found += [end.implies(at.at_most(cycle)) for cycle, end in enumerate(ends)]
        found += [
            end.implies(every(~other for other in (*ends[place + 1 :], more)))
            for place, end in enumerate(ends)
        ]
        found += [end.implies(~(last ^ tile.is_(0))) for end, last in self._before(s)]
        return every(found)

    def counted(self, s: State) -> Word:
        """Units that are written, and those under way, are those of the tiles that were read."""
        tile = self._register(s, "sequencer.tile")
        written = self._register(s, "pointer.group")
        entering = [
            Word(s.builder, [*(end & last).bits, *(end & ~last).bits])
            for end, last in self._before(s)
        ]
        under_way = total([*self.pipeline(s), *entering, self._more(s)])
        read = Word(s.builder, [0, *tile.bits])
        step = Word(s.builder, self.tail(s).bits * 3)
        return (under_way + written).is_(read + step)

    def timed(self, s: State) -> Word:
        """The wait for h says where the last unit of a tail is, and how far the next step is."""
        tail, wait = self.tail(s), self._wait(s)
        tile, written = self._register(s, "sequencer.tile"), self._register(s, "pointer.group")
        places = [*self.pipeline(s)[::-1], *(end & last for end, last in self._before(s)[::-1])]
        found = [wait.at_most(WAIT)]
        for k, place in enumerate(places):
            here = wait.is_(k)
            found.append(here.implies(place))
            behind = total([*self.pipeline(s)[LAST - k :], written]) if k <= LAST else None
            found.append(here.implies(tile.is_(0) if behind is None else behind.is_(UNITS)))
        read = Word(s.builder, [*self._at(s).bits, *tile.bits])
        found.append((read + wait).at_most(WAIT + 1))
        return tail.implies(every(found)) & (~tail).implies(wait.is_(0))

    def banks(self, s: State) -> Word:
        """A bank is reserved for a step until its results have left, and no two have the same."""
        reserved, level = (
            self._register(s, name) for name in ("sequencer.reserved", "outputs.queue.level")
        )
        reading, writing = self._register(s, "sequencer.sides"), self._register(s, "sides")
        out, into = (self._register(s, f"outputs.queue.{name}") for name in ("consume", "produce"))
        waiting = [self._register(s, f"outputs.queue.storage[{k}]")[0] for k in range(2)]
        first, running, tail = out.chooses(*waiting), self._running(s), self.tail(s)
        free = reserved[0], reserved[1]
        one, two = level.is_(1), level.is_(2)
        return every(
            [
                ~level.is_(3),
                ~(out ^ into ^ level[0]),
                one.implies(first.chooses(*free)),
                two.implies(free[0] & free[1] & (waiting[0] ^ waiting[1])),
                running.implies(reading.chooses(*free) & ~two),
                (running & one).implies(first ^ reading),
                tail.implies(writing.chooses(*free) & ~two),
                (tail & one).implies((first ^ writing) & ~running),
            ]
        )

    def marked(self, s: State) -> Word:
        """What is said of a step goes with its tiles, and each step gives results."""
        running, kept = self._running(s), self._register(s, "sequencer.kept")
        tokens = [self._register(s, name) for name in TOKENS]
        flags = self._register(s, "cells.flags") if self._whole_flags(s) else None
        found = [running.implies(kept[1])]
        for place, (end, last) in enumerate(self._before(s)):
            found.append(end.implies(tokens[place][1]))
            others = every(token.is_(kept) for token in tokens[: place + 1])
            found.append((end & ~last).implies(running & others))
        more = self._more(s)
        found.append(more.implies(running & every(token.is_(kept) for token in tokens)))
        if flags is not None:
            found.append(more.implies(flags.is_(tokens[-1])))
        found.append(self.pipeline(s)[0].implies(s[f"{self.core}cells.flags[1]"]))
        return every(found)

    def eighth(self, s: State) -> Word:
        """The eighth element of h is 0, in its memory and where a chunk's end was read."""
        words = [
            s[f"{self.core}hidden.memory[{bank}][{k}]"] for bank in (2, 3) for k in range(24, 32)
        ]
        read = every(~s[f"{self.core}hidden._2_[{k}]"] for k in range(24, 32))
        return every(~word for word in words) & self._register(s, "ends_1").implies(read)

    def quiet(self, s: State) -> Word:
        """States are restored and dumped while nothing is under way, and no bank is reserved."""
        still = ~self._running(s) & ~self._register(s, "sequencer.reserved").any()
        dumping, waits = self._register(s, "state.dumping"), self._register(s, "sequencer.dumping")
        restoring, fetched = s["i_state__ready"], s["machine.o_state__valid"]
        return every(
            [
                dumping.implies(waits & still),
                fetched.implies(dumping),
                restoring.implies(~dumping & ~waits & still),
            ]
        )

    def fetched(self, s: State) -> Word:
        """What is dumped is what is in the memory."""
        bank, chunk = (
            ~self._register(s, "sequencer.sides"),
            self._register(s, "state.pointer.chunk"),
        )
        words = [self._register(s, f"hidden.memory[{k}]") for k in range(4)]
        address = Word(s.builder, [*bank.bits, *chunk.bits])
        read = self._register(s, "hidden._1_")
        return s["machine.o_state__valid"].implies(read.is_(address.chooses(*words)))

    def undumped(self, s: State) -> Word:
        """On a bus no state is dumped."""
        names = "sequencer.dumping", "state.dumping", "state.fetched", "inputs.flags_0[4]"
        return every(~self._register(s, name) for name in names)

    def pipeline(self, s: State) -> list[Word]:
        """Whether there is a unit in each of its places."""
        return [s.first(*(f"{self.core}cells.{name}" for name in names)) for names in PIPELINE]

    def tail(self, s: State) -> Word:
        """Whether a step was read of which not all is written."""
        return self._register(s, "sequencer.sides") ^ self._register(s, "sides")

    def begins(self, s: State) -> Word:
        """Whether nothing is under way but the first chunk of a step, and no results are."""
        running, at = self._running(s), self._at(s)
        alone = ~self.tail(s) & self._register(s, "outputs.queue.level").is_(0)
        idle = ~running & ~self._register(s, "sequencer.reserved").any()
        return alone & self._register(s, "sequencer.tile").is_(0) & (idle | (running & at.is_(1)))

    def _register(self, s: State, name: str) -> Word:
        return s[f"{self.core}{name}"]

    def _running(self, s: State) -> Word:
        return self._register(s, "sequencer.running")

    def _at(self, s: State) -> Word:
        """Cycle within a tile."""
        names = "sequencer.chunk", "sequencer.from_h"
        return Word(s.builder, [bit for name in names for bit in self._register(s, name).bits])

    def _wait(self, s: State) -> Word:
        others = self._register(s, "sequencer._139_").bits
        second = self._register(s, "sequencer.h_wait_0_0_reg_1").bits
        return Word(s.builder, [others[0], *second, *others[1:]])

    def _before(self, s: State) -> list[tuple[Word, Word]]:
        return [(self._register(s, end), self._register(s, last)) for end, last in BEFORE]

    def _more(self, s: State) -> Word:
        """Whether the second unit of a tile enters the pipeline."""
        return self._register(s, "cells.busy") & self._register(s, "cells.left")

    def _whole_flags(self, s: State) -> bool:
        return f"{self.core}cells.flags[0]" in s
