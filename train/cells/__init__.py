"""Cells as they are trained, one module each: the formulas of `spec.cells` in real numbers."""

from __future__ import annotations

from collections.abc import Callable

from pascaline.spec.cells import form_of
from pascaline.train.cells.cell import Cell, Formats
from pascaline.train.cells.gru import Gru
from pascaline.train.cells.lstm import Lstm
from pascaline.train.cells.rnn import Rnn

__all__ = ["CELLS", "Cell", "Formats", "cell_of"]

CELLS: dict[str, Callable[..., Cell]] = {
    "lstm": Lstm,
    "gru": Gru,
    "rnn": Rnn,
}
"""Each kind of cell; made with the options of its form."""


def cell_of(name: str) -> Cell:
    """The cell of a form; raises `InputError` if there is none of that name.

    What its h meets, a matrix or a transform, is not the cell's: see `train.recurrent.Recurrent`.
    """
    kind, options = form_of(name)
    return CELLS[kind](**{key: value for key, value in options.items() if key != "recurrent"})
