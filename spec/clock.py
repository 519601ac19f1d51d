"""When a core does what: exact, from the core alone.

The lanes take one chunk a cycle. Let ``C`` be the chunks of a tile and ``e`` the cycle in which
the last chunk of a tile is read. The sums of that tile reach the front of the drain at
``e + lane_latency``; they leave it group by group, which takes ``g`` cycles (one a group, or
``pipeline.whole`` if the cell unit is serial), and each group's h can be read ``pipeline.whole``
cycles after it came to the front. So the next tile's last chunk is read

- at ``e + C`` if nothing holds it up,
- not before ``e + g``, since the drain must be empty,
- and, for the first tile of a pass that needs the h of a pass which ended in cycle ``e'``, not
  before ``e' + h_latency``: h is read in the order in which it is written, so the last chunk of the
  part is the one that may have to wait.

A head (or the h stream, where there is none) reads a step's h while the lanes work on; a step
may not start before the results of its stream's last step but one have been read, because the two
share a bank of memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pascaline.spec.core import Core

__all__ = ["CoreClock", "Tile", "h_latency", "lane_latency", "written_latency"]

ACCUMULATE = 1
"""From the sum of a chunk to the accumulator and the drain."""

NEVER = -(10**9)
"""Before all cycles that matter."""


def lane_latency(core: Core) -> int:
    """Cycles from reading the last chunk of a tile to its sums at the front of the drain."""
    return core.pipeline.read + core.h_product.registers + ACCUMULATE


def h_latency(core: Core) -> int:
    """Cycles from reading the last chunk of a pass to reading the last of its h."""
    return written_latency(core) - core.pipeline.issue


def written_latency(core: Core) -> int:
    """Cycles from reading the last chunk of a pass to the first in which all its h is in memory."""
    return lane_latency(core) + core.last_drain - core.group_cycles + core.pipeline.whole


@dataclass(frozen=True)
class Tile:
    """Cycles of a tile: when each part of it starts, when the last chunk is read, sums to drain."""

    starts: tuple[int, ...]
    last: int
    leaves: int


class CoreClock:
    """Steps of a core, one after the other.

    Parameters
    ----------
    core : Core
        The core.
    watch : callable, optional
        Gets the number of a pass and each of its tiles.
    """

    def __init__(self, core: Core, watch: Callable[[int, Tile], None] | None = None) -> None:
        self._core = core
        self._watch = watch
        self.end = -1
        """Cycle in which the last chunk of the last step was read."""
        self._drained = NEVER
        self._made: dict[tuple[int, int], int] = {}
        # Of the banks of each stream: the cycle in which the last result was read; the next first.
        self._read = [deque([-1, -1]) for _ in range(core.streams)]

    @property
    def state(self) -> tuple[int, ...]:
        """All that matters for what comes next, as distances."""
        past = self.end - h_latency(self._core)
        times = [self._made[key] for key in sorted(self._made)]
        times += [read for banks in self._read for read in banks]
        return tuple(max(time, past) - self.end for time in [self._drained, *times])

    def step(self, stream: int, arrival: int, *, fresh: bool) -> int:
        """Do a step.

        Parameters
        ----------
        stream : int
            Its stream.
        arrival : int
            First cycle in which its input can be read.
        fresh : bool
            Whether it starts from zero.

        Returns
        -------
        int
            The cycle in which the input has been read for the last time.
        """
        core, freed = self._core, NEVER
        start = max(self.end + 1, arrival, self._read[stream][0] + 1)
        for index, now in enumerate(core.passes):
            chunks = [core.part(index, part).chunks for part in core.order]
            vectors = {"x": now.x, "h": now.h if now.made or not fresh else None}
            starts, place = [], start
            for part, length in zip(core.order, chunks, strict=True):
                starts.append(max(place, self._ready(stream, vectors[part])))
                place = starts[-1] + length
            tile = Tile(tuple(starts), max(place - 1, self._drained), self._leaves(0))
            self._see(index, tile)
            if self._watch is None:
                # All tiles after the first have the same pace.
                tile = self._last_of(tile, chunks)
            else:
                for number in range(1, core.tiles):
                    tile = self._next(tile, chunks, number)
                    self._see(index, tile)
            self.end, self._drained = tile.last, tile.last + core.last_drain
            self._made[stream, now.to] = self.end
            if now.x is None:
                place = core.order.index("x")
                freed = tile.last if place else tile.starts[0] + chunks[0] - 1
            start = self.end + 1
        self._read[stream].rotate(-1)
        return freed

    def read(self, stream: int, end: int) -> None:
        """The result of the stream's last step has been read in that cycle."""
        self._read[stream][-1] = end

    def _ready(self, stream: int, vector: int | None) -> int:
        """First cycle in which a part may start that reads a vector of h."""
        if vector is None or (stream, vector) not in self._made:
            return NEVER
        latency = h_latency(self._core) - (self._core.h_product.chunks - 1)
        return self._made[stream, vector] + latency

    def _leaves(self, number: int) -> int:
        core = self._core
        return core.last_drain if number == core.tiles - 1 else core.tile_drain

    def _next(self, tile: Tile, chunks: list[int], number: int) -> Tile:
        first = tile.last + 1
        last = max(tile.last + sum(chunks), tile.last + self._core.tile_drain)
        return Tile((first, first + chunks[0]), last, self._leaves(number))

    def _last_of(self, tile: Tile, chunks: list[int]) -> Tile:
        left = self._core.tiles - 1
        if left == 0:
            return tile
        pace = max(sum(chunks), self._core.tile_drain)
        before = Tile(tile.starts, tile.last + (left - 1) * pace, self._core.tile_drain)
        return self._next(before, chunks, left)

    def _see(self, index: int, tile: Tile) -> None:
        if self._watch is not None:
            self._watch(index, tile)
