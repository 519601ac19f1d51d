"""A layer that reads both ways: its directions take turns, vector by vector."""

from __future__ import annotations

import re

from mutants.lemmas.words import State, Word, every, total

__all__ = ["alternate", "sided", "waited", "written"]

CORE, BOTH = "machine.core_0.", "machine.both_0."

OF_X, OF_H, TILES = 2, 3, 3
"""Chunks of each, which are read in turn in each tile."""

SIDES = re.escape(f"{CORE}sides")
"""Banks of h that the core writes."""

UNITS, PIPELINE = 5, ("busy", *(f"write_{k}" for k in range(1, 11)))

BEFORE = ("arrives",)
"""Where a tile is before its units are in the pipeline."""

WAIT = 10
"""What the wait for h begins with."""


def alternate(s: State) -> Word:
    """A vector is of the other direction than the one before, wherever they are."""
    fetched, chunk = s[f"{BOTH}backward"], s[f"{BOTH}signal_25"]
    waits, its = s[f"{BOTH}beat_full"], s[f"{BOTH}about[1]"]
    written = s[f"{CORE}inputs.chunk"]
    full = [s[f"{CORE}inputs.full_{bank}"] for bank in range(2)]
    way = [s[f"{CORE}inputs.flags_{bank}[2]"] for bank in range(2)]
    bank, reading = s[f"{CORE}inputs.bank"], s[f"{CORE}inputs.read_0__bank"]
    next_in = _next_in(s)
    behind, ahead = reading.chooses(*full), reading.chooses(*full[::-1])
    first, second = reading.chooses(*way), reading.chooses(*way[::-1])
    return every(
        [
            waits.implies(~(its ^ fetched ^ ~chunk)),
            ~(written ^ chunk ^ waits),
            written.implies(~(s[f"{CORE}inputs.kept"] ^ next_in)),
            written.implies(~(bank.chooses(*way) ^ next_in)),
            ~(bank ^ reading ^ (behind ^ ahead)),
            ahead.implies(behind & (first ^ second)),
            (behind & ~ahead).implies(first ^ next_in),
            (behind & ahead).implies(second ^ next_in),
            (behind & ahead).implies(~written),
        ]
    )


def waited(s: State) -> Word:
    """A step begins when the one before has been read, so its own h is there."""
    running, backward = s[f"{CORE}sequencer.running"], s[f"{CORE}sequencer.kept[3]"]
    tile, chunk = s[f"{CORE}sequencer.tile"], s[f"{CORE}sequencer.chunk"]
    of_h, after, elapsed = s[f"{CORE}sequencer.from_h"], _after(s), _elapsed(s)
    reading = s[f"{CORE}inputs.read_0__bank"]
    full = reading.chooses(*(s[f"{CORE}inputs.full_{bank}"] for bank in range(2)))
    way = reading.chooses(*(s[f"{CORE}inputs.flags_{bank}[2]"] for bank in range(2)))
    done = tile.is_(TILES - 1) & of_h
    found = [
        tile.at_most(TILES - 1),
        of_h.implies(chunk.at_most(OF_H - 1)) & (~of_h).implies(chunk.at_most(OF_X - 1)),
        (~running).implies(tile.is_(0) & ~of_h & chunk.is_(0)),
        (running & ~done).implies(full & ~(way ^ backward)),
        (running & done).implies(after ^ backward),
    ]
    for which, wait in enumerate(_waits(s)):
        mine = backward if which else ~backward
        found.append(wait.any().implies((elapsed + wait).at_most(WAIT)))
        found.append((running & mine).implies(wait.is_(0)))
        found.append((wait.any() & ~running).implies(~(after if which else ~after)))
    return every(found)


