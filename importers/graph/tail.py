"""What stands behind the last recurrent layer: what is taken of its outputs, and a dense layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.affine import Affine
from pascaline.importers.freeze import Reals
from pascaline.importers.graph.axes import Axes, axis_of, flat
from pascaline.importers.graph.evaluator import Values
from pascaline.importers.graph.graph import Graph, attributes
from pascaline.importers.graph.operators import MOVES
from pascaline.importers.graph.steps import SCALES, is_near
from pascaline.importers.network import RESULTS, Result
from pascaline.importers.plain import selected
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["Ending", "OneStepError", "Tail", "choices", "ending_of"]

Array = NDArray[Any]

ENDINGS: dict[str, Literal["class", "logits"]] = {
    "Softmax": "class",
    "LogSoftmax": "class",
    "ArgMax": "class",
    "Sigmoid": "logits",
}
"""Operators at the end that do not change which class it is, and what is then given instead."""


class OneStepError(InputError):
    """A graph whose sequences have one step does not tell what it does with more.

    Parameters
    ----------
    path : Path
        Its file.
    fitting : list of Result
        What it may be.
    """

    def __init__(self, path: Path, fitting: list[Result]) -> None:
        rule = f"has one step only, so --result must say which it is: {', '.join(fitting)}"
        super().__init__(str(path), rule)
        self.fitting = fitting


def choices(y: Reals) -> dict[Result, Reals]:
    """Everything that a network can give of the outputs of its last layer.

    Parameters
    ----------
    y : (steps, directions, batch, hidden)
        The outputs.

    Returns
    -------
    dict
        By result (steps or 1, batch, directions * hidden).
    """
    steps, directions, batch, hidden = y.shape
    every = y.swapaxes(1, 2).reshape(steps, batch, directions * hidden)
    ends = np.concatenate([y[0 if k else -1, k] for k in range(directions)], axis=-1)
    # With one direction the first of the backward one is no other than the last.
    return {
        result: selected(every, ends, result)
        for result in RESULTS
        if directions > 1 or result != "first-of-backward"
    }


@dataclass(frozen=True, eq=False)
class Ending:
    """What is left out at the end.

    Attributes
    ----------
    nodes : list of NodeProto
        Operators that do not change which class it is, from the layers to the output.
    core : str
        What they begin with.
    """

    nodes: list[NodeProto]
    core: str

    @property
    def output(self) -> Literal["class", "logits"] | None:
        """What is given instead, if there are any."""
        return ENDINGS[self.nodes[-1].op_type] if self.nodes else None


def ending_of(graph: Graph, varying: set[str]) -> Ending:
    """The ending of a graph; ``varying`` is what depends on the layers."""
    found: list[NodeProto] = []
    core = name = graph.output
    while (node := graph.producers.get(name)) is not None:
        inputs = [one for one in node.input if one in varying]
        if node.op_type not in (*ENDINGS, *MOVES) or len(inputs) != 1:
            break
        name = inputs[0]
        if node.op_type in ENDINGS:
            found.insert(0, node)
            core = name
    return Ending(found, core)


class Tail:
    """The nodes behind the last layer.

    Parameters
    ----------
    graph : Graph
        The graph.
    nodes : list of NodeProto
        The nodes, in order, up to where the ending begins.
    ending : Ending
        The ending.
    shapes : sequence of tuple
        Shapes of the outputs of the layer in each trial: (steps, directions, batch, hidden).
    run : callable
        The number of a trial and outputs of that shape give everything in the graph.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: list[NodeProto],
        ending: Ending,
        shapes: Sequence[tuple[int, int, int, int]],
        run: Callable[[int, Reals], Values],
    ) -> None:
        self._graph, self._nodes, self._ending = graph, nodes, ending
        self._shapes, self._run = shapes, run
        self._rng = np.random.default_rng(1)

    def read(self, said: Result | None) -> tuple[Result, Affine]:
        """What is taken of the outputs, and what is made of it.

        Parameters
        ----------
        said : Result or None
            What the user says that it is.

        Raises
        ------
        InputError
            If it is nothing that a network gives, or if it cannot be told; what makes it so is
            named.
        """
        affine = self._fit(self._ending.core, self.axes)
        fitting = self._fitting(self._ending.core, affine, self.axes)
        if affine is None or not fitting:
            self._refuse()
        if max(steps for steps, *_ in self._shapes) == 1 and said is None and len(fitting) > 1:
            raise OneStepError(self._graph.path, fitting)
        if said is not None and said not in fitting:
            rule = f"must be {' or '.join(fitting)}: that is what the graph computes"
            raise InputError(f"{self._graph.path}: result", rule, said)
        self._check_ending(len(affine.bias))
        return said or fitting[0], affine

    @property
    def steps(self) -> set[int]:
        """Numbers of steps that have been tried."""
        return {steps for steps, *_ in self._shapes}

    @cached_property
    def axes(self) -> list[Axes]:
        """Axes of what the ending begins with, in each trial."""
        return [self._axes(self._ending.core, trial) for trial in range(len(self._shapes))]

    def _axes(self, name: str, trial: int) -> Axes:
        """Axes of steps and of the batch in something that is made of the outputs."""
        steps, _, batch, _ = shape = self._shapes[trial]
        base = self._rng.normal(size=shape)
        made = np.asarray(self._run(trial, base)[name])

        def change(axis: int) -> Callable[[int], Array]:
            def changed(place: int) -> Array:
                after = base.copy()
                where = (slice(None),) * axis + (place,)
                after[where] += 10.0
                return np.asarray(self._run(trial, after)[name])

            return changed

        found_time = axis_of(change(0), made, steps) if steps > 1 else None
        found_batch = axis_of(change(2), made, batch) if batch > 1 else None
        return Axes(found_time, found_batch)

    def _fit(self, name: str, axes: Sequence[Axes]) -> Affine | None:
        """The affine of a vector that all steps have, if each sequence has its own result."""
        trial = max(range(len(axes)), key=lambda one: self._shapes[one][2])
        shape = self._shapes[trial]
        _, directions, batch, hidden = shape
        if batch > 1 and axes[trial].batch is None:
            return None

        def results(vectors: Reals) -> Reals:
            """Of (batch, directions * hidden) those of the first step."""
            y = vectors.reshape(batch, directions, hidden).swapaxes(0, 1)
            values = self._run(trial, np.broadcast_to(y, shape).copy())
            found: Reals = flat(np.asarray(values[name], dtype=np.float64), axes[trial])[0]
            return found

        count = directions * hidden
        offset = results(np.zeros((batch, count)))[0]
        columns = np.zeros((count, len(offset)))
        for first in range(0, count, batch):
            places = np.arange(first, min(first + batch, count))
            vectors = np.zeros((batch, count))
            vectors[places - first, places] = 1
            columns[places] = results(vectors)[places - first]
        return Affine((columns - offset).T, offset)

    def _fitting(self, name: str, affine: Affine | None, axes: Sequence[Axes]) -> list[Result]:
        """The results of which something is that affine, in all trials."""
        fitting = [] if affine is None else list(RESULTS)
        for trial, shape in enumerate(self._shapes):
            for scale in SCALES:
                y = self._rng.normal(scale=scale, size=shape)
                made, every = flat(np.asarray(self._run(trial, y)[name]), axes[trial]), choices(y)
                fitting = [
                    one
                    for one in fitting
                    if affine is not None and one in every and is_near(made, affine(every[one]))
                ]
        return fitting

    def _check_ending(self, classes: int) -> None:
        """Whether the operators at the end look at classes, and not at steps or sequences."""
        for node in self._ending.nodes:
            if node.op_type == "Sigmoid":
                continue
            axis = int(attributes(node).get("axis", 0 if node.op_type == "ArgMax" else -1))
            for trial, shape in enumerate(self._shapes):
                given = np.asarray(self._run(trial, np.zeros(shape))[node.input[0]])
                place = axis % given.ndim
                if given.shape[place] != classes or place in self._axes(node.input[0], trial):
                    self._graph.refuse(node, "must be over the classes", axis)

    def _refuse(self) -> NoReturn:
        """Name the first node that makes something else."""
        for node in self._nodes:
            name = node.output[0]
            axes = []
            for trial, shape in enumerate(self._shapes):
                value = np.asarray(self._run(trial, self._rng.normal(size=shape))[name])
                if value.dtype.kind != "f":
                    break
                axes.append(self._axes(name, trial))
            if len(axes) < len(self._shapes):
                continue
            if not self._fitting(name, self._fit(name, axes), axes):
                rule = (
                    "must leave what a machine can give: outputs of the last step, of every step,"
                    " the largest or the mean of all steps, and one affine of them"
                )
                self._graph.refuse(node, rule)
        rule = "must give what its layers compute, with a dense layer if any, and nothing else"
        raise InputError(str(self._graph.path), rule)
