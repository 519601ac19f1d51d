"""Cells as PyTorch and ONNX have them, one module each: what an import must follow."""

from __future__ import annotations

from collections.abc import Callable

from pascaline.importers.modules.gru import Gru
from pascaline.importers.modules.lstm import Lstm
from pascaline.importers.modules.module import Module
from pascaline.importers.modules.rnn import Rnn
from pascaline.spec.cells import form_of
from pascaline.spec.errors import InputError

__all__ = ["CELLS", "Module", "module_of"]

CELLS: dict[str, type[Module]] = {
    "lstm": Lstm,
    "gru": Gru,
    "rnn": Rnn,
}
"""Each kind of cell that PyTorch and ONNX have; made with the options of its form."""


def module_of(name: str) -> Module:
    """The module of a form; raises `InputError` if there is none."""
    kind, options = form_of(name)
    if kind not in CELLS:
        raise InputError("cell", f"to be imported must be {' or '.join(CELLS)}", name)
    made: Callable[..., Module] = CELLS[kind]
    return made(**options)
