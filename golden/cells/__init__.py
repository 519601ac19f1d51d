"""The cells of `spec.cells`, bit-exact, one module each."""

from __future__ import annotations

from golden.cells.cell import Cell, State, Step
from golden.cells.gru import ResetAfter, ResetBefore
from golden.cells.lstm import Lstm
from golden.cells.rnn import Rnn
from spec.cells.gru import GruLayer
from spec.cells.lstm import LstmLayer
from spec.cells.rnn import RnnLayer
from spec.formats import Format
from spec.network import AnyLayer
from spec.tensors import LayerTensors

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
