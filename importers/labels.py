"""Names of the classes of a network from elsewhere: what a user says, or what stands with it.

Frameworks keep them in several ways, all of which are read: a list of names; a mapping of numbers
to names, as ``id2label`` of Hugging Face; one of names to numbers, as ``class_to_idx`` of
torchvision. They are found among the settings of a file (hyperparameters of a Lightning checkpoint,
metadata of ``.onnx`` and ``.safetensors``), in a ``config.json`` beside it, or in a ``labels.txt``
beside it, which Teachable Machine writes with a model of Keras.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pascaline.spec.errors import InputError, brief
from pascaline.spec.outside import json_of, text_of

__all__ = ["Labels", "labels_beside", "labels_in", "labels_of", "names_in", "said_labels"]

KEYS = ("id2label", "class_names", "classes", "labels", "class_to_idx", "label2id")
"""What settings call them."""

BESIDE = ("config.json", "labels.txt")
"""Files beside a network that may have them."""


class Labels(NamedTuple):
    """Names that a file has.

    Attributes
    ----------
    names : tuple of str
        In the order of their numbers.
    where : str
        What they stand in.
    """

    names: tuple[str, ...]
    where: str


def names_in(found: object) -> tuple[str, ...]:
    """Names in one of the forms that frameworks have; none if it is anything else.

    Examples
    --------
    >>> names_in({"1": "dog", "0": "cat"}), names_in({"cat": 0, "dog": 1}), names_in([3, 4])
    (('cat', 'dog'), ('cat', 'dog'), ())
    """
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return ()
    if isinstance(found, Mapping):
        if all(isinstance(name, str) and type(number) is int for name, number in found.items()):
            found = {number: name for name, number in found.items()}
        numbered = {str(number): name for number, name in found.items()}
        order = [str(number) for number in range(len(numbered))]
        found = [numbered[number] for number in order] if set(order) == set(numbered) else None
    if not isinstance(found, (list, tuple)) or not all(
        isinstance(name, str) and name for name in found
    ):
        return ()
    return tuple(found) if len(set(found)) == len(found) else ()


def labels_of(names: Sequence[str]) -> dict[str, str] | None:
    """Settings in which `labels_in` finds names, for the metadata of a file; none without names."""
    return {"classes": json.dumps(list(names))} if names else None


def labels_in(settings: object, where: str) -> Labels | None:
    """Names among settings, which a file calls by one of `KEYS`."""
    if isinstance(settings, Mapping):
        for key in KEYS:
            if names := names_in(settings.get(key)):
                return Labels(names, f"{key} of {where}")
    return None


def labels_beside(path: Path) -> Labels | None:
    """Names in a file beside a network's, if there is one that has some."""
    settings, lines = (path.with_name(name) for name in BESIDE)
    if settings.is_file() and (found := labels_in(_json(settings), settings.name)):
        return found
    if lines.is_file() and (names := _lines(text_of(lines))):
        return Labels(names, lines.name)
    return None


def said_labels(said: str | Path | Sequence[str]) -> tuple[str, ...]:
    """Names that a user gives: with commas between them, or in a file, or as a list.

    Parameters
    ----------
    said : str, Path or sequence of str
        Names with commas between them; or the path of a ``.json`` file, of a list, or of a mapping
        or settings with one, or of a ``.txt`` file with a name a line.

    Raises
    ------
    InputError
        If there are no names in it, or one twice.
    """
    names: tuple[str, ...]
    if not isinstance(said, (str, Path)):
        names, shown = tuple(said), "a list"
    elif (path := Path(said)).suffix == ".json":
        found, shown = json_of(text_of(path), str(path)), str(path)
        within = labels_in(found, str(path))
        names = within.names if within else names_in(found)
    elif path.suffix == ".txt":
        names, shown = _lines(text_of(path)), str(path)
    else:
        names, shown = tuple(name.strip() for name in str(said).split(",")), brief(str(said))
    if not all(isinstance(name, str) and name for name in names) or len({*names}) < 2:
        raise InputError("classes", "must be two names or more", shown)
    if len({*names}) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("classes", "must be different", brief(twice))
    return names


def _json(path: Path) -> object:
    try:
        return json_of(text_of(path), str(path))
    except InputError:  # It need not belong to the network.
        return None


def _lines(text: str) -> tuple[str, ...]:
    """A name a line; numbers before all of them are left out if they are those of the lines."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    split = [line.partition(" ") for line in lines]
    if all(first == str(number) and rest for number, (first, _, rest) in enumerate(split)):
        lines = [rest.strip() for _, _, rest in split]
    return names_in(lines)
