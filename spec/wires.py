"""Weights that are wires: what a constant matrix makes of the elements that it meets.

Where weights are wires (`spec.homes.Wired`), the product of a pass is a graph of adders that is
made for these very matrices: no memory and no register holds a weight. The graph has all rows of
all passes and directions at once, since these have the same columns; which of them count is decided
behind it. Zero points are in the weights. A row has one sum over the columns of all operands, if
their scales are equal, else one of each operand.

With parallel adders the sums of a pass are there at once. A serial one adds a bit of each of up to
`OPERANDS` operands a cycle, and has flip-flops for its carry. The vector of all operands moves out
of its register bit by bit, the lowest first, in as many cycles as the widest sum has bits, and the
sums move into the drain. Meanwhile nothing else can be put into the register, nor leave the drain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.machine import Machine
from pascaline.spec.operands import met
from pascaline.spec.tensorspec import Integers

__all__ = ["OPERANDS", "Wires", "check_wires"]

OPERANDS = 4
"""Of a serial adder, at most. With four, a carry of 0 to 3 is two bits, and each bit of the sum and
of the carry is a function of six: three LUTs and two flip-flops for what are three adders of two
operands, with two LUTs and a flip-flop each."""


MOST_WEIGHTS = 1 << 20
MOST_COLUMNS = 1 << 11
"""Graphs of more are not searched for; see `adders.optimise`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wires:
    """The weights of a core as wires.

    Attributes
    ----------
    tensors : sequence of mapping
        Integers of each layer, of each of its directions.
    elements : mapping of str to Interval
        Operands by name, each with the range of its elements, in the order of the sums.
    shared : bool
        Whether a row has one sum over all of them.
    serial : bool
        Whether sums come bit by bit.

    Examples
    --------
    >>> bits = {"h": Interval(0, 1), "x": Interval(0, 1)}
    >>> one = {"weight_x": np.array([[1, -1], [1, 1]]), "weight_h": np.array([[2], [-1]])}
    >>> Wires(tensors=[one], elements=bits, shared=False, serial=False).sums
    (Interval(lo=-1, hi=2), Interval(lo=-1, hi=2))
    >>> wires = Wires(tensors=[one], elements=bits, shared=True, serial=False)
    >>> wires.sums, wires.levels
    ((Interval(lo=-1, hi=3),), 2)
    """

    tensors: Sequence[Mapping[str, Integers]]
    elements: Mapping[str, Interval]
    shared: bool
    serial: bool

    @cached_property
    def sums(self) -> tuple[Interval, ...]:
        """Exact ranges of the sums of a row, over the rows of all matrices; 0 is in each."""
        found = []
        for one in self.tensors:
            rows = [_row_ranges(met(one, name), at) for name, at in self.elements.items()]
            if self.shared:
                rows = [np.sum(rows, axis=0)]
            found.append([Interval.of(row) for row in rows])
        return tuple(reduce(or_, ranges) for ranges in zip(*found, strict=True))

    @cached_property
    def levels(self) -> int:
        """Adders in a row that no graph can do without: those of the row with the most weights."""
        most = 1
        for one in self.tensors:
            counts = [np.count_nonzero(met(one, name), axis=1) for name in self.elements]
            added = np.sum(counts, axis=0) if self.shared else np.array(counts)
            most = max(most, int(added.max()))
        operands, levels = OPERANDS if self.serial else 2, 0
        while most > 1:
            most, levels = -(-most // operands), levels + 1
        return levels

    @property
    def bits(self) -> int:
        """Bits of a sum that come one after the other; 0: they come at once."""
        return max(one.width for one in self.sums) if self.serial else 0


def check_wires(machine: Machine, *, symbols: bool, layers: int, rows: int, columns: int) -> None:
    """Check what is not there where weights are wires, and what only is there.

    Parameters
    ----------
    machine : Machine
        The machine.
    symbols : bool
        Whether the inputs of a core come as numbers of symbols.
    layers : int
        Layers that share the core.
    rows, columns : int
        Gate rows of all directions, and elements that each meets.

    Raises
    ------
    InputError
        If the machine has what it cannot have, or if there are too many weights for a graph.
    """
    if not machine.home.wired:
        for name in machine.home.unread:
            if (value := getattr(machine, name)) != Machine.model_fields[name].default:
                rule = "must be left out: weights are no wires"
                raise InputError(f"machine: {name}", rule, value)
        return
    if symbols:
        rule = "must be false with wired weights, which have no words that a symbol could pick"
        raise InputError("machine: symbols", rule, machine.symbols)
    if machine.weight_code != "plain":
        rule = "must be plain with wired weights, which are not stored"
        raise InputError("machine: weight_code", rule, machine.weight_code)
    if layers > 1:
        rule = "must be separate with wired weights: each layer has adders of its own"
        raise InputError("machine: stack", rule, machine.stack)
    if rows * columns > MOST_WEIGHTS or columns > MOST_COLUMNS:
        most = f"{MOST_WEIGHTS:,} weights of a layer and {MOST_COLUMNS:,} columns"
        raise InputError(
            "machine: weights", f"must not be wired beyond {most}", f"{rows} x {columns}"
        )


def _row_ranges(weights: Integers, element: Interval) -> NDArray[np.int64]:
    """The smallest and the largest sum of each row: shape (2, rows)."""
    plus, minus = np.maximum(weights, 0).sum(axis=1), np.minimum(weights, 0).sum(axis=1)
    return np.array(
        [plus * element.lo + minus * element.hi, plus * element.hi + minus * element.lo]
    )
