"""The cells of `spec.cells`, bit-exact, one module each."""

from __future__ import annotations

from pascaline.golden.cells.cell import Cell, State, Step
from pascaline.golden.cells.gru import ResetAfter, ResetBefore
from pascaline.golden.cells.lstm import Lstm
from pascaline.golden.cells.rnn import Rnn
from pascaline.spec.cells.gru import GruLayer
from pascaline.spec.cells.lstm import LstmLayer
from pascaline.spec.cells.rnn import RnnLayer
from pascaline.spec.formats import Format
from pascaline.spec.network import AnyLayer
from pascaline.spec.tensors import LayerTensors

__all__ = ["Cell", "State", "Step", "cell_of"]


def cell_of(layer: AnyLayer, tensors: LayerTensors, x: Format) -> Cell:
    """One direction of a layer; ``x`` is the format of its inputs."""
    match layer:
        case LstmLayer():
            return Lstm(layer, tensors, x)
        case RnnLayer():
            return Rnn(layer, tensors, x)
        case GruLayer():
            return (ResetAfter if layer.reset == "after" else ResetBefore)(layer, tensors, x)
