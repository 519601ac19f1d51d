"""Cells: what a layer does in a step, one module each.

A cell is described by a `spec.cells.layer.Layer`: which gate rows it has, what it keeps beside h,
which integers it needs, what it computes, how random ones are drawn, and what it is called. Its
bit-exact model is in `golden.cells`, its hardware in `hdl.cells`, its training in `train.cells`;
each of these packages has a table with the keys of `CELLS`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pascaline.spec.cells.gru import GruLayer
from pascaline.spec.cells.layer import Layer
from pascaline.spec.cells.lstm import LstmLayer
from pascaline.spec.cells.rnn import RnnLayer
from pascaline.spec.checked import one_of
from pascaline.spec.errors import InputError

__all__ = [
    "CELLS",
    "FORMS",
    "USUAL",
    "AnyLayer",
    "form_of",
    "linear",
    "state_normalisable",
    "transformed",
]

CELLS: dict[str, type[Layer]] = {
    "lstm": LstmLayer,
    "gru": GruLayer,
    "rnn": RnnLayer,
}
"""The description of each kind of cell."""

USUAL = "lstm"
"""The default kind, and the default form."""

AnyLayer = Annotated[Layer, one_of(CELLS, USUAL)]
"""A layer of any cell; without a kind, an LSTM."""

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    name: (kind, options) for kind, cell in CELLS.items() for name, options in cell.forms.items()
}
"""Forms of cells by the names that users write: their kind, and the options of their form."""


def form_of(name: str) -> tuple[str, dict[str, Any]]:
    """Kind and options of a form; raises `InputError` if there is none of that name."""
    if name not in FORMS:
        raise InputError("cell", f"must be one of {', '.join(FORMS)}", name)
    return FORMS[name]


def transformed(name: str) -> bool:
    """Whether h meets a transform in cells of that form, see `spec.cells.layer`."""
    _, options = form_of(name)
    return bool(options.get("recurrent", "matrix") != "matrix")


def state_normalisable(name: str) -> bool:
    """Whether layer norm can be on what units carry in cells of that form, likewise."""
    kind, options = form_of(name)
    described = {"hidden": 2, "weights": "binary"} | options
    return CELLS[kind].parse(described, thing=name).state_normalisable


def linear(name: str) -> bool:
    """Whether h is a linear function of what it comes from, likewise."""
    _, options = form_of(name)
    return bool(options.get("function") == "linear")
