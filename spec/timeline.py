"""The activity of each part of a core, cycle by cycle, in the middle of a long sequence.

The rules of `spec.clock` are applied step by step until the core is in a state in which it was
before. The steps in between are a period: one step, or several if streams of sequences or banks of
h take turns. Neither input nor output pauses, and streams take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from pascaline.spec.clock import CoreClock, Tile
from pascaline.spec.core import Core
from pascaline.spec.passes import Pass, Source
from pascaline.spec.product import Product

__all__ = ["ACTIVITIES", "Timeline", "timeline"]

Span = tuple[int, int]

ACTIVITIES = {
    "x read": "lanes take chunks of x",
    "h read": "lanes take chunks of h",
    "wait": "lanes have to wait",
    "bits": "bits of the sums are added",
    "drain": "finished sums leave the lanes",
    "layer norm": "sums of a pass are standardised",
    "layer norm of c": "c of a pass is standardised",
    "cell units": "new c and h are computed",
    "h written": "new h goes to memory",
    "result read": "h is read for the result",
}
"""Activities of a step and their meanings. With a result after every step, one is read in each
step; else none is read in the middle of a sequence. Only some layers have layer norm, and only
serial adders take the bits of a sum one after the other, while chunks wait."""

NOT_ALWAYS = ("bits", "layer norm", "layer norm of c", "result read")


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The steady state of a core.

    Attributes
    ----------
    period, steps : int
        Cycles after which all repeats, and the steps that are done in them.
    spans : dict of str to tuple of (int, int)
        When each of `ACTIVITIES` goes on for these steps: from a cycle to the one after the last,
        tile by tile, counted from the first cycle of the first step. What is done late in a step is
        finished during the next one, so a span may reach beyond the period.
    """

    period: int
    steps: int
    spans: dict[str, tuple[Span, ...]]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        spans = {name: [list(one) for one in found] for name, found in self.spans.items()}
        return {"period": self.period, "steps": self.steps, "spans": spans}


def timeline(core: Core) -> Timeline:
    """Follow a core until it is in its steady state, and tell of one period."""
    steps: list[dict[str, list[Span]]] = []
    done: dict[str, list[Span]] = {}
    end = -1

    def watch(index: int, tile: Tile) -> None:
        nonlocal end
        _note(core, index, tile, end, done)
        end = tile.last

    clock, reader = CoreClock(core.program, watch), _Reader(core)
    ends: list[int] = []
    seen: dict[tuple[int, ...], int] = {}
    for step in count():
        done = {name: [] for name in ACTIVITIES}
        stream = step % core.streams
        clock.step(stream, 0, fresh=False)
        if core.results == "every":
            done["result read"] = list(reader.step(clock.written))
            clock.read(stream, reader.end)
        steps.append(done)
        ends.append(clock.end)
        state = (stream, *clock.state, *(max(time - clock.end, 0) for time in reader.times))
        if state in seen:
            break
        seen[state] = step
    first = seen[state] + 1
    origin = min(steps[first]["x read"] + steps[first]["h read"])[0]
    found = {
        name: [one for done in steps[first:] for one in done.get(name, [])] for name in ACTIVITIES
    }
    return Timeline(
        period=ends[-1] - ends[first - 1],
        steps=len(steps) - first,
        spans={
            name: tuple((start - origin, stop - origin) for start, stop in spans)
            for name, spans in found.items()
            if spans or name not in NOT_ALWAYS
        },
    )


def _note(core: Core, index: int, tile: Tile, end: int, done: dict[str, list[Span]]) -> None:
    """Add the activities of a tile to ``done``; the tile before it ended in cycle ``end``."""
    now, last = core.passes[index], tile.last
    (_note_beside if now.beside else _note_in_turn)(now, tile, end, done)
    front, leaves, made = last + core.program.lane_latency, tile.leaves, core.pipeline.whole
    if core.drain.fill > 1:
        done["bits"].append((front - core.drain.fill, front))
    done["drain"].append((front, front + leaves))
    norm, state = core.norm, core.state_norm
    if norm is not None:
        if tile.begins is None:
            return
        done["layer norm"].append((tile.begins, tile.begins + norm.cycles))
        front, leaves = tile.begins + norm.front, norm.groups
    if state is not None:
        done["cell units"].append((front, front + core.pipeline.made + leaves))
        if tile.begins is None:
            return
        begins = tile.begins if norm is None else front + core.norms.apart(core.pipeline)
        done["layer norm of c"].append((begins, begins + state.cycles))
        front, leaves, made = begins + state.front, state.groups, core.pipeline.finish
    readable = front + made
    done["cell units"].append((front, readable + leaves - core.drain.group_cycles))
    done["h written"].append((readable - 1, readable + leaves - core.drain.group_cycles))


def _note_in_turn(now: Pass, tile: Tile, end: int, done: dict[str, list[Span]]) -> None:
    """Add the reading of a tile, source after source."""
    last, at, waits = tile.last, end + 1, []
    *before, final = zip(tile.starts, now.sources, strict=True)
    for start, source in before:
        waits.append((at, start))
        at = start + source.chunks
        done[_activity(source)].append((start, at))
    start, source = final
    waits.append((at, start))
    # The last chunk of a tile may have to wait for the drain.
    at = start + source.chunks - 1
    done[_activity(source)] += _some((start, at), (last, last + 1))
    done["wait"] += _some(*waits, (at, last))


def _note_beside(now: Pass, tile: Tile, end: int, done: dict[str, list[Span]]) -> None:
    """Add the reading of a tile, all sources side by side."""
    start, last = tile.starts[0], tile.last
    at = start + now.chunks - 1
    for source in now.sources:
        whole = source.chunks == now.chunks
        stop = start + source.chunks - whole
        final = (last, last + 1) if whole else (stop, stop)
        done[_activity(source)] += _some((start, stop), final)
    done["wait"] += _some((end + 1, start), (at, last))


def _activity(source: Source) -> str:
    """The activity of reading a source."""
    return "x read" if source.vector is None else "h read"


class _Reader:
    """Reads the h of each step for its result, if the stage behind always has room."""

    def __init__(self, core: Core) -> None:
        self._head_unit = core.head_unit
        self._product: Product = core.head_unit.product if core.head_unit else core.h_product
        self.end = -1
        self._drained = -1

    @property
    def times(self) -> tuple[int, ...]:
        """All that matters for what comes next."""
        return self.end, self._drained

    def step(self, ready: int) -> Iterator[Span]:
        """Read a step whose h can be read from a cycle on."""
        product, head_unit = self._product, self._head_unit
        tiles = product.tiles if head_unit else 1
        start = max(ready, self.end + 1)
        for tile in range(tiles):
            # The last chunk waits until the sums of the tile before have left.
            middle = start + product.chunks - 1
            last = max(middle, self._drained)
            yield from _some((start, middle), (last, last + 1))
            rows = product.last_rows if tile == tiles - 1 else product.lanes
            self._drained = last + head_unit.latency + rows if head_unit else last
            self.end, start = last, last + 1


def _some(*spans: Span) -> list[Span]:
    """Those that are not empty, where they touch as one."""
    found: list[Span] = []
    for start, stop in spans:
        if found and found[-1][1] == start < stop:
            found[-1] = (found[-1][0], stop)
        elif start < stop:
            found.append((start, stop))
    return found
