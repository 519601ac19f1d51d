"""The network description: what a model computes, without its weights and without any hardware.

A network is a stack of layers (`spec.cells` has the formulas of each), then perhaps pooling over
time and a head. The input of a layer is the output of the one before it at the same step; the
output of a bidirectional layer is h of both its directions, one after the other.
"""

from __future__ import annotations

from operator import not_
from typing import Literal

from pydantic import Field, model_validator

from pascaline.spec.arithmetic import ArithmeticField
from pascaline.spec.attention import Attention
from pascaline.spec.cells import AnyLayer
from pascaline.spec.cells.layer import Q0_7, Layer
from pascaline.spec.checked import Checked, is_none
from pascaline.spec.decoder import Decoder
from pascaline.spec.formats import Format, Interval

__all__ = ["Head", "Network", "Pooling", "Results"]

Pooling = Literal["none", "max", "mean", "attention"]
"""What is made of the outputs of all steps, see `Network`."""

Results = Literal["last", "every", "first-of-backward", "decoded"]
"""When there is a result, and of which outputs, see `Network`."""


class Head(Checked):
    """A linear layer over h: ``logit[r] = scale[r] * sum_j weight[r, j] * h[j] + bias[r]``, exact.

    With a zero point, weights are ``weight[r, j] - zero``.

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
    rectified : bool
        Whether it sees ``max(h[j], 0)`` instead of ``h[j]``.
    zero_point : bool
        Whether the weights have a zero point, as a `spec.operands.Matrix` may.
    """

    classes: int = Field(ge=1, le=2048)
    weights: ArithmeticField
    scaled: bool = False
    scale_width: int = Field(default=16, ge=2, le=24)
    bias_width: int = Field(default=32, ge=2, le=48)
    output: Literal["class", "logits"] = "class"
    # Left out of descriptions that are older than it.
    rectified: bool = Field(default=False, exclude_if=not_)
    zero_point: bool = Field(default=False, exclude_if=not_)

    @property
    def zeros(self) -> Interval:
        """What the zero point may be."""
        return self.weights.weights if self.zero_point else Interval(0, 0)

    @property
    def scales(self) -> Interval:
        """Range of a row scale."""
        return Interval.signed_bits(self.scale_width)

    @property
    def biases(self) -> Interval:
        """Range of a bias."""
        return Interval.signed_bits(self.bias_width)


