"""Cells as PyTorch and ONNX have them, one module each: what an import must follow."""

from __future__ import annotations

from collections.abc import Callable

from pascaline.importers.modules.gru import Gru
from pascaline.importers.modules.lstm import Lstm
from pascaline.importers.modules.module import Module
from pascaline.importers.modules.rnn import Rnn
from pascaline.spec import cells
from pascaline.spec.errors import InputError

__all__ = ["CELLS", "FORMS", "Module", "module_of"]

CELLS: dict[str, type[Module]] = {
    "lstm": Lstm,
    "gru": Gru,
    "rnn": Rnn,
}
"""Each kind of cell that PyTorch and ONNX have; made with the options of its form."""


FORMS = {
    name: (kind, {key: value for key, value in options.items() if key != "recurrent"})
    for name, (kind, options) in cells.FORMS.items()
    if kind in CELLS and cells.transformed(name) == cells.linear(name)
}
"""Forms of `spec.cells.FORMS` that these have: h meets a matrix, and then comes a function; or a
transform, which is a matrix here, and no function."""


def module_of(name: str) -> Module:
    """The module of a form; raises `InputError` if there is none."""
    if name not in FORMS:
        raise InputError("cell", f"must be one of {', '.join(FORMS)} to be imported", name)
    kind, options = FORMS[name]
    made: Callable[..., Module] = CELLS[kind]
    return made(**options)
