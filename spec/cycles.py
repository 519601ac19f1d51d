"""Cycle counts: exact, from the design alone.

The lanes take one chunk a cycle. Let ``C`` be the chunks of a tile and ``e`` the cycle in which
the last chunk of a tile is read. The sums of that tile reach the front of the drain at
``e + lane_latency``; they leave it in ``g`` groups, one a cycle, and each group's h can be read
``cell_latency`` cycles after it left. So the next tile's last chunk is read

- at ``e + C`` if nothing holds it up,
- not before ``e + g``, since the drain must be empty,
- and, for the first tile of a step that needs the h of the step before, not before
  ``e + h_latency``: h is read in the order in which it is written, so the last chunk is the one
  that may have to wait.

A head (or the h stream, where there is none) reads a step's h while the lanes work on; a step
may not start before the results of the last step but one have been read, because the two share a
bank of memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from spec.design import Design, Product

__all__ = [
    "cell_latency",
    "h_latency",
    "lane_latency",
    "sequence_cycles",
    "step_cycles",
    "useful_operations",
    "utilisation",
]

READ = 1
"""From an address to the memory's word."""

ACCUMULATE = 1
"""From the sum of a chunk to the accumulator and the drain."""

NORMALISE = 2
"""Products with the scales; sum, shift and saturation."""

ACTIVATE = 2
"""Table read and output register, or line read and multiply-add."""

UPDATE = 2
"""Products f * c and i * g; their sum, rounded."""

NARROW = 1
"""Cell to pre-activation format."""

AFFINE = 2
"""The same with an affine: product; sum, shift and saturation."""

OUTPUT = 2
"""Product o * tanh; its rounding and the write to memory."""


def lane_latency(product: Product) -> int:
    """Cycles from reading the last chunk of a tile to its sums at the front of the drain."""
    return READ + product.registers + ACCUMULATE


def cell_latency(design: Design) -> int:
    """Cycles from a group at the front of the drain to the first read of its h."""
    narrow = NARROW if design.layer.cell_affine is None else AFFINE
    return NORMALISE + ACTIVATE + UPDATE + narrow + ACTIVATE + OUTPUT


def h_latency(design: Design) -> int:
    """Cycles from reading the last chunk of a step to the first read of the last of its h."""
    return lane_latency(design.h_product) + design.last_groups - 1 + cell_latency(design)


def step_cycles(design: Design) -> float:
    """Cycles a step in the middle of a long sequence, if neither input nor output pauses.

    ``(tiles - 1) * max(C, g) + max(C, h_latency)`` where the lanes set the pace. With results every
    step, reading them may: one reader serves all steps, and each of the two banks goes round
    through lanes, cell units and reader in two steps.
    """
    lanes = (design.tiles - 1) * _tile_cycles(design) + max(design.tile_chunks, h_latency(design))
    if design.network.results == "last":
        return lanes
    read = _read_cycles(design)
    fill = design.tile_chunks + (design.tiles - 1) * _tile_cycles(design) - 1
    return max(lanes, read, (fill + h_latency(design) + read) / 2)


def sequence_cycles(design: Design, lengths: Sequence[int]) -> int:
    """Cycles of sequences back to back, if neither input nor output pauses.

    Counted from the cycle in which the first beat is taken to the one in which the last result is,
    both included. The state of each sequence starts from zero.

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
    step = 0
    for length in lengths:
        for position in range(length):
            first = max(start, end + 1, results.free(step)) + design.tile_chunks - 1
            if step > 0:
                first = max(first, end + design.last_groups)
            if position > 0:
                first = max(first, end + h_latency(design))
            end = first + (design.tiles - 1) * tile
            if position == length - 1 or design.network.results == "every":
                results.take(step, end + h_latency(design))
            step += 1
    return results.last + 1


def _tile_cycles(design: Design) -> int:
    return max(design.tile_chunks, design.tile_groups)


def _read_cycles(design: Design) -> int:
    """Cycles to read one step's h for its results."""
    product = design.head_product
    if product is None:
        return design.h_product.chunks
    return (product.tiles - 1) * _head_tile_cycles(product) + max(
        product.chunks, lane_latency(product) + product.last_rows
    )


def _head_tile_cycles(product: Product) -> int:
    """Cycles from tile to tile of the head; a tile waits until the drain is empty."""
    return max(product.chunks, lane_latency(product) + product.lanes)


class _Results:
    """When the results of steps are read and delivered."""

    def __init__(self, design: Design) -> None:
        self.last = -1
        self._design = design
        self._read = [-1, -1]
        self._end = -1
        self._drained = -1

    def free(self, step: int) -> int:
        """First cycle in which the bank of ``step`` may be written again."""
        return self._read[step % 2] + 1

    def take(self, step: int, ready: int) -> None:
        """Read the h of ``step``, all of which can be read from cycle ``ready`` on."""
        start = max(ready, self._end + 1)
        product = self._design.head_product
        if product is None:
            self._end = start + self._design.h_product.chunks - 1
            self.last = self._end + READ
        else:
            drain = lane_latency(product)
            first = max(start + product.chunks - 1, self._drained)
            self._end = first + (product.tiles - 1) * _head_tile_cycles(product)
            self._drained = self._end + drain + product.last_rows
            self.last = self._drained - 1 + _head_latency(self._design)
        self._read[step % 2] = self._end


def _head_latency(design: Design) -> int:
    """Cycles from a row at the front of the head's drain to its logit, or to the class."""
    assert design.head is not None
    return 2 + design.head.scaled + (design.head.output == "class")


def useful_operations(design: Design) -> int:
    """Weight operations of a step of the layer: one for each weight."""
    return design.layer.rows * (design.network.inputs + design.layer.hidden)


def utilisation(design: Design, steps: int, cycles: int) -> float:
    """Useful weight operations per place for one: lanes x simd x cycles."""
    product = design.x_product
    return steps * useful_operations(design) / (product.lanes * product.simd * cycles)
