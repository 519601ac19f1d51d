"""A user's own data as a data set and as a task: a folder of sequences, or a text file.

What is in a folder is in `data.folder`; of a text each next character is to be predicted.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from pascaline.data.folder import Folder, read_folder, split
from pascaline.data.sets import DATA_SETS, DataSet, Part, Parts, data_set, predict_next, text_parts
from pascaline.data.text import encode, read_characters
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import OneHot, rule_of

__all__ = ["ALL", "find_data", "is_own", "own_data", "part_for"]

ALL = "all"
"""Instead of a part: everything that a folder or a file has."""


def is_own(name: str) -> bool:
    """Whether this is a path, rather than the name of a data set."""
    path = Path(name)
    return name not in DATA_SETS and (path.name != name or bool(path.suffix) or path.exists())


def find_data(name: str) -> DataSet:
    """The data set of that name or path; raises `InputError` if there is none."""
    return own_data(Path(name)) if is_own(name) else data_set(name)


def own_data(path: Path) -> DataSet:
    """Data to learn from; raises `InputError` if there is something wrong with them."""
    if _existing(path).is_dir():
        folder = read_folder(path)
        parts, names, sha256 = split(folder), folder.classes, folder.sha256
        inputs = folder.inputs
    else:
        text = read_characters(path)
        parts, names = text_parts(text), ()
        inputs, sha256 = len(parts.train.alphabet), hashlib.sha256(text.encode()).hexdigest()
    return DataSet(
        name=path.name if path.is_absolute() else path.as_posix(),
        title="own sequences" if names else "own text",
        source=f"sha256 {sha256}",
        licence="own",
        inputs=inputs,
        classes=len(names) or inputs,
        names=names,
        read=lambda: parts,
    )


def part_for(model: Model, name: str, part: str) -> Part:
    """What a model is to be evaluated on.

    Parameters
    ----------
    model : Model
        The model; its card says which classes or characters it has learned.
    name : str
        A data set, or the path of a folder or a text file.
    part : str
        One of `data.sets.PARTS`, or `ALL`.

    Raises
    ------
    InputError
        If the data cannot be had, or have classes or characters that the model has not.
    """
    if not is_own(name):
        parts = data_set(name).load()
    elif _existing(Path(name)).is_dir():
        folder = _renumbered(read_folder(Path(name)), model)
        if part == ALL:
            return folder.part
        parts = split(folder)
    else:
        parts = _text(Path(name), model)
    return _joined(parts) if part == ALL else parts.named(part)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise InputError(str(path), "no such file or folder")
    return path


def _joined(parts: Parts) -> Part:
    """Both parts."""
    one, two = parts.train, parts.held_out
    if isinstance(one.labels, np.ndarray) and isinstance(two.labels, np.ndarray):
        labels: Any = np.concatenate([one.labels, two.labels])
    else:
        labels = [*one.labels, *two.labels]
    return Part([*one.sequences, *two.sequences], labels, one.alphabet)


def _renumbered(folder: Folder, model: Model) -> Folder:
    """With the numbers that the model has for classes of these names."""
    card, head = model.card.get("data"), model.network.head
    known = card.get("names") if isinstance(card, dict) else None
    if head is None or not model.network.single:
        raise InputError(model.name, "must have a head, and one result a sequence")
    if not known:
        if len(folder.classes) > head.classes:
            rule = f"must have at most {head.classes} classes, as {model.name} has"
            raise InputError("folder", rule, len(folder.classes))
        return folder
    for name in folder.classes:
        if name not in known:
            raise InputError("class", f"must be one of {', '.join(known)}", name)
    numbers = np.array([known.index(name) for name in folder.classes], dtype=np.int64)
    part = Part(folder.part.sequences, numbers[folder.part.labels])
    return Folder(part, tuple(known), folder.sha256)


def _text(path: Path, model: Model) -> Parts:
    rule = rule_of(model)
    if not isinstance(rule, OneHot) or not isinstance(rule.alphabet, str):
        raise InputError(
            model.name, "must have been trained on characters to be evaluated on a text"
        )
    codes = encode(read_characters(path), rule.alphabet, thing=str(path))
    return predict_next(codes, rule.alphabet, thing=str(path))
