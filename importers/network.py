"""A float network of recurrent layers, as readers of files give it and `convert` takes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.affine import Affine
from pascaline.importers.freeze import Reals
from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.cells import CELLS, form_of
from pascaline.spec.formats import Format
from pascaline.spec.tensors import Integers

__all__ = [
    "RESULTS",
    "Exact",
    "FloatLayer",
    "FloatNetwork",
    "FloatPart",
    "Result",
    "gates_of",
    "rows_in_order",
]

Result = Literal["last", "first-of-backward", "every", "max", "mean"]
"""What a network gives of the outputs of its last layer; see `RESULTS`."""

RESULTS: dict[Result, tuple[str, str]] = {
    "last": ("none", "last"),
    "first-of-backward": ("none", "first-of-backward"),
    "every": ("none", "every"),
    "max": ("max", "last"),
    "mean": ("mean", "last"),
}
"""Pooling and results of `spec.network.Network` for each."""


class Exact(NamedTuple):
    """A matrix that was trained as integers: ``weight * scale[:, None]``, exactly.

    Attributes
    ----------
    weight : (rows, columns)
        The integers, less their zero point if the file has one.
    scale : (rows,)
        What 1 stands for in each row.
    """

    weight: Integers
    scale: Reals


@dataclass(frozen=True, kw_only=True, eq=False)
class FloatPart:
    """One direction of a layer; gates in the order of `spec.cells`.

    Attributes
    ----------
    weight_x, weight_h, bias : Reals
        (rows, inputs), (rows, hidden) and (rows,): all that is added to both products.
    bias_h : Reals or None
        (hidden,): what the cell adds to its products of h alone.
    peephole : Reals or None
        (3, hidden): what the old c is multiplied with for the gates i and f, and the new one for o.
    initial_h, initial_c : Reals or None
        (hidden,): the state before the first step; ``None``: zero.
    exact : dict of str to Exact
        ``weight_x`` and ``weight_h`` as integers, where the file has them so.
    names : dict of str to str
        What ``weight_x`` and ``weight_h`` are called in the file.
    """

    weight_x: Reals
    weight_h: Reals
    bias: Reals
    bias_h: Reals | None = None
    peephole: Reals | None = None
    initial_h: Reals | None = None
    initial_c: Reals | None = None
    exact: dict[str, Exact] = field(default_factory=dict)
    names: dict[str, str]

    def behind(self, before: Affine) -> FloatPart:
        """The same direction, fed with what the affine is fed with."""
        weight_x, bias = Affine(self.weight_x, self.bias).behind(before)
        # Integers that others are folded into are none any more.
        exact = {key: one for key, one in self.exact.items() if key != "weight_x"}
        return replace(self, weight_x=weight_x, bias=bias, exact=exact)


@dataclass(frozen=True, kw_only=True, eq=False)
class FloatLayer:
    """A recurrent layer.

    Attributes
    ----------
    cell : str
        A key of `spec.cells.FORMS`.
    parts : tuple of FloatPart
        The forward direction, then the backward one if there is one.
    formats : dict of str to Format
        Formats that the file gives its signals, by their names in `importers.draft.Formats`.
    weights : Arithmetic or None
        Of the integers of ``weight_x``, if the file says it.
    block : int or None
        Elements of a block, if h meets a transform: ``weight_h`` then is that of
        `spec.operands.Walsh` with a sign for each row, divided by the root of the block.
    """

    cell: str
    parts: tuple[FloatPart, ...]
    formats: dict[str, Format] = field(default_factory=dict)
    weights: Arithmetic | None = None
    block: int | None = None

    def behind(self, before: Affine) -> FloatLayer:
        """The same layer, fed with what the affine is fed with."""
        return replace(self, parts=tuple(part.behind(before) for part in self.parts))

    @property
    def inputs(self) -> int:
        """Elements of an input vector."""
        return int(self.parts[0].weight_x.shape[1])

    @property
    def hidden(self) -> int:
        """Hidden units of a direction."""
        return int(self.parts[0].weight_h.shape[1])

    @property
    def outputs(self) -> int:
        """Elements of an output vector."""
        return len(self.parts) * self.hidden

    @property
    def bidirectional(self) -> bool:
        """Whether it has both directions."""
        return len(self.parts) == 2

    @property
    def started(self) -> bool:
        """Whether sequences start from another state than zero, in any direction."""
        return any(reach > 0 for reach in self.starts.values())

    @property
    def starts(self) -> dict[str, float]:
        """How far initial states reach, by the names of their formats."""
        states = {
            name: [one for part in self.parts if (one := getattr(part, name)) is not None]
            for name in ("initial_h", "initial_c")
        }
        reach = {
            name: max((float(np.abs(one).max()) for one in found), default=0.0)
            for name, found in states.items()
        }
        return {
            "h": reach["initial_h"],
            "state": reach["initial_h"],
            "cell": reach["initial_c"],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class FloatNetwork:
    """A stack of layers and a head.

    Attributes
    ----------
    layers : tuple of FloatLayer
        From input to output.
    head_weight, head_bias : Reals or None
        (classes, outputs) and (classes,), if there is a head.
    head_unit, head_weights : float and Arithmetic, or None
        What a weight of 1 of the head stands for, and the arithmetic of its integers, if the file
        has them.
    rectified : bool
        Whether the head sees ``max(h, 0)``.
    result : Result
        What the head sees, or what the network gives without one: the outputs of the last layer
        after the last step of a sequence (of each direction after its own last one), those of the
        sequence's last step (the backward direction's first), of every step, or the largest or the
        mean of each element over all steps.
    output : {"class", "logits"} or None
        What the head gives out, if the file says so.
    symbols : bool
        Whether a raw input is the number of a symbol, for which the first layer gets an input each,
        1 for the one that has come.
    """

    layers: tuple[FloatLayer, ...]
    head_weight: Reals | None = None
    head_bias: Reals | None = None
    head_unit: float | None = None
    head_weights: Arithmetic | None = None
    rectified: bool = False
    result: Result = "last"
    output: Literal["class", "logits"] | None = None
    symbols: bool = False

    @property
    def inputs(self) -> int:
        """Elements of an input vector."""
        return self.layers[0].inputs

    @property
    def classes(self) -> int | None:
        """Rows of the head, if there is one."""
        return None if self.head_weight is None else len(self.head_weight)


def gates_of(cell: str) -> tuple[str, ...]:
    """Order of the gates in stacked rows of a form, a key of `spec.cells.FORMS`."""
    kind, options = form_of(cell)
    return CELLS[kind].model_validate({"hidden": 1, "weights": "ternary"} | options).gates


def rows_in_order(order: str, cell: str, hidden: int) -> NDArray[np.int64]:
    """Places of the rows of a form, gate by gate, among rows whose gates are in another order.

    Parameters
    ----------
    order : str
        The gates of those, by their letters in `spec.cells`.
    cell : str
        A key of `spec.cells.FORMS`.
    hidden : int
        Rows of a gate.
    """
    places = [np.arange(hidden) + hidden * order.index(gate) for gate in gates_of(cell)]
    return np.concatenate(places)
