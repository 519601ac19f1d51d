"""A graph of two-operand adders that has the products of a constant matrix with a vector.

A graph is plain data, and a proof of itself: `Graph.matrix` multiplies it out, so that one
comparison of integers shows that it is right for all inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval

__all__ = ["Flags", "Graph", "Indices"]

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

LARGEST_SHIFT = 62
"""Of an operand or an output: what int64 holds."""

LARGEST = 1 << 62
"""Of the magnitude of a coefficient, and of a number that `Graph.evaluate` makes."""

NODES = ("right", "left_shift", "right_shift", "left_negative", "right_negative")
OUTPUTS = ("output_shift", "output_negative")


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """A graph of adders and subtracters.

    Indices 0 to ``inputs - 1`` are the inputs, those from there on are the nodes in their order.
    Node k is ``(+-v[left[k]] << left_shift[k]) + (+-v[right[k]] << right_shift[k])`` with the signs
    of `left_negative` and `right_negative`, of which at most one is set: each node is one adder or
    one subtracter. Output r is ``+-v[output[r]] << output_shift[r]``, or 0 if ``output[r]`` is -1.

    Parameters
    ----------
    inputs : int
        Elements of the vector.
    left, right : array of int64
        Operands of each node: inputs, or nodes before it.
    left_shift, right_shift : array of int64
        Bits that each operand is shifted to the left, 0 to 62.
    left_negative, right_negative : array of bool
        Whether each operand is subtracted.
    output : array of int64
        Where each row of the matrix comes from; -1 for a row of zeros.
    output_shift : array of int64
        Bits that it is shifted to the left, 0 to 62.
    output_negative : array of bool
        Whether the row is the negative of that: hardware subtracts it where it is used, or spends
        an adder on it; `adders` counts one.

    Raises
    ------
    InputError
        If an array has another shape, type or range, or if an operand does not come before its
        node.

    Examples
    --------
    >>> outputs = [(2, 0, False), (2, 1, True), (-1, 0, False)]
    >>> graph = Graph.of(2, [(0, 0, False, 1, 1, True)], outputs)
    >>> graph.matrix().tolist()
    [[1, -2], [-2, 4], [0, 0]]
    >>> graph.evaluate([10, 3]).tolist()
    [4, -8, 0]
    """

    inputs: int
    left: Indices
    right: Indices
    left_shift: Indices
    right_shift: Indices
    left_negative: Flags
    right_negative: Flags
    output: Indices
    output_shift: Indices
    output_negative: Flags

    def __post_init__(self) -> None:
        if isinstance(self.inputs, bool) or not isinstance(self.inputs, int) or self.inputs < 0:
            raise InputError("inputs", "must be a number of at least 0", str(self.inputs))
        for field in fields(self)[1:]:
            array = getattr(self, field.name)
            like = self.left if field.name in ("left", *NODES) else self.output
            kind = np.bool_ if field.name.endswith("negative") else np.int64
            if not isinstance(array, np.ndarray) or array.dtype != kind or array.ndim != 1:
                raise InputError(
                    field.name, f"must be an array of one dimension of {kind.__name__}"
                )
            if array.shape != like.shape:
                raise InputError(field.name, f"must have {len(like)} elements", len(array))
            array.flags.writeable = False
        places = self.inputs + np.arange(len(self.left))
        for name in ("left", "right"):
            _within(name, getattr(self, name), 0, places - 1)
        for name in ("left_shift", "right_shift", "output_shift"):
            _within(name, getattr(self, name), 0, LARGEST_SHIFT)
        _within("output", self.output, -1, self.inputs + len(self.left) - 1)
        if (self.left_negative & self.right_negative).any():
            raise InputError("right_negative", "must not be set where left_negative is")

    @classmethod
    def of(
        cls,
        inputs: int,
        nodes: Sequence[tuple[int, int, bool, int, int, bool]],
        outputs: Sequence[tuple[int, int, bool]],
    ) -> Graph:
        """A graph of nodes and outputs one by one.

        Parameters
        ----------
        inputs : int
            Elements of the vector.
        nodes : sequence of tuple
            Index, shift and sign of the left operand, then of the right one.
        outputs : sequence of tuple
            Index, shift and sign.
        """
        node = _columns(nodes, 6)
        output = _columns(outputs, 3)
        return cls(
            inputs=inputs,
            left=node[0],
            left_shift=node[1],
            left_negative=node[2].astype(np.bool_),
            right=node[3],
            right_shift=node[4],
            right_negative=node[5].astype(np.bool_),
            output=output[0],
            output_shift=output[1],
            output_negative=output[2].astype(np.bool_),
        )

    @property
    def outputs(self) -> list[tuple[int, int, bool]]:
        """Index, shift and sign of each output, as `of` takes them."""
        columns = (self.output, self.output_shift, self.output_negative)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    @property
    def nodes(self) -> int:
        """Adders and subtracters, negations aside."""
        return len(self.left)

    @cached_property
    def negations(self) -> int:
        """Numbers that are negated for outputs."""
        wanted = self.output_negative & (self.output >= 0)
        return len(set(self.output[wanted].tolist()))

    @property
    def adders(self) -> int:
        """Adders and subtracters, and one more for each number that has to be negated."""
        return self.nodes + self.negations

    @cached_property
    def depth(self) -> Indices:
        """Adders in a row up to each input and node; negations of outputs are not in it."""
        found = np.zeros(self.inputs + self.nodes, np.int64)
        operands = zip(self.left.tolist(), self.right.tolist(), strict=True)
        for place, (left, right) in enumerate(operands, self.inputs):
            found[place] = 1 + max(found[left], found[right])
        return found

    @property
    def deepest(self) -> int:
        """Adders in a row on the longest path to an output."""
        used = self.output[self.output >= 0]
        return int(self.depth[used].max(initial=0))

    @cached_property
    def used(self) -> Flags:
        """Whether any output needs it, of each input and node."""
        found = np.zeros(self.inputs + self.nodes, np.bool_)
        found[self.output[self.output >= 0]] = True
        for node in reversed(range(self.nodes)):
            if found[self.inputs + node]:
                found[[self.left[node], self.right[node]]] = True
        return found

    @cached_property
    def coefficients(self) -> NDArray[np.int64]:
        """What each input and node is of the inputs: a row each.

        Raises
        ------
        InputError
            If a coefficient may be more than int64 holds.
        """
        found = np.zeros((self.inputs + self.nodes, self.inputs), np.int64)
        found[: self.inputs] = np.eye(self.inputs, dtype=np.int64)
        most: list[int] = [1] * self.inputs
        for place, (a, a_shift, minus_a, b, b_shift, minus_b) in enumerate(self, self.inputs):
            most.append((most[a] << a_shift) + (most[b] << b_shift))
            if most[-1] >= LARGEST:
                # What cancels is less than the bound says.
                exact = abs(found[a].astype(object) << a_shift)
                exact += abs(found[b].astype(object) << b_shift)
                most[-1] = int(exact.max())
                if most[-1] >= LARGEST:
                    raise InputError(
                        f"node {place - self.inputs}", "must have coefficients of 62 bits"
                    )
            left, right = found[a] << a_shift, found[b] << b_shift
            found[place] = (-left if minus_a else left) + (-right if minus_b else right)
        return found

    def matrix(self) -> NDArray[np.int64]:
        """The matrix that the graph multiplies with, exactly.

        Returns
        -------
        array of int64, shape (outputs, inputs)

        Raises
        ------
        InputError
            If a coefficient may be more than int64 holds.
        """
        found = self.coefficients
        for k, (of, shift, _) in enumerate(self.outputs):
            # Inputs and nodes are small enough; with its shift an output may not be.
            if shift and of >= 0 and int(np.abs(found[of]).max()) << shift >= LARGEST:
                raise InputError(f"output {k}", "must have coefficients of 62 bits")
        return self._chosen(found)

    def evaluate(self, x: ArrayLike) -> NDArray[np.int64]:
        """The outputs for some inputs, node by node.

        Parameters
        ----------
        x : array of integers, shape (..., inputs)

        Returns
        -------
        array of int64, shape (..., outputs)

        Raises
        ------
        InputError
            If the shape is another one, if these are no integers, or if a node or an output could
            be more than int64 holds.
        """
        given = np.asarray(x)
        if given.ndim == 0 or given.shape[-1] != self.inputs:
            raise InputError("x", f"must have {self.inputs} elements", str(given.shape))
        if given.dtype.kind not in "iu" and given.size:
            raise InputError("x", "must be integers", str(given.dtype))
        largest = Interval.of(given).magnitude
        values = np.zeros((self.inputs + self.nodes, *given.shape[:-1]), np.int64)
        values[: self.inputs] = np.moveaxis(given, -1, 0)
        most = [largest] * self.inputs
        for place, (a, a_shift, minus_a, b, b_shift, minus_b) in enumerate(self, self.inputs):
            most.append((most[a] << a_shift) + (most[b] << b_shift))
            left, right = values[a] << a_shift, values[b] << b_shift
            values[place] = (-left if minus_a else left) + (-right if minus_b else right)
        # The first bound is quick, and enough for all but the largest numbers.
        if self._peak(most) >= LARGEST:
            reached = np.abs(self.coefficients).astype(object).sum(axis=1) * largest
            if self._peak(reached.tolist()) >= LARGEST:
                raise InputError("x", "must be small enough for sums of 62 bits", largest)
        return np.moveaxis(self._chosen(values), 0, -1)

    def ranges(self, given: Sequence[Interval]) -> list[Interval]:
        """Range of each input and node, exact for inputs that do not depend on each other.

        Parameters
        ----------
        given : sequence of Interval
            Range of each input.
        """
        if len(given) != self.inputs:
            raise InputError("ranges", f"must be {self.inputs} ranges", len(given))
        low = np.array([one.lo for one in given], object)
        high = np.array([one.hi for one in given], object)
        large = sum(one.magnitude for one in given) * max(
            1, int(np.abs(self.coefficients).max(initial=0))
        )
        kind = object if large >= LARGEST else np.int64
        plus = np.maximum(self.coefficients, 0).astype(kind)
        minus = np.minimum(self.coefficients, 0).astype(kind)
        low, high = low.astype(kind), high.astype(kind)
        lows, highs = plus @ low + minus @ high, plus @ high + minus @ low
        return [Interval(int(lo), int(hi)) for lo, hi in zip(lows, highs, strict=True)]

    def widths(self, given: Sequence[Interval]) -> list[int]:
        """Bits of each input and node; see `ranges`."""
        return [one.width for one in self.ranges(given)]

    def bits(self, given: Sequence[Interval]) -> int:
        """Bits of all adders' outputs, those of negated numbers among them.

        Parameters
        ----------
        given : sequence of Interval
            Range of each input.
        """
        ranges = self.ranges(given)
        at: set[int] = set(self.output[self.output_negative & (self.output >= 0)].tolist())
        negated = [(-ranges[k]).width for k in at]
        return sum(one.width for one in ranges[self.inputs :]) + sum(negated)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name, to keep them."""
        return {field.name: getattr(self, field.name) for field in fields(self)[1:]}

    def __iter__(self) -> Iterator[tuple[int, int, bool, int, int, bool]]:
        """Index, shift and sign of both operands of each node."""
        names = ("left", "left_shift", "left_negative", "right", "right_shift", "right_negative")
        return zip(*(getattr(self, name).tolist() for name in names), strict=True)

    def _peak(self, most: list[int]) -> int:
        """The largest of the bounds of inputs and nodes, and of those of outputs."""
        ends = [most[of] << shift for of, shift, _ in self.outputs if of >= 0]
        return max([*most, *ends], default=0)

    def _chosen(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the outputs, of values of all inputs and nodes."""
        rest = (1,) * (values.ndim - 1)
        if len(values) == 0:
            return np.zeros((len(self.output), *values.shape[1:]), np.int64)
        found = values[self.output] << self.output_shift.reshape(-1, *rest)
        factor = np.where(self.output < 0, 0, np.where(self.output_negative, -1, 1))
        return found * factor.reshape(-1, *rest)


def _columns(rows: Sequence[tuple[int, ...]], count: int) -> Indices:
    return np.array(rows, np.int64).reshape(-1, count).T.copy()


def _within(name: str, array: Indices, least: int, most: int | Indices) -> None:
    wrong = (array < least) | (array > most)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        limit = int(np.broadcast_to(most, array.shape)[at])
        raise InputError(f"{name}[{at}]", f"must be {least} to {limit}", int(array[at]))
