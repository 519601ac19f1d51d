"""``.keras`` and whole-model ``.h5`` files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.keras.archive import WEIGHTS, members_of
from pascaline.importers.keras.chain import Chain
from pascaline.importers.keras.config import Find, entries_of
from pascaline.importers.keras.hdf5 import Hdf5
from pascaline.importers.keras.layers import SHAPES, add, add_input
from pascaline.importers.keras.variables import Archived, Listed
from pascaline.spec.errors import InputError
from pascaline.spec.outside import content_of

__all__ = ["READERS", "read_keras"]


class Opened(NamedTuple):
    """An opened file.

    Attributes
    ----------
    config : str or bytes
        JSON of the model.
    find : callable
        What gives the variables of a layer.
    """

    config: str | bytes
    find: Find


def read_keras(path: Path, reading: Reading) -> Foreign:
    """Read a whole model: a Sequential one, or a Functional one that is a chain.

    Normalisation in front of it becomes `Foreign.preprocess`.

    Raises
    ------
    InputError
        If the file cannot be read, or if a layer is none that a model can have; it is named.
    """
    content = content_of(path)
    opened = READERS[path.suffix](path, content)
    entries = entries_of(str(path), opened.config, opened.find)
    chain = Chain()
    first = entries[0]
    if first.kind != "InputLayer" and any(first.settings.get(key) for key in SHAPES):
        add_input(chain, first)  # Keras 2 lets the first layer say the shape of its input.
    for entry in entries:
        add(chain, entry)
    return chain.finish(str(path), reading)


def _open_archive(path: Path, content: bytes) -> Opened:
    members = members_of(path, content)
    hdf5 = Hdf5(f"{path}: {WEIGHTS}", members.weights)
    return Opened(members.config, lambda thing, key, name: Archived(hdf5, thing, key))


def _open_hdf5(path: Path, content: bytes) -> Opened:
    hdf5 = Hdf5(str(path), content)
    config = hdf5.texts("", "model_config")
    if config is None or len(config) != 1:
        rule = "must be a whole model: attribute model_config is missing (weights alone do not do)"
        raise InputError(str(path), rule)
    return Opened(config[0], lambda thing, key, name: Listed(hdf5, thing, name))


READERS: dict[str, Callable[[Path, bytes], Opened]] = {
    ".keras": _open_archive,
    ".h5": _open_hdf5,
    ".hdf5": _open_hdf5,
}
"""How each kind of file is opened: its path, for messages, and its content."""
