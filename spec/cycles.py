"""Cycle counts: exact, from the design alone.

The lanes take one chunk a cycle. Let ``C`` be the chunks of a tile and ``e`` the cycle in which
the last chunk of a tile is read. The sums of that tile reach the front of the drain at
``e + lane_latency``; they leave it group by group, which takes ``g`` cycles (one a group, or
``pipeline.whole`` if the cell unit is serial), and each group's h can be read ``pipeline.whole``
cycles after it came to the front. So the next tile's last chunk is read

- at ``e + C`` if nothing holds it up,
- not before ``e + g``, since the drain must be empty,
- and, for the first tile of a step that needs the h of its stream's step before, which ended in
  cycle ``e'``, not before ``e' + h_latency``: h is read in the order in which it is written, so the
  last chunk is the one that may have to wait.

A head (or the h stream, where there is none) reads a step's h while the lanes work on; a step
may not start before the results of its stream's last step but one have been read, because the two
share a bank of memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from spec.design import Design
from spec.product import Product
from spec.schedule import interleaved

__all__ = [
    "h_latency",
    "head_latency",
    "lane_latency",
    "sequence_cycles",
    "step_cycles",
    "useful_operations",
    "utilisation",
    "written_latency",
]

ACCUMULATE = 1
"""From the sum of a chunk to the accumulator and the drain."""


def lane_latency(design: Design) -> int:
    """Cycles from reading the last chunk of a tile to its sums at the front of the drain."""
    return design.pipeline.read + design.h_product.registers + ACCUMULATE


def head_latency(design: Design) -> int:
    """The same for the head."""
    assert design.head_product is not None
    pipeline = design.pipeline
    return pipeline.issue + pipeline.memory + design.head_product.registers + ACCUMULATE


def h_latency(design: Design) -> int:
    """Cycles from reading the last chunk of a step to reading the last of its h for the next."""
    return written_latency(design) - design.pipeline.issue


def written_latency(design: Design) -> int:
    """Cycles from reading the last chunk of a step to the first in which all its h is in memory."""
    return lane_latency(design) + design.last_drain - design.group_cycles + design.pipeline.whole


def step_cycles(design: Design) -> float:
    """Cycles a step in the middle of long sequences, if neither input nor output pauses.

    With ``rest = (tiles - 1) * max(C, g)`` that is ``rest + C`` where the lanes set the pace. With
    ``n`` streams, a step of each in turn, a stream's next step comes after ``n`` steps, which take
    ``rest + h_latency`` or more. With results every step, reading them may set the pace: one
    reader serves all steps, and each of the two banks of a stream goes round through lanes, cell
    units and reader in two of its steps.
    """
    streams = design.machine.streams
    rest = (design.tiles - 1) * _tile_cycles(design)
    lanes = rest + max(design.tile_chunks, design.last_drain)
    pace = max(lanes, (rest + h_latency(design)) / streams)
    if design.network.results == "last":
        return _plain(pace)
    # A bank is free when its last chunk has been read; the reader, when its drain is empty.
    product = design.head_product or design.h_product
    read = 0 if design.head is None else (product.tiles - 1) * _head_tile_cycles(design, product)
    last = product.chunks
    if design.head is not None:
        last = max(last, head_latency(design) + product.last_rows)
    fill = design.tile_chunks + rest - 1
    round_trip = fill + written_latency(design) + read + product.chunks
    return _plain(max(pace, read + last, round_trip / (2 * streams)))


def _plain(cycles: float) -> float:
    """The same number, as an integer if it is one."""
    return int(cycles) if cycles == int(cycles) else cycles


def sequence_cycles(design: Design, lengths: Sequence[int]) -> int:
    """Cycles of sequences back to back, if neither input nor output pauses.

    Counted from the cycle in which the first beat is taken to the one in which the last result is,
    both included. The state of each sequence starts from zero; with several streams, vectors come
    in the order of `spec.schedule.interleaved`.

    Parameters
    ----------
    design : Design
        The design.
    lengths : sequence of int
        Steps of each sequence.
    """
    tile = _tile_cycles(design)
    results = _Results(design)
    # Reading starts once the first vector is in, which takes a beat a chunk.
    end, start = -1, design.x_product.chunks
    ends: dict[int, int] = {}
    for stream, sequence, position in interleaved(lengths, design.machine.streams):
        first = max(start, end + 1, results.free(stream)) + design.tile_chunks - 1
        if end >= 0:
            first = max(first, end + design.last_drain)
        if position > 0:
            first = max(first, ends[stream] + h_latency(design))
        end = ends[stream] = first + (design.tiles - 1) * tile
        results.step(stream)
        if position == lengths[sequence] - 1 or design.network.results == "every":
            results.take(stream, end + written_latency(design))
    return results.last + 1


def _tile_cycles(design: Design) -> int:
    return max(design.tile_chunks, design.tile_drain)


def _head_tile_cycles(design: Design, product: Product) -> int:
    """Cycles from tile to tile of the head; a tile waits until the drain is empty."""
    return max(product.chunks, head_latency(design) + product.lanes)


class _Results:
    """When the results of steps are read and delivered."""

    def __init__(self, design: Design) -> None:
        self.last = -1
        self._design = design
        # Of the banks of each stream: the cycle in which the last result was read; the next first.
        self._read = [deque([-1, -1]) for _ in range(design.machine.streams)]
        self._end = -1
        self._drained = -1

    def free(self, stream: int) -> int:
        """First cycle in which a stream's next step may write its bank."""
        return self._read[stream][0] + 1

    def step(self, stream: int) -> None:
        """The stream's next step has been read by the lanes."""
        self._read[stream].rotate(-1)

    def take(self, stream: int, ready: int) -> None:
        """Read the h of the stream's last step, all of which can be read from ``ready`` on."""
        start = max(ready, self._end + 1)
        design, product = self._design, self._design.head_product
        if product is None:
            self._end = start + design.h_product.chunks - 1
            self.last = self._end + 1
        else:
            drain = head_latency(design)
            first = max(start + product.chunks - 1, self._drained)
            self._end = first + (product.tiles - 1) * _head_tile_cycles(design, product)
            self._drained = self._end + drain + product.last_rows
            self.last = self._drained - 1 + _logit_latency(design)
        self._read[stream][-1] = self._end


def _logit_latency(design: Design) -> int:
    """Cycles from a row at the front of the head's drain to its logit, or to the class."""
    head = design.head
    assert head is not None
    return 2 + design.pipeline.long + head.scaled + (head.output == "class")


def useful_operations(design: Design) -> int:
    """Weight operations of a step of the layer: one for each weight."""
    return design.layer.rows * (design.network.inputs + design.layer.hidden)


def utilisation(design: Design, steps: int, cycles: int) -> float:
    """Useful weight operations per place for one: lanes x simd x cycles."""
    product = design.x_product
    return steps * useful_operations(design) / (product.lanes * product.simd * cycles)