def written(s: State) -> Word:
    """Units are written in the order of their steps, and of one direction till that is done."""
    running, reads = s[f"{CORE}sequencer.running"], s[f"{CORE}sequencer.kept[3]"]
    units = [s[f"{CORE}cells.{name}"] for name in PIPELINE]
    ways = [
        s[f"{CORE}cells.flags{(place and f'_{place}') or ''}[3]"] for place in range(len(units))
    ]
    comes, last = s[f"{CORE}arrives"], s[f"{CORE}last_tile"]
    more, way = units[0] & s[f"{CORE}cells.left"], s[f"{CORE}token[3]"]
    tile, chunk, of_h = (s[f"{CORE}sequencer.{name}"] for name in ("tile", "chunk", "from_h"))
    count, elapsed = s[f"{CORE}pointer.group"], _elapsed(s)
    tails, writes = _tails(s), _writing(s)
    tail, waits = tails[0] | tails[1], _waits(s)
    wait = tails[1].chooses(*waits)
    entering = Word(s.builder, [*(comes & last).bits, *(comes & ~last).bits])
    read = Word(s.builder, [0, *tile.bits])
    step = Word(s.builder, [*tail.bits, 0, *tail.bits])
    same, other = ~(way ^ writes), running & ~(way ^ reads)
    found = [
        ~(tails[0] & tails[1]),
        comes.implies(chunk.is_(0) & ~of_h & ~more & ~(last ^ tile.is_(0))),
        more.implies(~of_h & chunk.at_most(1) & ~tile.is_(0)),
        total([*units, entering, more, count]).is_(read + step),
        *(wait.implies(which) for wait, which in zip([w.any() for w in waits], tails, strict=True)),
        (tail & running).implies(reads ^ writes),
        (tail & ~running).implies(_after(s) ^ writes),
        count.at_most(UNITS - 1) & ~(s[f"{CORE}pointer.last"] ^ count.is_(UNITS - 1)),
        (tail & wait.is_(0)).implies(elapsed.at_most(WAIT + 1)),
        (tail & units[-2]).implies(elapsed.at_most(WAIT)),
        (tail & wait.is_(WAIT)).implies(
            comes & last & same & total([*units, count]).is_(UNITS - 1)
        ),
        (comes & ~(tail & wait.is_(WAIT))).implies(~last & other),
    ]
    for left in range(WAIT):
        here, place = tail & wait.is_(left), WAIT - 1 - left
        there = units[place] if left else units[place] | units[place + 1]
        found.append(here.implies(there & total([*units[place:], count]).is_(UNITS)))
    for place, (unit, mark) in enumerate(zip(units, ways, strict=True)):
        older = tail & ~wait.at_most(max(WAIT - 2 - place, 0)) if place < WAIT - 1 else tail
        found.append((unit & older).implies(~(mark ^ writes)))
        late = ~elapsed.at_most(len(BEFORE) + OF_X + OF_H + place - 1)
        found.append((unit & ~older).implies(running & ~(mark ^ reads) & late))
    return every(found)


def _writing(s: State) -> Word:
    """The direction of the step whose unit is the next to be written."""
    tails, running = _tails(s), s[f"{CORE}sequencer.running"]
    tail, reads = tails[0] | tails[1], s[f"{CORE}sequencer.kept[3]"]
    return (tail & tails[1]) | (~tail & ((running & reads) | (~running & _after(s))))


def sided(s: State) -> Word:
    """A bank that changes with the other direction is another one just while that is written."""
    if not s.own(SIDES):
        return Word(s.builder, [1])
    return ~(s.may_differ(SIDES) ^ _writing(s))


def _tails(s: State) -> list[Word]:
    """Whether a step of either direction was read of which not all is written."""
    return [s[f"{CORE}sequencer.sides[{k}]"] ^ s[f"{CORE}sides[{k}]"] for k in range(2)]


def _elapsed(s: State) -> Word:
    """Cycles that a step has been read, but for those in which it waited."""
    tile, of_h = s[f"{CORE}sequencer.tile"], s[f"{CORE}sequencer.from_h"]
    twice = Word(s.builder, [0, *tile.bits])
    read = s[f"{CORE}sequencer.chunk"] + Word(s.builder, [0, *of_h.bits])
    return twice + twice + tile + read


def _after(s: State) -> Word:
    """The direction of the vector after the one that is read, or of the next one."""
    reading = s[f"{CORE}inputs.read_0__bank"]
    full = reading.chooses(*(s[f"{CORE}inputs.full_{bank}"] for bank in range(2)))
    way = reading.chooses(*(s[f"{CORE}inputs.flags_{bank}[2]"] for bank in range(2)))
    return (full & way) | (~full & _next_in(s))


def _next_in(s: State) -> Word:
    """The direction of the next chunk that is written into a bank."""
    waits = s[f"{BOTH}beat_full"]
    return (waits & s[f"{BOTH}about[1]"]) | (~waits & s[f"{BOTH}backward"])


def _waits(s: State) -> list[Word]:
    """The waits for h, of either direction."""
    found = []
    for low, high in (("_163_", "_164_"), ("_165_", "_166_")):
        even, odd = (s[f"{CORE}sequencer.{name}"].bits for name in (low, high))
        found.append(Word(s.builder, [even[0], odd[0], even[1], odd[1]]))
    return found
