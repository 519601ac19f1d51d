"""The network description: what a model computes, without its weights and without any hardware.

One step of an LSTM layer, in integers (``A``, ``B`` exact sums; round_shift and saturate as in
`spec.formats`), for hidden unit ``j`` and each gate row ``r``::

    A = sum_j weight_h[r, j] * h[j]         B = sum_i weight_x[r, i] * x[i]
    z = saturate(round_shift(scale_h[r] * A + scale_x[r] * B + bias[r], shift), pre)
    i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o)        g = tanh(z_g)
    c' = saturate(round_shift(f * c + (i * g << cell.frac - tanh.frac), sigmoid.frac), cell)
    u = saturate(round_shift(c', cell.frac - pre.frac), pre)                  without an affine
    u = saturate(round_shift(scale_c[j] * c' + bias_c[j], affine.shift), pre)        with one
    h' = saturate(round_shift(o * tanh(u), sigmoid.frac + tanh.frac - h.frac), h)

The normaliser of training (batch norm, weight norm, learned scales) is folded into the two scales
and the bias of each row, the cell's own normaliser into the affine (Ardakani et al. 2019, with
statistics shared over time).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from spec.activation import Activation, PiecewiseLinear, Table
from spec.arithmetic import ArithmeticField
from spec.checked import Checked
from spec.formats import Format, Interval

__all__ = ["GATES", "Affine", "Head", "LstmLayer", "Network"]

GATES = ("i", "f", "g", "o")
"""Order of the gates in stacked rows, as in PyTorch: row ``r`` is gate ``r // hidden``."""

Q0_7 = Format(width=8, frac=7)


class Affine(Checked):
    """Integer formats of ``saturate(round_shift(scale * value + bias, shift), ...)``.

    Parameters
    ----------
    scale_width, bias_width : int
        Signed bits of every scale and every bias.
    shift : int
        The shift that follows, common to all rows.
    """

    scale_width: int = Field(default=16, ge=2, le=24)
    bias_width: int = Field(default=32, ge=2, le=48)
    shift: int = Field(default=16, ge=0, le=40)

    @property
    def scales(self) -> Interval:
        """Range of a scale."""
        return Interval.signed_bits(self.scale_width)

    @property
    def biases(self) -> Interval:
        """Range of a bias."""
        return Interval.signed_bits(self.bias_width)


class LstmLayer(Checked):
    """One LSTM layer; formats default to 8-bit activations.

    Parameters
    ----------
    hidden : int
        Hidden units, 1 to 2048.
    weights : Arithmetic
        Arithmetic of both weight matrices.
    h, pre, sigmoid, tanh, cell : Format
        Hidden state, pre-activation, outputs of the two functions, cell state.
    normaliser : Affine
        Formats of the row scales and biases.
    cell_affine : Affine or None
        Formats of the affine on the cell before its tanh, if there is one.
    activation : Table or PiecewiseLinear
        Form of the functions.
    """

    kind: Literal["lstm"] = "lstm"
    hidden: int = Field(ge=1, le=2048)
    weights: ArithmeticField
    h: Format = Q0_7
    pre: Format = Format(width=12, frac=8)
    sigmoid: Format = Q0_7
    tanh: Format = Q0_7
    cell: Format = Format(width=16, frac=11)
    normaliser: Affine = Affine()
    cell_affine: Affine | None = None
    activation: Activation = Table()

    @model_validator(mode="after")
    def _formats_fit(self) -> LstmLayer:
        for name in ("h", "pre", "tanh", "cell"):
            if not getattr(self, name).signed:
                raise ValueError(f"{name} must be a signed format")
        if self.cell.frac < self.tanh.frac:
            raise ValueError("cell.frac must be at least tanh.frac")
        if self.cell_affine is None and self.cell.frac < self.pre.frac:
            raise ValueError("cell.frac must be at least pre.frac")
        if self.sigmoid.frac + self.tanh.frac < self.h.frac:
            raise ValueError("h.frac must be at most sigmoid.frac + tanh.frac")
        if not 2 <= self.pre.width <= 16:
            raise ValueError(f"pre.width must be 2 to 16, not {self.pre.width}")
        if isinstance(self.activation, PiecewiseLinear):
            most = 1 << (self.pre.width - 1)
            if self.activation.segments > most:
                raise ValueError(f"activation.segments must be at most {most} for this pre")
        return self

    @property
    def rows(self) -> int:
        """Gate rows: 4 * hidden."""
        return len(GATES) * self.hidden


class Head(Checked):
    """A dense layer over h: ``logit[r] = scale[r] * sum_j weight[r, j] * h[j] + bias[r]``, exact.

    Parameters
    ----------
    classes : int
        Rows, 1 to 2048.
    weights : Arithmetic
        Arithmetic of the weights.
    scaled : bool
        Whether rows have scales; without, all are 1 and cost nothing.
    scale_width, bias_width : int
        Signed bits of every scale and every bias.
    output : {"class", "logits"}
        The index of the largest logit (the first of equals), or all logits.
    """

    classes: int = Field(ge=1, le=2048)
    weights: ArithmeticField
    scaled: bool = False
    scale_width: int = Field(default=16, ge=2, le=24)
    bias_width: int = Field(default=32, ge=2, le=48)
    output: Literal["class", "logits"] = "class"

    @property
    def scales(self) -> Interval:
        """Range of a row scale."""
        return Interval.signed_bits(self.scale_width)

    @property
    def biases(self) -> Interval:
        """Range of a bias."""
        return Interval.signed_bits(self.bias_width)


class Network(Checked):
    """A stack of layers, then a head.

    Parameters
    ----------
    inputs : int
        Elements of one input vector, 1 to 2048.
    x : Format
        Format of an input element.
    layers : tuple of LstmLayer
        From input to output; exactly one.
    head : Head or None
        Dense head; without one the results are the last layer's h.
    results : {"last", "every"}
        A result after the last step of a sequence, or after every step.
    """

    inputs: int = Field(ge=1, le=2048)
    x: Format = Q0_7
    layers: tuple[LstmLayer, ...] = Field(min_length=1, max_length=1)
    head: Head | None = None
    results: Literal["last", "every"] = "last"

    @model_validator(mode="after")
    def _x_fits(self) -> Network:
        if self.x.width > 16:
            raise ValueError(f"x.width must be at most 16, not {self.x.width}")
        return self

    @property
    def layer(self) -> LstmLayer:
        """The layer."""
        return self.layers[0]
