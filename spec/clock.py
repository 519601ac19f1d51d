"""When a core does what: exact, from its program alone.

The lanes take one chunk a cycle. Let ``C`` be the chunks of a tile and ``e`` the cycle in which
the last chunk of a tile is read. The sums of that tile reach the front of the drain at
``e + lane_latency``; they leave it group by group, which takes ``g`` cycles (one a group, or
``pipeline.whole`` if the cell unit is serial), and each group's h can be read ``pipeline.whole``
cycles after it came to the front. So the next tile's last chunk is read

- at ``e + C`` if nothing holds it up,
- not before ``e + g``, since the drain must be empty,
- ``between`` cycles later than that in the first tile of a step,
- and, for the first tile of a pass that needs the h of a pass which ended in cycle ``e'``, not
  before ``e' + h_latency``: h is read in the order in which it is written, so the last chunk of the
  part is the one that may have to wait.

Where h is transformed instead, the transform of a step starts at ``b``, which is when all h is in
memory, ``e' + written_latency``, or when the transform of the step before is done, ``walsh.cycles``
after its ``b``. The last chunk of the first tile of the stream's next step is then not read before
``b + transform_latency``, even if that step starts from zero.

With layer norm (`spec.norm`) the sums of a pass, or its c where only that is standardised, are
complete ``filled_latency`` after its last chunk was read, and the engine begins with them then, or
``norm.cycles`` after it began with the pass before. Counted from that cycle ``b``, all h is in
memory at ``b + made_latency``, so the last chunk of a part that needs it is not read before
``b + made_latency - issue``. There are buffers for two passes: the last chunk of the first tile of
the pass after the next one is not read before ``b + freed_latency``.

Where weights are wires (`spec.wires`) a pass is one tile, and its sources are read side by side:
all start when the last one may, and ``C`` is the chunks of the longest. With serial adders, which
take ``w`` cycles for the bits of a sum, the next pass is not read before ``e + w``, and its last
chunk not before ``e + g + w - 1``.

A head (or the h stream, where there is none) reads a step's h while the lanes work on; a step
may not start before the results of its stream's last step but one have been read, because the two
share a bank of memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from pascaline.spec.passes import Pass, Source
from pascaline.spec.program import Program

__all__ = ["NEVER", "CoreClock", "Tile"]

NEVER = -(10**9)
"""Before all cycles that matter."""


@dataclass(frozen=True)
class Tile:
    """Cycles of a tile: when each part of it starts, when the last chunk is read, sums to drain.

    With layer norm the last one of a pass also has when the engine ``begins`` with the pass.
    """

    starts: tuple[int, ...]
    last: int
    leaves: int
    begins: int | None = None


class CoreClock:
    """Steps of a core, one after the other.

    Parameters
    ----------
    program : Program
        What the core does.
    watch : callable, optional
        Gets the number of a pass and each of its tiles.
    """

    def __init__(self, program: Program, watch: Callable[[int, Tile], None] | None = None) -> None:
        self._program = program
        self._watch = watch
        self.end = -1 - program.between
        """Cycle in which the last chunk of the last step was read."""
        self.written = -1
        """First cycle in which all h of the last step is in memory."""
        self._drained = NEVER
        self._made: dict[tuple[int, int], int] = {}
        self._transforms = NEVER
        self._transformed: dict[int, int] = {}
        # When the engine of layer norm is free, and the buffers of the last two passes are.
        self._engine = NEVER
        self._buffers = deque([NEVER, NEVER])
        # Of the banks of each stream: the cycle in which the last result was read; the next first.
        self._read = [deque([-1, -1]) for _ in range(program.streams)]

    @property
    def state(self) -> tuple[int, ...]:
        """All that matters for what comes next, as distances."""
        past = self.end - self._program.h_latency
        times = [self._made[key] - self._program.h_latency for key in sorted(self._made)]
        times += [read for banks in self._read for read in banks]
        times += [self._transforms, *(self._transformed[key] for key in sorted(self._transformed))]
        times += [self._engine, *self._buffers]
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
        program, freed = self._program, NEVER
        start = max(self.end + 1 + program.between, arrival, self._read[stream][0] + 1)
        for index, now in enumerate(program.passes):
            chunks = [source.chunks for source in now.sources]
            starts = self._starts(stream, now, start, fresh=fresh)
            place = starts[-1] + (now.chunks if now.beside else chunks[-1])
            held = max(self._drained, self._transformed.get(stream, NEVER), self._buffers[0])
            tile = Tile(tuple(starts), max(place - 1, held), self._leaves(0))
            if self._watch is None:
                # All tiles after the first have the same pace.
                tile = self._last_of(tile, chunks)
            else:
                for number in range(1, program.tiles):
                    self._watch(index, tile)
                    tile = self._next(tile, chunks, number)
            self.end, self._drained = tile.last, tile.last + program.drain.last_apart
            self.written = self.end + program.written_latency
            if program.norm is not None:
                tile = self._standardise(tile)
            if self._watch is not None:
                self._watch(index, tile)
            self._made[stream, now.to] = self.written - program.issue
            for number, source in enumerate(now.sources):
                if source.vector is None:
                    last = now.beside or number == len(chunks) - 1
                    freed = tile.last if last else tile.starts[number] + chunks[number] - 1
            start = self.end + program.drain.fill
        self._transform(stream)
        self._read[stream].rotate(-1)
        return freed

    def _starts(self, stream: int, now: Pass, start: int, *, fresh: bool) -> list[int]:
        """When each source of a pass is read from its start, from a cycle on."""
        found, place = [], start
        for source in now.sources:
            waits = source.made or not fresh
            found.append(max(place, self._ready(stream, source)) if waits else place)
            place = found[-1] if now.beside else found[-1] + source.chunks
        return [found[-1]] * len(found) if now.beside else found

    def read(self, stream: int, end: int) -> None:
        """The result of the stream's last step has been read in that cycle."""
        self._read[stream][-1] = end

    def _transform(self, stream: int) -> None:
        """The h of the step that has ended is transformed, after those before it."""
        program = self._program
        if program.walsh is None:
            return
        begins = max(self.written, self._transforms)
        self._transforms = begins + program.walsh.cycles
        self._transformed[stream] = begins + program.transform_latency

    def _standardise(self, tile: Tile) -> Tile:
        """The sums of the pass that a tile ends are standardised, after those before them."""
        program, norm = self._program, self._program.norm
        assert norm is not None
        begins = max(tile.last + program.filled_latency, self._engine)
        self._engine = begins + norm.cycles
        self._buffers.popleft()
        self._buffers.append(begins + program.freed_latency)
        self.written = begins + program.made_latency
        return replace(tile, begins=begins)

    def _ready(self, stream: int, source: Source) -> int:
        """First cycle in which a source may be read from its start."""
        if source.vector is None or (stream, source.vector) not in self._made:
            return NEVER
        return self._made[stream, source.vector] - (source.chunks - 1)

    def _leaves(self, number: int) -> int:
        drain, last = self._program.drain, number == self._program.tiles - 1
        return drain.last_cycles if last else drain.tile_cycles

    def _next(self, tile: Tile, chunks: list[int], number: int) -> Tile:
        first = tile.last + 1
        last = max(tile.last + sum(chunks), tile.last + self._program.drain.tile_apart)
        starts = tuple(first + sum(chunks[:number]) for number in range(len(chunks)))
        return Tile(starts, last, self._leaves(number))

    def _last_of(self, tile: Tile, chunks: list[int]) -> Tile:
        left = self._program.tiles - 1
        if left == 0:
            return tile
        pace = max(sum(chunks), self._program.drain.tile_apart)
        before = Tile(tile.starts, tile.last + (left - 1) * pace, self._program.drain.tile_cycles)
        return self._next(before, chunks, left)
