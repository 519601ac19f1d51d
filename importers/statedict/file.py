"""Tensors of a foreign network, out of the files that such networks are kept in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pascaline.importers.brevitas import refuse_state_dict
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.statedict.hadamrnn import hadamrnn_of, is_hadamrnn
from pascaline.importers.statedict.reader import foreign_of
from pascaline.importers.tensorfiles import READERS, Checkpoint
from pascaline.spec.errors import InputError
from pascaline.spec.outside import content_of

__all__ = ["read_checkpoint", "read_state_dict"]


def read_checkpoint(path: Path, part: str | None = None) -> Checkpoint:
    """Tensors by name, of a file whose suffix is a key of `importers.tensorfiles.READERS`.

    Nothing in the file is run: pickled code is refused.

    Parameters
    ----------
    path : Path
        The file.
    part : str, optional
        How the names of tensors begin that are read; the others are left out.

    Raises
    ------
    InputError
        If the file cannot be read, holds anything but tensors, or none of that part.
    """
    if path.suffix not in READERS:
        raise InputError(str(path), f"must end with {', '.join(READERS)}", path.suffix)
    outside: list[str] = []

    def wanted(name: str) -> bool:
        if part is None or name.startswith(part):
            return True
        outside.append(name)
        return False

    found = READERS[path.suffix](path, content_of(path), wanted)
    if not found.tensors and outside:
        raise InputError("part", "must be how the name of a tensor begins", part)
    return found._replace(left_out=(*found.left_out, *outside))


def read_state_dict(path: Path, reading: Reading) -> Foreign:
    """The network of PyTorch that `read_checkpoint` finds in a file; raises `InputError` as it."""
    found = read_checkpoint(path, reading.part)
    refuse_state_dict(path, found.tensors)
    make = hadamrnn_of if is_hadamrnn(found.tensors) else foreign_of
    return replace(make(found.tensors, reading, left_out=found.left_out), labels=found.labels)
