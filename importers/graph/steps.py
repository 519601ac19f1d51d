"""What stands in front of a recurrent layer, if it is the same affine in every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.affine import Affine
from pascaline.importers.freeze import Reals
from pascaline.importers.graph.axes import Axes, axis_of, flat, unflat
from pascaline.importers.graph.evaluator import Values
from pascaline.importers.graph.graph import Graph
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["SCALES", "Source", "Span", "is_near"]

Array = NDArray[Any]

SCALES = (1.0, 4.0)
"""How large random values are."""

CLOSE = 1e-9
"""Of how much a value varies: what it may differ by, of what is computed in float64."""


@dataclass(frozen=True, eq=False)
class Source:
    """Something whose values can be chosen.

    Attributes
    ----------
    shapes : sequence of tuple
        Its shapes in as many trials.
    run : callable
        The number of a trial and an array give everything in the graph, and the vectors in
        question: (steps, batch, elements).
    symbols : int or None
        How many symbols there are, if values are their numbers.
    whole : bool
        Whether values are whole numbers.
    """

    shapes: Sequence[tuple[int, ...]]
    run: Callable[[int, Array], tuple[Values, Array]]
    symbols: int | None = None
    whole: bool = False

    def draw(self, rng: np.random.Generator, trial: int, scale: float = 1.0) -> Array:
        """Random values for a trial."""
        shape = self.shapes[trial]
        if self.symbols is not None:
            return rng.integers(0, self.symbols, shape)
        values = rng.normal(scale=scale, size=shape)
        return np.round(100 * values) if self.whole else values


class Span:
    """The nodes between a source and the vectors of a layer.

    Parameters
    ----------
    graph : Graph
        The graph.
    nodes : list of NodeProto
        The nodes, in order.
    source : Source
        Where they begin.
    """

    def __init__(self, graph: Graph, nodes: list[NodeProto], source: Source) -> None:
        self._graph, self._nodes, self._source = graph, nodes, source
        self._rng = np.random.default_rng(0)

    def affine(self) -> tuple[Affine, list[Axes]]:
        """The affine, and the axes of the source in each trial.

        Raises
        ------
        InputError
            If it is none, or not the same in all steps; what makes it so is named.
        """
        source = self._source
        axes = [self._axes(trial) for trial in range(len(source.shapes))]
        widest = max(range(len(axes)), key=lambda trial: np.prod(self._slots(trial, axes[trial])))
        found = self._fit(widest, axes[widest])
        for trial, one in enumerate(axes):
            for scale in SCALES:
                given = source.draw(self._rng, trial, scale)
                _, made = source.run(trial, given)
                vectors = self._vectors(given, one)
                # How many elements there are may hang on how many steps there are.
                apart = vectors.shape[-1] != found.weight.shape[1]
                if apart or not is_near(made, found(vectors)):
                    self._refuse(trial)
        return found, axes

    def _vectors(self, given: Array, axes: Axes) -> Reals:
        """Vectors of what is fed in, (steps, batch, inputs); of symbols with a 1 in each."""
        vectors = flat(given, axes)
        if self._source.symbols is None:
            return vectors.astype(np.float64)
        return np.eye(self._source.symbols)[vectors[:, :, 0].astype(np.int64)]

    def _slots(self, trial: int, axes: Axes) -> tuple[int, int]:
        shape = self._source.shapes[trial]
        steps, batch = (1 if axis is None else shape[axis] for axis in axes)
        return steps, batch

    def _axes(self, trial: int) -> Axes:
        """Axes of steps and of the batch in the source."""
        shape = self._source.shapes[trial]
        base = self._source.draw(self._rng, trial)
        _, vectors = self._source.run(trial, base)
        found: dict[int, int] = {}
        for axis, size in enumerate(shape):
            if size == 1:
                continue

            def change(place: int, axis: int = axis) -> Array:
                return self._source.run(trial, self._changed(base, axis, place))[1]

            kind = axis_of(change, vectors, size)
            if kind in (0, 1):
                found.setdefault(kind, axis)
        for kind in (0, 1):
            if vectors.shape[kind] > 1 and kind not in found:
                self._refuse(trial)
        axes = Axes(found.get(0), found.get(1))
        steps, batch = self._slots(trial, axes)
        elements = int(np.prod(shape)) // (steps * batch)
        if (steps, batch) != vectors.shape[:2] or (self._source.symbols and elements != 1):
            self._refuse(trial)
        return axes

    def _changed(self, base: Array, axis: int, place: int) -> Array:
        """A slice of it changed."""
        after = base.copy()
        where = (slice(None),) * axis + (place,)
        symbols = self._source.symbols
        after[where] = after[where] + 1 if symbols is None else (after[where] + 1) % symbols
        return after

    def _fit(self, trial: int, axes: Axes) -> Affine:
        """The affine that one vector after another shows."""
        source, shape = self._source, self._source.shapes[trial]
        steps, batch = self._slots(trial, axes)
        inputs = source.symbols or int(np.prod(shape)) // (steps * batch)
        _, zero = source.run(trial, np.zeros(shape))
        columns = np.zeros((inputs, zero.shape[2]))
        for first in range(0, inputs, steps * batch):
            places = np.arange(first, min(first + steps * batch, inputs))
            wanted = np.zeros((steps * batch, int(np.prod(shape)) // (steps * batch)))
            if source.symbols is None:
                wanted[places - first, places] = 1
            else:
                wanted[places - first, 0] = places
            _, made = source.run(trial, unflat(wanted, axes, shape))
            columns[places] = made.reshape(steps * batch, -1)[places - first]
        if source.symbols is not None:
            return Affine(columns.T, np.zeros(zero.shape[2]))
        offset = zero[0, 0]
        return Affine((columns - offset).T, offset)

    def _refuse(self, trial: int) -> NoReturn:
        """Name the first node behind which steps and sequences are not apart any more."""
        shape, source = self._source.shapes[trial], self._source
        base = source.draw(self._rng, trial)
        values, _ = source.run(trial, base)
        axes = [axis for axis, size in enumerate(shape[:2]) if size > 1]
        changed = {
            (axis, place): source.run(trial, self._changed(base, axis, place))[0]
            for axis in axes
            for place in (0, shape[axis] // 2, shape[axis] - 1)
        }
        for node in self._nodes:
            name = node.output[0]
            if not np.issubdtype(np.asarray(values[name]).dtype, np.number):
                continue
            apart = [
                axis
                for axis in axes
                if axis_of(
                    lambda place, axis=axis, name=name: np.asarray(changed[axis, place][name]),  # type: ignore[misc]
                    np.asarray(values[name]),
                    shape[axis],
                )
                is not None
            ]
            if len(apart) < len(axes):
                rule = "must leave steps in their order, and each apart from the others"
                self._graph.refuse(node, rule)
        rule = "must be the same affine in every step"
        if not self._nodes:
            raise InputError(str(self._graph.path), f"what its layers get {rule}")
        self._graph.refuse(self._nodes[-1], rule)


def is_near(found: Array, wanted: Array) -> bool:
    """Whether both are the same but for rounding, measured by how much each element varies."""
    if found.shape != wanted.shape or not np.isfinite(found).all():
        return False
    rows = wanted.reshape(-1, wanted.shape[-1])
    # What cancels in a sum may be larger than the sum.
    spread = rows.std(axis=0) if len(rows) > 1 else np.abs(rows[0])
    close = CLOSE * spread + 1e-12 * np.abs(rows).max(axis=0, initial=0) + 1e-300
    return bool((np.abs(found - wanted) <= close).all())
