"""Activation functions by pieces: of models, and of any function by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pascaline.data.activations import smallest_activation, with_activation
from pascaline.data.own import part_for
from pascaline.golden.activation import distances, values_of
from pascaline.spec.activation import AdaptivePieces, read_activation
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.keywords import KEYWORDS
from pascaline.spec.model import Model
from pascaline.spec.pieces import find_pieces
from pascaline.spec.progress import Progress, silent

__all__ = ["Approximation", "approximate", "change_activation"]


@dataclass(frozen=True, eq=False)
class Approximation:
    """A function by pieces, in integers; `approximate` makes one.

    Piece ``i`` has the integers ``z`` from ``first[i]`` up to the one before ``first[i + 1]``, and
    gives ``(((slope[i] * z) >> drop) + offset[i]) >> guard`` with ``>>`` rounding down.

    Attributes
    ----------
    pre, out : Format
        Formats of the argument and of the value.
    first, slope, offset : array
        Integers, one a piece.
    drop, guard : int
        The shifts.
    values : array
        Values in order of the argument, the most negative one first.
    largest : int
    mean : float
        Distance from the exact function, rounded and saturated, in units of the last place of
        ``out``: the largest, and the mean over all arguments.

    Examples
    --------
    >>> formats = pascaline.Format(width=8, frac=4), pascaline.Format(width=8, frac=7)
    >>> found = pascaline.approximate("tanh", *formats, pieces=4)
    >>> found.first.tolist()
    [-128, -32, 0, 32]
    >>> print(found.verilog("almost_tanh").partition("(")[0].splitlines()[-1])
    module almost_tanh
    """

    pre: Format
    out: Format
    first: NDArray[np.int64]
    slope: NDArray[np.int64]
    offset: NDArray[np.int64]
    drop: int
    guard: int
    values: NDArray[np.int64]
    largest: int
    mean: float

    def verilog(self, name: str = "function", *, pipelined: bool = False) -> str:
        """A module of that name with ``clk``, ``z`` and, 2 cycles later (4 if pipelined), ``y``."""
        from pascaline.hdl.pieces import PieceFunction  # Amaranth takes a while to import.
        from pascaline.hdl.verilog import emit
        from pascaline.spec.pieces import Pieces

        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in KEYWORDS:
            raise InputError("name", "must be a name in Verilog, and no word of it", name)
        pieces = Pieces(self.first, self.slope, self.offset, self.drop, self.guard, self.pre)
        text, _, _ = emit(PieceFunction(pieces, self.out, pipelined=pipelined), name)
        return str(text)


def approximate(
    function: str | Callable[[float], float],
    pre: Format,
    out: Format,
    *,
    pieces: int = 16,
    slope_bits: int | None = None,
) -> Approximation:
    """A function of one variable by few straight pieces, with knots where they are needed.

    Parameters
    ----------
    function : str or callable
        ``sigmoid``, ``tanh``, ``exp``, ``gelu`` or ``softplus``, or any other from a real number
        to a real number. Beyond what ``out`` holds it is saturated.
    pre, out : Format
        Formats of the argument, signed and of at most 16 bits, and of the value.
    pieces : int
        How many, 2 to 64.
    slope_bits : int or None
        Bits of a slope, 2 to 8; by default each slope is a power of two.

    Returns
    -------
    Approximation
        The pieces, all values, and the errors.

    Raises
    ------
    InputError
        If the function has no finite value somewhere, or if there are no such pieces.

    Examples
    --------
    >>> found = pascaline.approximate(
    ...     lambda x: x / (1 + abs(x)),
    ...     pascaline.Format(width=10, frac=6),
    ...     pascaline.Format(width=8, frac=7),
    ...     slope_bits=4,
    ... )
    >>> len(found.first), found.largest
    (16, 4)
    """
    AdaptivePieces.parse({"pieces": pieces, "slope_bits": slope_bits}, thing="approximation")
    found = find_pieces(function, pre, out, pieces, slope_bits)
    values = values_of(found)
    largest, mean = distances(values, function, pre, out)
    return Approximation(
        pre=pre,
        out=out,
        first=found.first,
        slope=found.slope,
        offset=found.offset,
        drop=found.drop,
        guard=found.guard,
        values=np.roll(values, 1 << (pre.width - 1)),
        largest=largest,
        mean=mean,
    )


def change_activation(
    model: Model,
    form: str,
    *,
    data: str | None = None,
    part: str = "held-out",
    progress: Progress = silent,
) -> Model:
    """A model with its activation functions in another form; its integers stay.

    Parameters
    ----------
    model : Model
        The model.
    form : str
        ``table``, ``pwl64`` (equal segments), ``pieces16`` (slopes are powers of two),
        ``pieces16x4`` (slopes of 4 bits), or ``auto``: the smallest form that loses nothing.
    data : str, optional
        For ``auto``: a data set, or the path of a folder or a text file. A form loses nothing if
        the model gets as much right on it as with tables; without data, if no value is further
        than one unit of the last place from that of the table.
    part : str
        For ``auto``: the part of the data.
    progress : callable
        Told how far the work is.

    Returns
    -------
    Model
        The model. ``card["activation"]`` has the form, the largest error in units of the last
        place, and what was tried; what the card says of accuracy is of the model before.

    Raises
    ------
    InputError
        If there is no such form, or if no layer has functions, or one cannot have it.

    Examples
    --------
    >>> model = pascaline.change_activation(pascaline.load("tiny-ternary"), "pieces16")
    >>> print(model.network.layer.activation, model.card["activation"]["largest_error"])
    pieces16 4
    """
    if not any(layer.functions for layer in model.network.layers):
        raise InputError("model", "must have activation functions: none of its layers has any")
    if form != "auto":
        if data is not None:
            raise InputError("data", f"must be left out with {form}: only auto looks at data")
        tried = smallest_activation(model, ladder=[form], progress=progress)
    else:
        found = None if data is None else part_for(model, data, part)
        tried = smallest_activation(model, found, progress=progress)
    last = tried[-1]
    made = with_activation(model, read_activation(last.form, thing="activation"))
    noted = {
        "form": last.form,
        "largest_error": last.largest,
        "tried": [
            {"form": one.form, "largest_error": one.largest}
            | ({} if one.result is None else {"result": one.result.card()})
            for one in tried
        ],
    }
    return replace(made, card=model.card | {"activation": noted})
