"""A user's own data as a data set and as a task, and the data that a model belongs to.

Own data are a folder of sequences, see `data.folder`, or a text file, of which each next character
is to be predicted.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pascaline.data.folder import Folder, read_folder, split
from pascaline.data.numbering import numbers_for
from pascaline.data.sets import (
    DATA_SETS,
    DataSet,
    Features,
    Part,
    Parts,
    data_set,
    predict_next,
    text_parts,
)
from pascaline.data.text import encode, read_characters
from pascaline.data.unlabelled import SUFFIXES, read_unlabelled
from pascaline.spec.classes import class_names
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import OneHot, rule_of

__all__ = [
    "ALL",
    "Trained",
    "find_data",
    "is_own",
    "learned_from",
    "own_data",
    "part_for",
    "sequences_for",
    "trained_on",
]

ALL = "all"
"""Instead of a part: everything that a folder or a file has."""


OWN = "own"
"""The licence of a user's data, which tells them from a data set of the same name."""


@dataclass(frozen=True)
class Trained:
    """What the card of a model says of the data that it was trained on.

    Attributes
    ----------
    name : str
        A data set; or the path of own data, from where they were learned, or its last part.
    own : bool
        Whether they are own data.
    source : str
        What was learned then: of own data their hash.
    """

    name: str
    own: bool
    source: str

    @property
    def there(self) -> bool:
        """Whether they can be had: own data may be elsewhere."""
        return not self.own or Path(self.name).exists()


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
        inputs, sha256 = len(parts.train.alphabet), _sha256(text)
    return DataSet(
        name=path.name if path.is_absolute() else path.as_posix(),
        title="own sequences" if names else "own text",
        source=_source(sha256),
        licence=OWN,
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
    if is_own(name):
        return _own_part(model, Path(name), part)
    data = data_set(name)
    found, known = _of_parts(data.load(), part), class_names(model)
    if not data.names or not known or isinstance(found.labels, list):
        return found
    numbers = numbers_for(data.names, model)
    return Part(found.sequences, numbers[found.labels], found.alphabet)


def trained_on(model: Model) -> Trained:
    """The data that a model's card names; raises `InputError` if it names none."""
    data: Any = model.card.get("data")
    name = data.get("name") if isinstance(data, dict) else None
    if not isinstance(name, str):
        rule = "is missing: no data are known that it was trained on"
        raise InputError(f"{model.name}: card.data.name", rule)
    return Trained(name, data.get("licence") == OWN, str(data.get("source")))


def learned_from(model: Model, part: str = "held-out") -> Part:
    """A part of the data that a model was trained on, whoever they belong to.

    Warns if own data are no longer what they were then.

    Raises
    ------
    InputError
        If the card names no data, or if they cannot be had.
    """
    found = trained_on(model)
    if not found.own:
        return part_for(model, found.name, part)
    if not found.there:
        rule = f"was trained on {found.name}, which is not in this folder: name data (--data)"
        raise InputError(model.name, rule)
    return _own_part(model, Path(found.name), part, source=found.source)


def sequences_for(model: Model, name: str, part: str) -> Part | list[Features]:
    """What a model is to be run on: labelled if it can be, else sequences alone.

    Parameters
    ----------
    model : Model
        The model.
    name : str
        As for `part_for`; or the path of a file of sequences, or of a folder of them for a
        model that does not give one class a sequence, as `data.unlabelled` reads them.
    part : str
        As for `part_for`; sequences alone are always all of them.

    Raises
    ------
    InputError
        As `part_for` and `data.unlabelled.read_unlabelled`.
    """
    path, network = Path(name), model.network
    if is_own(name):
        classes = network.head is not None and network.results == "last"
        if path.suffix in SUFFIXES or (path.is_dir() and not classes):
            return read_unlabelled(path)
    return part_for(model, name, part)


def _own_part(model: Model, path: Path, part: str, *, source: str | None = None) -> Part:
    """A part of own data; a warning if their hash is not that of ``source``."""
    if _existing(path).is_dir():
        folder = read_folder(path)
        _compare(model, path, source, folder.sha256)
        folder = _renumbered(folder, model)
        return folder.part if part == ALL else split(folder).named(part)
    text = read_characters(path)
    _compare(model, path, source, _sha256(text))
    return _of_parts(_text(path, text, model), part)


def _compare(model: Model, path: Path, source: str | None, sha256: str) -> None:
    if source is not None and source != _source(sha256):
        text = f"{path} has changed since {model.name} was trained on it: what is held out, too"
        warnings.warn(text, UserWarning, stacklevel=5)


def _source(sha256: str) -> str:
    return f"sha256 {sha256}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _of_parts(parts: Parts, part: str) -> Part:
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
    head = model.network.head
    if head is None or not model.network.single:
        raise InputError(model.name, "must have a head, and one result a sequence")
    numbers = numbers_for(folder.classes, model)
    part = Part(folder.part.sequences, numbers[folder.part.labels])
    return Folder(part, folder.classes, folder.sha256)


def _text(path: Path, text: str, model: Model) -> Parts:
    rule = rule_of(model)
    if not isinstance(rule, OneHot) or not isinstance(rule.alphabet, str):
        raise InputError(
            model.name, "must have been trained on characters to be evaluated on a text"
        )
    codes = encode(text, rule.alphabet, thing=str(path))
    return predict_next(codes, rule.alphabet, thing=str(path))
