"""What the parts of a machine do in each cycle of a step, in the middle of a long sequence.

`spec.cycles` has the rules, and says how many cycles a step takes; here they are followed step by
step until all that matters is as it was once before. What lies between is a period: a step, or
several where streams of sequences or banks of h take turns in setting the pace. Neither input nor
output pauses, and each stream has its turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from spec import cycles
from spec.design import Design
from spec.product import Product

__all__ = ["ACTIVITIES", "Timeline", "timeline"]

Interval = tuple[int, int]

ACTIVITIES = {
    "x read": "lanes take chunks of x",
    "h read": "lanes take chunks of h",
    "wait": "lanes have to wait",
    "drain": "finished sums leave the lanes",
    "cell units": "new c and h are computed",
    "h written": "new h goes to memory",
    "result read": "h is read for the result",
}
"""What is told of a step, and what it means. A result is read in each step if there is one after
each; else none is in the middle of a sequence."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The steady state of a machine.

    Attributes
    ----------
    period, steps : int
        Cycles after which all repeats, and the steps that are done in them.
    intervals : dict of str to tuple of (int, int)
        When each of `ACTIVITIES` goes on for these steps: from a cycle to the one after the last,
        tile by tile, counted from the first cycle of the first step. What is done late in a step is
        finished during the next one, so an interval may reach beyond the period.
    """

    period: int
    steps: int
    intervals: dict[str, tuple[Interval, ...]]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        intervals = {name: [list(one) for one in found] for name, found in self.intervals.items()}
        return {"period": self.period, "steps": self.steps, "intervals": intervals}


def timeline(design: Design) -> Timeline:
    """Follow a design until it is in its steady state, and tell of one period."""
    lanes, reader = _Lanes(design), _Reader(design)
    every = design.network.results == "every"
    steps: list[dict[str, list[Interval]]] = []
    ends: list[int] = []
    seen: dict[tuple[int, ...], int] = {}
    for step in count():
        done = lanes.step(reader.banks[0] + 1)
        if every:
            ready = lanes.end + cycles.written_latency(design)
            done["result read"] = list(reader.step(ready))
        steps.append(done)
        ends.append(lanes.end)
        times = [*lanes.ends, *(reader.times if every else ())]
        state = tuple(time - lanes.end for time in times)
        if state in seen:
            break
        seen[state] = step
    first = seen[state] + 1
    origin = min(steps[first]["x read"])[0]
    found = {
        name: [one for done in steps[first:] for one in done.get(name, [])] for name in ACTIVITIES
    }
    return Timeline(
        period=ends[-1] - ends[first - 1],
        steps=len(steps) - first,
        intervals={
            name: tuple((start - origin, stop - origin) for start, stop in intervals)
            for name, intervals in found.items()
            if intervals or name != "result read"
        },
    )


class _Lanes:
    """The lanes and what follows them, step after step."""

    def __init__(self, design: Design) -> None:
        self._design = design
        streams = design.machine.streams
        self.ends = deque([-cycles.h_latency(design)] * streams, maxlen=streams)
        """Cycles in which the last chunks of each stream's last step were read, the next stream's
        first; the first steps wait for none."""

    @property
    def end(self) -> int:
        """Cycle in which the last chunk of the last step was read."""
        return self.ends[-1]

    def step(self, free: int) -> dict[str, list[Interval]]:
        """Do a step whose bank of h is free from a cycle on."""
        design = self._design
        x, h = design.x_product.chunks, design.h_product.chunks
        done: dict[str, list[Interval]] = {name: [] for name in ACTIVITIES}
        before, end, drained = self.ends[0], self.end, self.end + design.last_drain
        for tile in range(design.tiles):
            start, needed = end + 1, 0
            if tile == 0:
                # Each chunk of h may be read a cycle after the one before it.
                start = max(start, free, 0)
                needed = before + cycles.h_latency(design) - (h - 1)
            middle = max(start + x, needed)
            last = max(middle + h - 1, drained)
            done["x read"].append((start, start + x))
            done["h read"] += _some((middle, middle + h - 1), (last, last + 1))
            done["wait"] += _some((end + 1, start), (start + x, middle), (middle + h - 1, last))
            leaves = design.last_drain if tile == design.tiles - 1 else design.tile_drain
            front = last + cycles.lane_latency(design)
            readable = front + design.pipeline.whole
            done["drain"].append((front, front + leaves))
            done["cell units"].append((front, readable + leaves - design.group_cycles))
            done["h written"].append((readable - 1, readable + leaves - design.group_cycles))
            end, drained = last, last + leaves
        self.ends.append(end)
        return done


class _Reader:
    """What reads the h of each step for its result."""

    def __init__(self, design: Design) -> None:
        banks = 2 * design.machine.streams
        self.banks = deque([-1] * banks, maxlen=banks)
        """When each bank was read to its end, the next one first."""
        self._design = design
        self._product: Product = design.head_product or design.h_product
        self._is_head = design.head_product is not None
        self._end = -1
        self._drained = -1

    @property
    def times(self) -> tuple[int, ...]:
        """All that matters for what comes next."""
        return self._end, self._drained, *self.banks

    def step(self, ready: int) -> Iterator[Interval]:
        """Read a step whose h can be read from a cycle on."""
        product = self._product
        tiles = product.tiles if self._is_head else 1
        drain = cycles.head_latency(self._design) if self._is_head else 0
        start = max(ready, self._end + 1)
        for tile in range(tiles):
            # The last chunk waits until the sums of the tile before have left.
            middle = start + product.chunks - 1
            last = max(middle, self._drained)
            yield from _some((start, middle), (last, last + 1))
            rows = product.last_rows if tile == tiles - 1 else product.lanes
            self._drained = last + drain + rows if self._is_head else last
            self._end, start = last, last + 1
        self.banks.append(self._end)


def _some(*intervals: Interval) -> list[Interval]:
    """Those that are not empty, where they touch as one."""
    found: list[Interval] = []
    for start, stop in intervals:
        if found and found[-1][1] == start < stop:
            found[-1] = (found[-1][0], stop)
        elif start < stop:
            found.append((start, stop))
    return found
