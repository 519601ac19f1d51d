"""Sequences without labels, out of a file or a folder: what a network is to be fed with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.data.arrays import npy_array, read_npz
from pascaline.data.folder import LABELS, checked_table, listed, read_sequence
from pascaline.data.recordings import recordings_of
from pascaline.data.sets import Features
from pascaline.spec.errors import InputError
from pascaline.spec.outside import content_of

__all__ = ["SUFFIXES", "read_unlabelled"]

SUFFIXES = (".npy", ".csv", ".npz", ".wav")


def read_unlabelled(path: Path) -> list[Features]:
    """All sequences of a file or a folder, each (steps, inputs).

    Parameters
    ----------
    path : Path
        A ``.csv``, ``.npy`` or ``.wav`` file of one sequence as in `data.folder`; a ``.npy`` file
        of several of the same length, (sequences, steps, inputs); a ``.npz`` file of such arrays,
        or of `data.recordings`; or a folder of such files, of folders of them, or with the
        ``labels.csv`` of `data.folder`.

    Raises
    ------
    InputError
        If something cannot be read, is no number or not finite, if a sequence is empty or has not
        as many inputs as the others, or if there is none.
    """
    if not path.exists():
        raise InputError(str(path), "no such file or folder")
    found = list(_sequences(path))
    if not found:
        raise InputError(str(path), "must have at least one sequence")
    first = found[0][1].shape[1]
    for thing, sequence in found:
        if sequence.shape[1] != first:
            rule = f"must have {first} inputs as {found[0][0]} has"
            raise InputError(thing, rule, sequence.shape[1])
    return [sequence for _, sequence in found]


def _sequences(path: Path) -> Iterator[tuple[str, Features]]:
    """Sequences, each with what messages call it."""
    if path.is_dir():
        if (path / LABELS).is_file():
            files = [file for file, _ in listed(path)]
        else:
            files = sorted(file for file in path.rglob("*") if file.is_file())
        for file in files:
            if not file.name.startswith("."):
                yield from _of_file(file)
    else:
        yield from _of_file(path)


def _of_file(path: Path) -> Iterator[tuple[str, Features]]:
    if path.suffix not in SUFFIXES:
        raise InputError(str(path), f"must end with {', '.join(SUFFIXES)}", path.suffix)
    if path.suffix == ".npz":
        arrays = read_npz(path)
        if {"features", "lengths"} <= arrays.keys():
            for index, one in enumerate(recordings_of(path, arrays).sequences):
                yield from _split(f"{path}[{index}]", one)
            return
        for name, array in arrays.items():
            yield from _split(f"{path}: {name}", array)
    elif path.suffix == ".npy":
        yield from _split(str(path), npy_array(path, content_of(path)))
    else:
        yield str(path), read_sequence(path)


def _split(thing: str, array: NDArray[Any]) -> Iterator[tuple[str, Features]]:
    several = array.ndim == 3
    for index, one in enumerate(array if several else [array]):
        name = f"{thing}[{index}]" if several else thing
        table = checked_table(name, np.asarray(one))
        if not table.size:
            raise InputError(name, "must have at least one step and one input")
        yield name, table
