"""A layer that reads both ways: its directions take turns, vector by vector."""

from __future__ import annotations

from mutants.lemmas.words import State, Word, every

__all__ = ["alternate", "waited"]

CORE, BOTH = "machine.core_0.", "machine.both_0."

OF_X, OF_H, TILES = 2, 3, 3
"""Chunks of each, which are read in turn in each tile."""

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
    of_h = s[f"{CORE}sequencer.from_h"]
    reading = s[f"{CORE}inputs.read_0__bank"]
    full = reading.chooses(*(s[f"{CORE}inputs.full_{bank}"] for bank in range(2)))
    way = reading.chooses(*(s[f"{CORE}inputs.flags_{bank}[2]"] for bank in range(2)))
    after = (full & way) | (~full & _next_in(s))
    done = tile.is_(TILES - 1) & of_h
    found = [
        tile.at_most(TILES - 1),
        of_h.implies(chunk.at_most(OF_H - 1)) & (~of_h).implies(chunk.at_most(OF_X - 1)),
        (~running).implies(tile.is_(0) & ~of_h & chunk.is_(0)),
        (running & ~done).implies(full & ~(way ^ backward)),
        (running & done).implies(after ^ backward),
    ]
    twice = Word(s.builder, [0, *tile.bits])
    elapsed = twice + twice + tile + chunk + Word(s.builder, [0, *of_h.bits])
    for which, wait in enumerate(_waits(s)):
        mine = backward if which else ~backward
        found.append(wait.any().implies((elapsed + wait).at_most(WAIT)))
        found.append((running & mine).implies(wait.is_(0)))
        found.append((wait.any() & ~running).implies(~(after if which else ~after)))
    return every(found)


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
