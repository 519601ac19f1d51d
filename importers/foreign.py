"""Networks from elsewhere: files of PyTorch and ONNX."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pascaline.data.arrays import Arrays
from pascaline.data.preprocess import Preprocess
from pascaline.importers.checkpoint import READERS, read_checkpoint
from pascaline.importers.floats import Floats, floats
from pascaline.importers.onnxfile import read_onnx
from pascaline.spec.errors import InputError

__all__ = ["Foreign", "read_foreign"]

ONNX = ".onnx"


@dataclass(frozen=True, eq=False)
class Foreign:
    """A float network of recurrent layers and perhaps a dense head.

    Attributes
    ----------
    tensors : dict of str to array
        By their names in PyTorch, as `importers.convert` takes them.
    source : str
        What it was.
    sha256 : str
        Hash of the file.
    results : {"last", "every"} or None
        When it gives results, if the file says so.
    preprocess : Preprocess or None
        What raw features have to go through before it; ``None``: nothing.
    cell : str or None
        Its cell, if the file says so.
    pooling : {"none", "max"} or None
        What its head sees at the end, if the file says so.
    """

    tensors: Arrays
    source: str
    sha256: str
    results: Literal["last", "every"] | None = None
    preprocess: Preprocess | None = None
    cell: str | None = None
    pooling: Literal["none", "max"] | None = None

    def floats(self, cell: str | None = None) -> Floats:
        """The tensors, sorted, as those of a cell, by default of what the file says.

        Raises
        ------
        InputError
            If something is wrong with them.
        """
        return floats(self.tensors, cell or self.cell)


def read_foreign(path: Path, preprocess: Path | None = None) -> Foreign:
    """Read an ``.onnx`` file, or tensors of a ``state_dict`` as `read_checkpoint` does.

    Parameters
    ----------
    path : Path
        The file.
    preprocess : Path, optional
        A JSON file of a `Preprocess`.

    Raises
    ------
    InputError
        If the file cannot be read, or if it holds what no model can be, which is named.
    """
    if path.suffix not in (*READERS, ONNX):
        rule = f"must end with {', '.join((*READERS, ONNX))}"
        raise InputError(str(path), rule, path.suffix)
    before = None if preprocess is None else Preprocess.read(preprocess)
    if path.suffix == ONNX:
        graph = read_onnx(path)
        found = graph.results, before, graph.cell, graph.pooling
        return Foreign(graph.tensors, "ONNX", _sha256(path), *found)
    return Foreign(read_checkpoint(path), "PyTorch", _sha256(path), preprocess=before)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
