"""The timing diagram: what goes on in which cycle of a step, and what follows from which number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cli.page.colours import BLUE, GREEN, GREY, LIGHT, ORANGE, PURPLE, SKY
from spec.timeline import ACTIVITIES

__all__ = ["Bar", "Row", "formula", "rows", "step_starts", "ticks", "window"]

COLOURS = {
    "x read": SKY,
    "h read": BLUE,
    "wait": LIGHT,
    "drain": ORANGE,
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

Interval = tuple[int, int]


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


def window(result: dict[str, Any]) -> int:
    """Cycles that are drawn: the period, or the first tiles of many."""
    starts = [start for start, _ in result["timeline"]["intervals"]["x read"]]
    return int(starts[SOME] if len(starts) > MANY else result["timeline"]["period"])


def rows(result: dict[str, Any]) -> list[Row]:
    """The rows of a result's timeline, in the order in which things happen."""
    period, found = result["timeline"]["period"], result["timeline"]["intervals"]
    per_step, seen = result["step"]["tiles"], window(result)
    drawn = []
    for name, intervals in found.items():
        everything = _wrap(intervals, period)
        of_first = [] if name in ("wait", "result read") else intervals[::per_step]
        if name == "h read":
            of_first = _h_of_first(found["x read"], intervals, per_step, period)
        bars = [
            _bar(start, min(stop, seen), seen, first=first)
            for first, some in ((False, _merge(everything, seen / FINEST)), (True, of_first))
            for start, stop in _wrap(some, period)
            if start < seen
        ]
        cycles = sum(stop - start for start, stop in _merge(everything, 0))
        drawn.append(Row(name, ACTIVITIES[name], COLOURS[name], tuple(bars), cycles))
    return drawn


def _h_of_first(x: list[Interval], h: list[Interval], per_step: int, period: int) -> list[Interval]:
    """Intervals of h between the first x of a step and the next x."""
    starts = [*(start for start, _ in x), period]
    tiles = [(starts[place], starts[place + 1]) for place in range(0, len(x), per_step)]
    return [one for one in h if any(start < one[0] < stop for start, stop in tiles)]


def _wrap(intervals: Iterable[Interval], period: int) -> list[Interval]:
    """What lies in the period, with what reaches into it from others."""
    found = []
    for start, stop in intervals:
        if start < 0:
            start, stop = start + period, stop + period
        while stop > 0:
            if start < period:
                found.append((max(start, 0), min(stop, period)))
            start, stop = start - period, stop - period
    return sorted(found)


def _merge(intervals: Iterable[Interval], gap: float) -> list[Interval]:
    """The same as intervals with more than a gap between them."""
    found: list[Interval] = []
    for start, stop in intervals:
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


def step_starts(result: dict[str, Any]) -> list[int]:
    """Cycles in which the steps of the period begin, as far as they are drawn."""
    starts = result["timeline"]["intervals"]["x read"][:: result["step"]["tiles"]]
    return [start for start, _ in starts if start < window(result)]


def formula(result: dict[str, Any]) -> str | None:
    """The cycles of a step, as they are calculated; None where the results may set the pace."""
    step = result["step"]
    if step["results"] != "last":
        return None
    chunks, streams = step["x_chunks"] + step["h_chunks"], step["streams"]
    rest = f"({step['tiles']} - 1) * max({chunks}, {step['tile_drain']})"
    if streams == 1:
        return f"{rest} + max({chunks}, {step['h_latency']})"
    pace = f"{rest} + max({chunks}, {step['last_drain']})"
    return f"max({pace}, ({rest} + {step['h_latency']}) / {streams})"
