"""The base class of recurrent layers, and the formulas that all of them share.

A layer has two matrix products and, element by element, a cell. For each gate row ``r`` there are
exact sums ``A`` and ``B``::

    A = sum_j weight_h[r, j] * h[j]         B = sum_i weight_x[r, i] * x[i]

With zero points, weights are ``weight_h[r, j] - zero_h`` and ``weight_x[r, i] - zero_x``.
`spec.operands` says what may be in their place. A normaliser (`spec.normalisers`) makes the
pre-activation ``z[r]`` of the sums of a row; with the affine one::

    narrow(v) = saturate(round_shift(v, normaliser.shift), pre)
    z = narrow(scale_h[r] * A + scale_x[r] * B + bias[r])

In the first step of a sequence h, and what the cell carries beside it, are 0, or ``initial_h`` and
``initial_c`` of the direction.

The output of a step is its h, of a bidirectional layer h of both directions. With a residual
connection it is ``saturate(h[j] + x[j], h)``, while the layer itself goes on with h.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from operator import not_
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pascaline.spec.activation import Activation, Table
from pascaline.spec.arithmetic import Arithmetic, ArithmeticField, common
from pascaline.spec.checked import Checked, is_none
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval
from pascaline.spec.normalisers import AnyNormaliser
from pascaline.spec.normalisers.affine import Affine
from pascaline.spec.operands import Matrix, Operand, Walsh
from pascaline.spec.pipeline import Pipeline
from pascaline.spec.standard import Standard

__all__ = ["FEW_BITS", "Q0_7", "Layer"]

Q0_7 = Format(width=8, frac=7)

FEW_BITS: dict[str, dict[str, Any]] = {
    "sigmoid": {"width": 3, "frac": 3, "signed": False},
    "tanh": {"width": 3, "frac": 2},
}
"""Formats of functions of which a proof can look at all values."""


def is_matrix(recurrent: str) -> bool:
    """Left out of descriptions, whose files and modules stay as they were without it."""
    return recurrent == "matrix"


class Layer(Checked, ABC):
    """A recurrent layer; formats default to 8-bit activations.

    Parameters
    ----------
    hidden : int
        Hidden units of a direction, 1 to 2048.
    bidirectional : bool
        Whether a second set of weights runs over each sequence from its end; the output of a step
        is then h of the forward direction followed by h of the backward one.
    initial : bool
        Whether each direction has a state of its own that sequences start from, instead of 0.
    weights_x, weights_h : Arithmetic
        Arithmetics of the input and of the recurrent weights; ``weights`` stands for both. Where
        there is no recurrent matrix, the latter must be binary.
    recurrent : {"matrix", "walsh"}
        What meets h: a matrix of weights, or `spec.operands.Walsh`, which has none.
    block : int or None
        Elements of a block of that transform, a power of two that divides ``hidden``; ``None``: the
        largest one.
    residual : bool
        Whether x is added to h in the output of a step; x is then like h, and the layer has one
        direction.
    zero_points : bool
        Whether each matrix of a direction has a zero point, see `spec.operands.Matrix`.
    h, pre : Format
        Hidden state, pre-activation.
    normaliser : Normaliser
        What makes pre-activations of the sums, and its formats.
    activation : Table, PiecewiseLinear or AdaptivePieces
        Form of the functions.

    Attributes
    ----------
    title : str
        What people call the cell.
    forms : dict of str to dict
        The forms of the cell by the names that users write, the usual one first: the options that
        tell each from the others.
    few_bits : dict of str to dict
        The smallest useful formats of the fields that not every cell has, for proofs.
    share : int
        How often random networks have the cell, in proportion to others.
    """

    title: ClassVar[str]
    forms: ClassVar[dict[str, dict[str, Any]]]
    few_bits: ClassVar[dict[str, dict[str, Any]]] = {}
    share: ClassVar[int] = 1

    kind: str
    hidden: int = Field(ge=1, le=2048)
    bidirectional: bool = False
    # Left out of descriptions that are older than it, whose files and modules stay as they are.
    initial: bool = Field(default=False, exclude_if=not_)
    weights_x: ArithmeticField
    weights_h: ArithmeticField
    recurrent: Literal["matrix", "walsh"] = Field(default="matrix", exclude_if=is_matrix)
    block: int | None = Field(default=None, ge=2, exclude_if=is_none)
    residual: bool = Field(default=False, exclude_if=not_)
    zero_points: bool = Field(default=False, exclude_if=not_)
    h: Format = Q0_7
    pre: Format = Format(width=12, frac=8)
    normaliser: AnyNormaliser = Affine()
    activation: Activation = Table()

    @model_validator(mode="before")
    @classmethod
    def _same_weights(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "weights" not in values:
            return values
        recurrent = values.get("recurrent", cls.model_fields["recurrent"].default)
        weights_h = "binary" if recurrent == "walsh" else values["weights"]
        both = {"weights_x": values["weights"], "weights_h": weights_h}
        if both.keys() & values.keys():
            raise ValueError("weights stands for weights_x and weights_h")
        return {name: value for name, value in values.items() if name != "weights"} | both

    @model_validator(mode="after")
    def _common_rules(self) -> Layer:
        for name in ("h", "pre"):
            if not getattr(self, name).signed:
                raise ValueError(f"{name} must be a signed format")
        if not 2 <= self.pre.width <= 16:
            raise ValueError(f"pre.width must be 2 to 16, not {self.pre.width}")
        if self.residual and self.bidirectional:
            raise ValueError("residual must be false for a bidirectional layer")
        if self.functions:
            most = 1 << (self.pre.width - 1)
            for name in ("segments", "pieces"):
                if getattr(self.activation, name, 0) > most:
                    raise ValueError(f"activation.{name} must be at most {most} for this pre")
        if self.recurrent == "walsh":
            self._check_transform()
            return self
        if self.block is not None:
            raise ValueError("block must be left out where h meets a matrix")
        try:
            common(self.weights_x, self.weights_h)
        except InputError as error:
            raise ValueError(error.rule) from None
        return self

    def _check_transform(self) -> None:
        if self.weights_h.name != "binary":
            raise ValueError(f"weights_h must be binary for a transform, not {self.weights_h.name}")
        if self.initial:
            raise ValueError("initial must be false with a transform")
        if self.normaliser.standard(self.hidden) is not None:
            raise ValueError(
                f"normaliser must be affine with a transform, not {self.normaliser.kind}"
            )
        if len(self.phases) > 1:
            raise ValueError("recurrent must be matrix for a cell that computes in phases")
        if self.block is not None and self.block & (self.block - 1):
            raise ValueError(f"block must be a power of two, not {self.block}")
        if self.hidden % (self.block or 2):
            rule = f"hidden must be a multiple of the block ({self.block or 2})"
            raise ValueError(f"{rule}, not {self.hidden}")

    @classmethod
    def described(cls, options: dict[str, Any], formats: dict[str, Any]) -> dict[str, Any]:
        """The description of a layer without its size and its weights.

        Parameters
        ----------
        options : dict
            The options of its form.
        formats : dict of str to Format
            Formats by the names of fields; the cell takes those that it has.
        """
        taken = {name: value for name, value in formats.items() if name in cls.model_fields}
        return {"kind": cls.model_fields["kind"].default} | options | taken

    @classmethod
    def draw_options(cls, rng: np.random.Generator, *, formats: bool) -> dict[str, Any]:
        """Random values of the fields that not every cell has; of formats, too, if wanted."""
        return {}

    def draw_units(self, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
        """Random values of `unit_tensors`, (hidden,) each, with which no gate sticks."""
        return {}

    @property
    def full_title(self) -> str:
        """The title, and the form if the cell has several."""
        return f"Hadamard {self.title}" if self.transform else self.title

    @property
    def norm_title(self) -> str:
        """What people call what standardises its sums or its state; nothing if nothing does."""
        return self.normaliser.title

    @property
    def serialisable(self) -> bool:
        """Whether the serial cell unit can compute this layer."""
        return False

    @property
    def weights(self) -> Arithmetic:
        """The smallest arithmetic that has the weights of all matrices; lanes compute with it."""
        if self.transform:
            return self.weights_x
        return common(self.weights_x, self.weights_h)

    @property
    @abstractmethod
    def phases(self) -> tuple[tuple[str, ...], ...]:
        """Gates whose rows are computed together, phase after phase of a step."""

    @property
    def gates(self) -> tuple[str, ...]:
        """Order of the gates in stacked rows: row ``r`` is gate ``r // hidden``."""
        return tuple(gate for phase in self.phases for gate in phase)

    @property
    def rows(self) -> int:
        """Gate rows of a direction."""
        return len(self.gates) * self.hidden

    @property
    def operands(self) -> tuple[Operand, ...]:
        """The addends of the sum of a gate row."""
        x = Matrix("x", "input", self.weights_x, self.zero_points)
        return x, self.transform or Matrix("h", "state", self.weights_h, self.zero_points)

    @property
    def transform(self) -> Walsh | None:
        """The operand in the place of the recurrent matrix, if there is one."""
        if self.recurrent == "matrix":
            return None
        return Walsh("h", "state", self.block or self.hidden & -self.hidden)

    @property
    def linear(self) -> bool:
        """Whether h is a linear function of x and of the last h."""
        return False

    @property
    def row_tensors(self) -> dict[str, Interval]:
        """Integers of each gate row beside its weights: names and ranges."""
        return self.normaliser.row_tensors([operand.name for operand in self.operands])

    @property
    def scaled_tensors(self) -> dict[str, tuple[str, ...]]:
        """The scales and biases of which each field of the kind of `Scaling` says how they are."""
        return {"normaliser": (*self.row_tensors, *self.unit_tensors)}

    @property
    def directions(self) -> int:
        """1, or 2 if bidirectional."""
        return 2 if self.bidirectional else 1

    @property
    def outputs(self) -> int:
        """Elements of the output of a step."""
        return self.directions * self.hidden

    @property
    @abstractmethod
    def carried(self) -> Format | None:
        """Format of the state that each unit keeps from step to step beside h; None if none."""

    @property
    def state_normalisable(self) -> bool:
        """Whether layer norm can be on what units carry."""
        return False

    @property
    def state_standard(self) -> Standard | None:
        """How what all units carry is standardised before h is made of it; None: it is not."""
        return None

    @property
    def held(self) -> Format | None:
        """Format of the value that each unit then holds for its h until that has been done."""
        return None

    @property
    def scratch(self) -> Format | None:
        """Format of the value that each unit keeps from phase to phase of a step; None if none."""
        return None

    @abstractmethod
    def pipeline(self, **core: Any) -> Pipeline:
        """Latencies of a core with this layer; all parameters of `Pipeline` but ``activation``."""

    @property
    @abstractmethod
    def functions(self) -> dict[str, Format]:
        """The functions of `spec.activation` that the cell takes of pre-activations: outputs."""

    @property
    def separate(self) -> bool:
        """Whether the cell needs the sums of operands apart even where their scales are equal."""
        return False

    @property
    def apart(self) -> bool:
        """Whether the sums of operands stay apart even where their scales are equal."""
        standardised = self.normaliser.standard(self.hidden) is not None
        return self.separate or self.transform is not None or standardised

    @property
    def unit_tensors(self) -> dict[str, Interval]:
        """Integers of each unit beside those of its rows: names and ranges."""
        return {}

    @property
    def initial_tensors(self) -> dict[str, Interval]:
        """Integers of each unit that sequences start from: names and ranges, as the state's."""
        if not self.initial:
            return {}
        carried = {} if self.carried is None else {"initial_c": self.carried.interval}
        return {"initial_h": self.h.interval} | carried

    @property
    def zero_tensors(self) -> dict[str, Interval]:
        """Zero points of the matrices of a direction, if there are any: names and ranges."""
        matrices = (one for one in self.operands if isinstance(one, Matrix) and one.zero_point)
        return {f"zero_{one.name}": one.zeros for one in matrices}

    @property
    def unit_shifts(self) -> dict[str, int]:
        """Biases among these, each with the shift whose rounding half is stored with it."""
        return {}

    @property
    def shifts(self) -> dict[str, int]:
        """The same of all biases, those of rows and those of units."""
        return {"bias": self.normaliser.shift} | self.unit_shifts
