"""The files that networks from elsewhere come in: a row of `SOURCES` for each suffix."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pascaline.data.preprocess import Preprocess
from pascaline.importers.checkpoint import READERS, read_state_dict
from pascaline.importers.convert import Conversion, convert
from pascaline.importers.foreign import Foreign
from pascaline.importers.onnxfile import read_onnx
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model

__all__ = ["SOURCES", "import_file", "read_foreign"]

SOURCES: dict[str, Callable[[Path], Foreign]] = {
    **dict.fromkeys(READERS, read_state_dict),
    ".onnx": read_onnx,
}
"""By suffix, what reads such a file."""


def read_foreign(path: Path, preprocess: Path | None = None) -> Foreign:
    """Read a network, by the suffix of its file.

    Parameters
    ----------
    path : Path
        The file; its suffix is a key of `SOURCES`.
    preprocess : Path, optional
        A JSON file of a `data.preprocess.Preprocess`.

    Raises
    ------
    InputError
        If the file cannot be read, or if it holds what no model can be, which is named.
    """
    if path.suffix not in SOURCES:
        raise InputError(str(path), f"must end with {', '.join(SOURCES)}", path.suffix)
    before = None if preprocess is None else Preprocess.read(preprocess)
    foreign = SOURCES[path.suffix](path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(foreign, sha256=sha256, preprocess=before)


def import_file(
    path: Path, conversion: Conversion, *, name: str, preprocess: Path | None = None
) -> Model:
    """Make a model of a network in a file.

    Parameters
    ----------
    path : Path
        The file; its suffix is a key of `SOURCES`.
    conversion : Conversion
        How it becomes a model. Where cell, pooling or results are ``None``, the file decides.
    name : str
        The model's name.
    preprocess : Path, optional
        A JSON file of a `data.preprocess.Preprocess`.

    Raises
    ------
    InputError
        If the file cannot be read, or if the network cannot become such a model.
    """
    foreign = read_foreign(path, preprocess)
    said = {name: getattr(foreign, name) for name in ("cell", "pooling", "results")}
    missing = {key: value for key, value in said.items() if getattr(conversion, key) is None}
    return convert(
        foreign.tensors,
        conversion.model_copy(update=missing),
        name=name,
        preprocess=foreign.preprocess,
        source=foreign.source,
    )
