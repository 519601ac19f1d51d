"""The network description that learned numbers are frozen into: sizes, formats, head."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from spec.activation import Activation
from spec.arithmetic import Arithmetic, ArithmeticField, Fixed
from spec.checked import Checked
from spec.formats import Format
from spec.network import Affine, LstmLayer, Network

__all__ = ["Formats", "draft"]

NETWORK, LAYER, AFFINE = Network.model_fields, LstmLayer.model_fields, Affine.model_fields


class Formats(Checked):
    """All of a model's formats that do not follow from its numbers; defaults as in `spec.network`.

    Parameters
    ----------
    x, h, pre, sigmoid, tanh, cell : Format
        As in `spec.network.Network` and `spec.network.LstmLayer`.
    activation : Table or PiecewiseLinear
        Form of the functions.
    scale_width : int
        Signed bits of the row scales.
    head : Arithmetic
        Arithmetic of the head's weights.
    """

    x: Format = NETWORK["x"].default
    h: Format = LAYER["h"].default
    pre: Format = LAYER["pre"].default
    sigmoid: Format = LAYER["sigmoid"].default
    tanh: Format = LAYER["tanh"].default
    cell: Format = LAYER["cell"].default
    activation: Activation = LAYER["activation"].default
    scale_width: int = Field(default=AFFINE["scale_width"].default, ge=2, le=24)
    head: ArithmeticField = Fixed(8)

    def reaching(self, magnitude: float) -> Formats:
        """These formats, with bits of x before its point for inputs of that magnitude."""
        before = max(0, math.ceil(math.log2(magnitude)))
        x = {"width": self.x.width, "frac": self.x.width - 1 - before}
        return self.model_copy(update={"x": Format.parse(x, thing="x")})


def draft(
    formats: Formats,
    *,
    inputs: int,
    hidden: int,
    weights: Arithmetic,
    classes: int | None,
    output: Literal["class", "logits"] = "class",
    results: Literal["last", "every"] = "last",
) -> Network:
    """A network of one LSTM layer, with a head if there are ``classes``.

    Raises
    ------
    InputError
        If a size or a combination of formats is not possible.
    """
    layer = formats.model_dump(exclude={"x", "scale_width", "head"})
    layer |= {"hidden": hidden, "weights": weights}
    layer |= {"normaliser": {"scale_width": formats.scale_width}}
    head = {"classes": classes, "weights": formats.head, "output": output}
    return Network.parse(
        {
            "inputs": inputs,
            "x": formats.x,
            "layers": (layer | {"kind": "lstm"},),
            "head": None if classes is None else head,
            "results": results,
        },
        thing="network",
    )
