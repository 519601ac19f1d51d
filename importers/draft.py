"""The network description that learned numbers are frozen into: sizes, formats, head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from pascaline.spec.activation import Activation
from pascaline.spec.arithmetic import Arithmetic, ArithmeticField, Fixed
from pascaline.spec.attention import Attention
from pascaline.spec.cells import CELLS, USUAL, form_of, linear, transformed
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.network import Network, Pooling, Results
from pascaline.spec.normalisers.affine import Affine

__all__ = ["Formats", "draft"]

NETWORK, AFFINE = Network.model_fields, Affine.model_fields


def _usual(name: str) -> Any:
    """What the first cell that has this field takes for it."""
    return next(
        cell.model_fields[name].default for cell in CELLS.values() if name in cell.model_fields
    )


class Formats(Checked):
    """All of a model's formats that do not follow from its numbers; defaults as in `spec.network`.

    Parameters
    ----------
    x, h, pre, sigmoid, tanh, cell, state : Format
        As in `spec.network.Network` and `spec.cells`; a cell takes those that it has. Outputs of a
        relu have the format of the pre-activation.
    activation : Table, PiecewiseLinear or AdaptivePieces
        Form of the functions.
    scale_width : int
        Signed bits of the row scales.
    head : Arithmetic
        Arithmetic of the head's weights.
    attention : Attention
        Of pooling by attention, in networks that pool so.
    """

    x: Format = NETWORK["x"].default
    h: Format = _usual("h")
    pre: Format = _usual("pre")
    sigmoid: Format = _usual("sigmoid")
    tanh: Format = _usual("tanh")
    cell: Format = _usual("cell")
    state: Format = _usual("state")
    activation: Activation = _usual("activation")
    scale_width: int = Field(default=AFFINE["scale_width"].default, ge=2, le=24)
    head: ArithmeticField = Fixed(8)
    attention: Attention = Attention()

    def reaching(self, magnitude: float) -> Formats:
        """These formats, with the point of x where inputs of that magnitude need it.

        Raises
        ------
        InputError
            If the magnitude is more than bits of x before the point can hold, or less than those
            behind it.
        """
        width = self.x.width
        most, least = 2.0 ** (width - 1), 2.0 ** (width - 33)
        if not least < magnitude <= most:
            rule = f"must be above {least:g} and at most {most:g}, as x has {width} bits"
            raise InputError("reach", rule, magnitude)
        frac = width - 1 - math.ceil(math.log2(magnitude))
        return self.model_copy(update={"x": Format(width=width, frac=frac)})

    def layer(
        self, cell: str, spread: str | None = None, *, normalise_cell: bool = False
    ) -> dict[str, Any]:
        """A layer's description, but for its sizes and weights, from these formats."""
        kind, options = form_of(cell)
        own = {name: getattr(self, name) for name in Formats.model_fields}
        described = CELLS[kind].described(options, own)
        normaliser: dict[str, Any] = {"scale_width": self.scale_width}
        if spread is not None:
            normaliser |= {"kind": "layernorm", "spread": spread}
        if normalise_cell:
            described |= {"cell_affine": normaliser}
        return described | {"normaliser": normaliser}


def draft(
    formats: Formats,
    *,
    inputs: int,
    hidden: int,
    weights: Arithmetic,
    classes: int | None,
    weights_h: Arithmetic | None = None,
    cells: Sequence[str] = (USUAL,),
    bidirectional: bool = False,
    residual: bool = False,
    pooling: Pooling = "none",
    output: Literal["class", "logits"] = "class",
    results: Results = "last",
    block: int | None = None,
    state_bits: int | None = None,
    rectified: bool = False,
    spread: str | None = None,
    normalise_cell: bool = False,
    zero_points: bool = False,
    head_zero_point: bool = False,
    embedding: int | None = None,
    most: int = 256,
) -> Network:
    """A network of layers that are equal but for their cells, with a head if there are ``classes``.

    Parameters
    ----------
    formats : Formats
        Its formats.
    inputs, hidden, classes : int
        Sizes; hidden units are those of a direction.
    weights, weights_h : Arithmetic
        Of the input weights, and of the recurrent ones, by default the same.
    cells : sequence of str
        The cell of each layer, a key of `spec.cells.FORMS`.
    bidirectional, pooling, output, results, rectified
        As in `spec.network`. Attention has its usual formats.
    residual : bool
        Whether all layers have a residual connection whose inputs are like their outputs.
    block : int, optional
        As in `spec.cells.layer`, for cells whose h meets a transform.
    state_bits : int, optional
        Bits of h of linear cells, by default those of ``formats.pre``.
    spread : {"rms", "mad"}, optional
        Sums of the other cells are standardised by it, see `spec.normalisers.layernorm`.
    normalise_cell : bool
        Whether what their units carry is standardised by it, too; then all of them can have that.
    zero_points, head_zero_point : bool
        Whether matrices of layers have zero points, and whether that of the head has one.
    embedding, most : int, optional
        Behind the layers comes a decoder with these, see `spec.decoder.Decoder`; its cell is that
        of the last layer, and the last of the ``classes`` ends an output. Then ``results`` must be
        ``decoded``.

    Raises
    ------
    InputError
        If a size or a combination of formats is not possible.
    """
    layers: list[dict[str, Any]] = []
    before: tuple[int, Format] = inputs, formats.x
    for cell in cells:
        own = formats
        if state_bits is not None and linear(cell):
            pre = formats.pre.model_copy(update={"width": state_bits})
            own = formats.model_copy(update={"pre": pre})
        norm = None if linear(cell) else spread
        layer = own.layer(cell, norm, normalise_cell=normalise_cell) | {
            "hidden": hidden,
            "bidirectional": bidirectional,
            "zero_points": zero_points,
        }
        if transformed(cell):
            layer |= {"weights": weights, "block": block}
        else:
            layer |= {"weights_x": weights, "weights_h": weights_h or weights}
        given = hidden * (1 + bidirectional), layer["h"]
        layer["residual"] = residual and not bidirectional and before == given
        before = given
        layers.append(layer)
    if residual and not any(layer["residual"] for layer in layers):
        rule = "needs a layer of one direction with as many inputs as outputs, of one format"
        raise InputError("residual", rule)
    decoder = None
    if embedding is not None:
        outputs, h = before
        decoder = {
            "layer": layers[-1] | {"hidden": outputs, "bidirectional": False, "residual": False},
            "embedding": embedding,
            "end": (classes or 1) - 1,
            "most": most,
            "attention": formats.attention.model_copy(update={"query": h}),
        }
    head = {"classes": classes, "weights": formats.head, "output": output, "rectified": rectified}
    head["zero_point"] = head_zero_point
    return Network.parse(
        {
            "inputs": inputs,
            "x": formats.x,
            "layers": tuple(layers),
            "pooling": pooling,
            "attention": formats.attention if pooling == "attention" else None,
            "decoder": decoder,
            "head": None if classes is None else head,
            "results": results,
        },
        thing="network",
    )
