"""The cells of `spec.cells`, bit-exact, one module each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pascaline.golden.cells.cell import Cell, State, Step
from pascaline.golden.cells.gru import gru_of
from pascaline.golden.cells.lstm import Lstm
from pascaline.golden.cells.rnn import Rnn
from pascaline.spec.cells.layer import Layer
from pascaline.spec.formats import Format
from pascaline.spec.tensors import LayerTensors

__all__ = ["CELLS", "Cell", "State", "Step", "cell_of"]

CELLS: dict[str, Callable[[Any, LayerTensors, Format], Cell]] = {
    "lstm": Lstm,
    "gru": gru_of,
    "rnn": Rnn,
}
"""The model of each kind of cell: of a layer, the tensors of a direction, and the format of x."""


def cell_of(layer: Layer, tensors: LayerTensors, x: Format) -> Cell:
    """One direction of a layer; ``x`` is the format of its inputs."""
    return CELLS[layer.kind](layer, tensors, x)