class Network(Checked):
    """A stack of layers, pooling, and a head.

    Parameters
    ----------
    inputs : int
        Elements of one input vector, 1 to 2048.
    x : Format
        Format of an input element.
    layers : tuple of Layer
        From input to output, 1 to 8.
    pooling : {"none", "max", "mean", "attention"}
        What the result is made of: the last layer's output, or of each of its elements the largest
        value, or the mean, over all steps of the sequence. With a sum ``S`` over ``T`` steps the
        mean is ``floor((2 * S + T) / (2 * T))``, in the format of h: the nearest, ties go up. With
        attention each step counts as much as a query says that has been learned, see
        `spec.attention`.
    attention : Attention or None
        Formats of attention; only there with pooling by attention.
    decoder : Decoder or None
        What makes a sequence of classes of the outputs of all steps, see `spec.decoder`; the head
        then is the decoder's.
    head : Head or None
        Head; without one the results are what it would get.
    results : {"last", "every", "first-of-backward", "decoded"}
        A result at the end of a sequence, or after every step. At the end, a bidirectional last
        layer gives h of each direction after its own last step; or, as ``first-of-backward``, its
        output at the last step of the sequence, which is the backward direction's first. With a
        decoder, and only then, results are ``decoded``: one for each class of its output.

    Examples
    --------
    >>> layer = {"kind": "gru", "hidden": 8, "weights": "ternary"}
    >>> network = Network.parse({"inputs": 3, "layers": (layer,)}, thing="network")
    >>> network.layer.hidden, network.head
    (8, None)
    """

    inputs: int = Field(ge=1, le=2048)
    x: Format = Q0_7
    layers: tuple[AnyLayer, ...] = Field(min_length=1, max_length=8)
    pooling: Pooling = "none"
    attention: Attention | None = Field(default=None, exclude_if=is_none)
    decoder: Decoder | None = Field(default=None, exclude_if=is_none)
    head: Head | None = None
    results: Results = "last"

    @model_validator(mode="after")
    def _fits(self) -> Network:
        if self.x.width > 16:
            raise ValueError(f"x.width must be at most 16, not {self.x.width}")
        if self.pooling != "none" and self.results != "last":
            raise ValueError("results must be last with pooling")
        if (self.attention is not None) != (self.pooling == "attention"):
            raise ValueError("attention must be there if pooling is attention, and only then")
        if self.attention is not None and self.attention.shift(self.layer.h) < 0:
            most = self.attention.query.frac + self.layer.h.frac
            raise ValueError(f"attention.score.frac must be at most {most}, of query and h")
        for index, layer in enumerate(self.layers):
            if layer.residual:
                self._check_residual(index, layer)
        if self.results == "first-of-backward" and not self.layer.bidirectional:
            # Of one direction, both ends give the same: then it is called last.
            raise ValueError("results must be last or every for a last layer of one direction")
        if (self.decoder is not None) != (self.results == "decoded"):
            raise ValueError("results must be decoded with a decoder, and only then")
        if self.decoder is not None:
            self._check_decoder(self.decoder)
        return self

    def _check_residual(self, index: int, layer: Layer) -> None:
        """What is added to h must be like it."""
        inputs, x = self.layer_inputs(index), self.layer_x(index)
        if inputs != layer.outputs:
            rule = f"needs as many inputs as outputs ({layer.outputs})"
            raise ValueError(f"layer {index}: residual {rule}, not {inputs}")
        if x != layer.h:
            rule = f"needs inputs in the format of h ({layer.h})"
            raise ValueError(f"layer {index}: residual {rule}, not {x}")

    def _check_decoder(self, decoder: Decoder) -> None:
        if self.head is None or self.head.output != "class":
            raise ValueError("head must be there with a decoder, and its output must be class")
        if decoder.end >= self.head.classes:
            raise ValueError(f"decoder.end must be below {self.head.classes}, not {decoder.end}")
        if decoder.layer.hidden != self.layer.outputs:
            rule = f"must be {self.layer.outputs}, elements of what it decodes"
            raise ValueError(f"decoder.layer.hidden {rule}, not {decoder.layer.hidden}")
        if decoder.layer.h != self.layer.h:
            raise ValueError(f"decoder.layer.h must be {self.layer.h}, the format of the layer's h")

    @property
    def layer(self) -> Layer:
        """The last layer."""
        return self.layers[-1]

    @property
    def every_layer(self) -> tuple[Layer, ...]:
        """The layers, and that of the decoder."""
        return self.layers if self.decoder is None else (*self.layers, self.decoder.layer)

    @property
    def bidirectional(self) -> bool:
        """Whether any layer is: then no result is known before a sequence has ended."""
        return any(layer.bidirectional for layer in self.layers)

    @property
    def whole(self) -> bool:
        """Whether sequences are taken as a whole: they start from zero, and nothing is kept."""
        return self.bidirectional or self.decoder is not None

    @property
    def single(self) -> bool:
        """Whether there is one result a sequence."""
        return self.results not in ("every", "decoded")

    @property
    def bounded(self) -> bool:
        """Whether machines hold all steps of a sequence, or count them: up to ``longest``."""
        counted = self.pooling in ("mean", "attention")
        return self.bidirectional or counted or self.decoder is not None

    @property
    def head_inputs(self) -> int:
        """Elements of what the head sees."""
        return self.layer.outputs + (self.decoder.layer.hidden if self.decoder else 0)

    def layer_inputs(self, index: int) -> int:
        """Elements of the input of a layer."""
        return self.layers[index - 1].outputs if index else self.inputs

    def matrix_columns(self, index: int) -> tuple[int, ...]:
        """Columns of the matrices of a layer: of the input's, and of the recurrent one if any."""
        layer = self.layers[index]
        recurrent = () if layer.transform else (layer.hidden,)
        return (self.layer_inputs(index), *recurrent)

    def layer_x(self, index: int) -> Format:
        """Format of the input of a layer."""
        return self.layers[index - 1].h if index else self.x
