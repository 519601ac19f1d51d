"""Cells as they are trained, one module each: the formulas of `spec.cells` in real numbers."""

from __future__ import annotations

from pascaline.train.cells.cell import Cell, Formats
from pascaline.train.cells.gru import Gru
from pascaline.train.cells.lstm import Lstm
from pascaline.train.cells.rnn import Rnn

__all__ = ["CELLS", "Cell", "Formats"]

CELLS: dict[str, Cell] = {
    "lstm": Lstm(),
    "gru": Gru("after"),
    "gru-before": Gru("before"),
    "rnn": Rnn("tanh"),
    "rnn-relu": Rnn("relu"),
}
"""The cells by the names that users write; `train.draft.CELLS` has their descriptions."""
