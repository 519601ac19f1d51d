"""The timing diagram: what goes on in which cycle of a step, and what follows from which number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pascaline.pages.adders import sums_of
from pascaline.pages.colours import BLUE, GREEN, GREY, LIGHT, ORANGE, PURPLE, SKY, VERMILION
from pascaline.spec.timeline import ACTIVITIES

__all__ = ["Bar", "Row", "busy", "formula", "rows", "starts", "ticks", "window"]

COLOURS = {
    "x read": SKY,
    "h read": BLUE,
    "wait": LIGHT,
    "bits": VERMILION,
    "drain": ORANGE,
    "layer norm": VERMILION,
    "layer norm of c": VERMILION,
    "cell units": GREEN,
    "h written": PURPLE,
    "result read": GREY,
}

FINEST = 400
"""Gaps of less than all cycles over this are not drawn: they are less than a pixel on a phone."""

NARROWEST = 0.3
"""Percentage of all cycles that can just be seen."""

MANY, SOME = 60, 24
"""Tiles of a period that are too many to be told apart, and how many of them are drawn then."""

Span = tuple[int, int]

Core = dict[str, Any]
"""What a result says of a core: its ``step`` and its ``timeline``."""


@dataclass(frozen=True)
class Bar:
    """Left and width, as percentages of what is drawn; whether it is of the first tile."""

    left: float
    width: float
    first: bool


@dataclass(frozen=True)
class Row:
    """An activity: its meaning, colour, bars, and in how many cycles of the period it goes on."""

    name: str
    meaning: str
    colour: str
    bars: tuple[Bar, ...]
    cycles: int


def _tiles(core: Core) -> list[Span]:
    """When each tile of the period starts, and when its last chunk is read and the next starts."""
    found, step = core["timeline"]["spans"], core["step"]
    # Where weights are wires, x and h are read side by side.
    reads = iter(_merge(sorted(map(tuple, found["x read"] + found["h read"])), 0))
    lengths = [one["chunks"] for one in step["passes"] for _ in range(step["tiles"])]
    tiles, (at, stop) = [], next(reads)
    for length in lengths * core["timeline"]["steps"]:
        at, stop = (at, stop) if at < stop else next(reads)
        start, left = at, length
        while left > stop - at:
            left -= stop - at
            at, stop = next(reads)
        at += left
        tiles.append((start, at))
    return tiles


def window(core: Core) -> int:
    """Cycles that are drawn: the period, or the first tiles of many."""
    tiles = _tiles(core)
    return int(tiles[SOME][0] if len(tiles) > MANY else core["timeline"]["period"])


def rows(core: Core) -> list[Row]:
    """The rows of a core's timeline, in the order in which things happen."""
    period, found = core["timeline"]["period"], core["timeline"]["spans"]
    per_pass, seen = core["step"]["tiles"], window(core)
    firsts = _tiles(core)[::per_pass]
    drawn = []
    for name, spans in found.items():
        if not spans and name == "h read":
            continue  # It meets no matrix.
        everything = _wrap(spans, period)
        of_first = [] if name in ("wait", "result read") else spans[::per_pass]
        if name in ("x read", "h read"):
            of_first = [
                one for one in spans if any(start <= one[0] < stop for start, stop in firsts)
            ]
        bars = [
            _bar(start, min(stop, seen), seen, first=first)
            for first, some in ((False, _merge(everything, seen / FINEST)), (True, of_first))
            for start, stop in _wrap(some, period)
            if start < seen
        ]
        cycles = sum(stop - start for start, stop in _merge(everything, 0))
        meaning = ACTIVITIES[name].replace("lanes", sums_of(core["step"]))
        if name == "wait" and "bits" in found:
            meaning = "chunks have to wait"
        drawn.append(Row(name, meaning, COLOURS[name], tuple(bars), cycles))
    return drawn


def busy(core: Core) -> float:
    """Share of the cycles in which what makes the sums of gates is at work."""
    period, found = core["timeline"]["period"], core["timeline"]["spans"]
    spans = [span for name in ("x read", "h read", "bits") for span in found.get(name, ())]
    return float(sum(stop - start for start, stop in _merge(_wrap(spans, period), 0)) / period)


def _wrap(spans: Iterable[Span], period: int) -> list[Span]:
    """What lies in the period, with what reaches into it from others."""
    found = []
    for start, stop in spans:
        if start < 0:
            start, stop = start + period, stop + period
        while stop > 0:
            if start < period:
                found.append((max(start, 0), min(stop, period)))
            start, stop = start - period, stop - period
    return sorted(found)


def _merge(spans: Iterable[Span], gap: float) -> list[Span]:
    """The same as spans with more than a gap between them."""
    found: list[Span] = []
    for start, stop in spans:
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def _bar(start: int, stop: int, whole: int, *, first: bool) -> Bar:
    width = max(100 * (stop - start) / whole, NARROWEST)
    return Bar(round(min(100 * start / whole, 100 - width), 3), round(width, 3), first)


def ticks(cycles: int) -> list[int]:
    """Round numbers of cycles, at most six of them."""
    step = next(
        digit * 10**power
        for power in range(12)
        for digit in (1, 2, 5)
        if cycles / (digit * 10**power) <= 6
    )
    return list(range(0, cycles, step))


def starts(core: Core) -> list[tuple[int, bool]]:
    """Cycles in which passes begin, as far as they are drawn; whether a step begins with them."""
    step = core["step"]
    count, seen = len(step["passes"]), window(core)
    firsts = [start for start, _ in _tiles(core)[:: step["tiles"]]]
    return [(start, index % count == 0) for index, start in enumerate(firsts) if start < seen]


def formula(core: Core) -> str | None:
    """The cycles of a step, as they are calculated; None where reading results sets the pace."""
    step = core["step"]
    terms, rest, cycles = [], "", 0
    wired = step.get("adders")
    more = wired["cycles"] - 1 if wired else 0
    for one in step["passes"]:
        chunks, last = one["chunks"] + more, step["last_drain"] + more
        early = one["chunks"] - step["h_chunks"] if wired else 0
        if one["waits"]:
            last = step["h_latency"] + early
        pace = max(chunks, step["tile_drain"])
        if not wired:  # A pass is one tile.
            rest = f"({step['tiles']} - 1) * max({chunks}, {step['tile_drain']}) + "
        terms.append(f"{rest}max({chunks}, {last})")
        cycles += (step["tiles"] - 1) * pace + max(chunks, last)
    text = " + ".join(terms)
    streams = step["streams"]
    if streams > 1 and len(step["passes"]) == 1:
        # A stream's next step waits for its own h, while those of the others are under way.
        text = f"max({text}, ({rest}{step['h_latency'] + early}) / {streams})"
        least = (step["tiles"] - 1) * pace + step["h_latency"] + early
        whole = max(cycles * streams, least)
    else:
        whole = cycles * streams
    if step["directions"] > 1:
        text = f"{step['directions']} * ({text})"
    found = step["directions"] * whole / streams
    return text if found == step["cycles_per_step"] else None
