"""The golden model: every bit that the hardware computes, with all intermediates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from pascaline.golden.cells import State, Step
from pascaline.golden.network import Golden
from pascaline.golden.rounding import Integers
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model

__all__ = ["GoldenRun", "checked", "run"]

Steps = dict[str, Integers]


@dataclass(frozen=True, eq=False)
class GoldenRun:
    """What the golden model computes of some sequences; all numbers are integers.

    Attributes
    ----------
    results : list of array
        Of each sequence, its first axis the results in order: one, or one a step. Classes have no
        other axis; logits have (classes,), outputs without a head (outputs,).
    state : tuple of State
        Of each layer, ``h`` and ``c`` of shape (sequences, hidden) after the last step of each
        sequence; none of a network that takes sequences whole, as with both directions.
    steps : list of tuple of tuple of dict of str to array
        ``steps[sequence][layer][direction]`` has the intermediates by their names in `spec.cells`,
        each (steps, hidden) or (steps, rows): ``pre``, the gates, ``h``, and sums of each operand
        as ``sum_x`` and ``sum_h``. Empty unless they were asked for.

    Examples
    --------
    >>> found = pascaline.run(pascaline.load("tiny-ternary"), [np.zeros((4, 5), int)])
    >>> len(found.results), found.state[0].h.shape
    (1, (1, 7))
    """

    results: list[Integers]
    state: tuple[State, ...]
    steps: list[tuple[tuple[Steps, ...], ...]]


def run(
    model: Model,
    sequences: Sequence[ArrayLike],
    *,
    state: Sequence[State] | None = None,
    steps: bool = False,
) -> GoldenRun:
    """Compute what the hardware of a model must compute, bit by bit.

    Parameters
    ----------
    model : Model
        The model.
    sequences : sequence of array_like
        Integers of shape (steps, inputs), each in the range of the network's format of x;
        `spec.preprocess.quantize` makes them of raw features.
    state : sequence of State, optional
        Of each layer, what the sequences start from; by default zero.
    steps : bool
        Whether all intermediates of all steps are kept.

    Returns
    -------
    GoldenRun
        Results, states, and intermediates.

    Raises
    ------
    InputError
        If a sequence has another shape or a number out of range, or if a network that takes
        sequences whole is given a state.

    Examples
    --------
    >>> model = pascaline.load("tiny-ternary")
    >>> x = np.arange(4 * model.network.inputs).reshape(4, -1)
    >>> found = pascaline.run(model, [x, x[:2]], steps=True)
    >>> first = found.steps[0][0][0]
    >>> first["h"].shape, first["sum_x"].shape
    ((4, 7), (4, 28))
    >>> bool((first["h"][-1] == found.state[0].h[0]).all())
    True
    """
    taken = [checked(model, index, one) for index, one in enumerate(sequences)]
    seen: dict[tuple[int, int], dict[int, Step]] = {}

    def watch(layer: int, direction: int, number: int, step: Step) -> None:
        seen.setdefault((layer, direction), {})[number] = step

    made = Golden(model).run(taken, state, watch=watch if steps else None)
    kept = [
        tuple(
            tuple(_of(seen[index, at], row, len(one)) for at in range(layer.directions))
            for index, layer in enumerate(model.network.layers)
        )
        for row, one in enumerate(taken if steps else ())
    ]
    return GoldenRun(made.results, made.state, kept)


def checked(model: Model, index: int, sequence: ArrayLike) -> Integers:
    """A sequence as inputs of a model, (steps, inputs); ``index`` names it in messages.

    Raises
    ------
    InputError
        If it has another shape, or a number that is no integer or out of range.
    """
    found, x = np.asarray(sequence), model.network.x.interval
    thing, inputs = f"sequences[{index}]", model.network.inputs
    if found.ndim != 2 or found.shape[1] != inputs or not len(found):
        rule = f"shape must be [steps, {inputs}] with at least one step"
        raise InputError(thing, rule, list(found.shape))
    if found.dtype.kind not in "iu":
        raise InputError(thing, "must be integers", found.dtype.name)
    if found.min() < x.lo or found.max() > x.hi:
        wrong = found[(found < x.lo) | (found > x.hi)][0]
        raise InputError(thing, f"must be {x.lo} to {x.hi}", int(wrong))
    return found.astype(np.int64)


def _of(found: dict[int, Step], row: int, count: int) -> Steps:
    """Intermediates of one sequence, step after step."""
    names = [field.name for field in fields(found[0]) if field.name != "sums"]
    order = range(count)
    arrays = {name: np.array([getattr(found[k], name)[row] for k in order]) for name in names}
    for name in found[0].sums:
        arrays[f"sum_{name}"] = np.array([found[k].sums[name][row] for k in order])
    return arrays
