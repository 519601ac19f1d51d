"""A layer at work on a batch of sequences: vectors in, outputs out, step by step.

A layer of one direction takes a vector for each output that is asked for, so a stack of them goes
through sequences in step and remembers nothing but its states. A bidirectional layer takes all
vectors before its first output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.cells import Cell, State, Step
from pascaline.golden.rounding import Integers

__all__ = ["Active", "Sweep", "Watch"]

Active = NDArray[np.bool_]
"""Which sequences of a batch have a step, (steps, batch): from their first on to their last."""

Watch = Callable[[int, int, Step], None]
"""Gets a direction (0 forward, 1 backward), the number of a step, and its intermediates."""


class Sweep:
    """A layer, iterated over once for the outputs of each step, (batch, outputs).

    Parameters
    ----------
    cells : sequence of Cell
        Its directions.
    vectors : iterable of Integers
        The vectors of each step, (batch, inputs).
    active : Active
        Sequences keep their state in steps that they do not have; what is put out there is to be
        ignored.
    states : sequence of State
        What each direction starts from: the backward one at the end of each sequence.
    watch : Watch or None
        Sees every step.

    Attributes
    ----------
    states : list of State
        Of each direction, for each sequence, after its last step so far.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        vectors: Iterable[Integers],
        active: Active,
        states: Sequence[State],
        watch: Watch | None = None,
    ) -> None:
        self._cells, self._vectors, self._active, self._watch = cells, vectors, active, watch
        self.states = list(states)
        self._outputs: list[Integers] = [state.h for state in states]

    def __iter__(self) -> Iterator[Integers]:
        forward = range(len(self._active))
        if len(self._cells) == 1:
            yield from self._direction(0, self._vectors, forward)
            return
        whole = list(self._vectors)
        behind = list(self._direction(1, reversed(whole), reversed(forward)))
        for h, back in zip(self._direction(0, whole, forward), reversed(behind), strict=True):
            yield np.concatenate([h, back], axis=1)

    @property
    def last(self) -> Integers:
        """Of each direction, its output at its own last step, (batch, outputs)."""
        return np.concatenate(self._outputs, axis=1)

    def _direction(
        self, direction: int, vectors: Iterable[Integers], order: Iterable[int]
    ) -> Iterator[Integers]:
        """Outputs of one direction, with the vectors in the order of their steps' numbers."""
        for index, x in zip(order, vectors, strict=True):
            cell, state, active = (
                self._cells[direction],
                self.states[direction],
                self._active[index],
            )
            step = cell.step(x, state)
            self.states[direction] = after = step.state.where(active, state)
            if self._watch is not None:
                self._watch(direction, index, step)
            output = cell.output(x, step)
            if output is step.h:
                self._outputs[direction] = after.h
            else:
                before = self._outputs[direction]
                self._outputs[direction] = np.where(active[:, None], output, before)
            yield output
