"""Which classes of a model the classes of data are: by their names."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.classes import class_names
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model

__all__ = ["numbers_for"]

SHOWN = 8
"""Classes that a warning names."""


def numbers_for(names: Sequence[str], model: Model) -> NDArray[np.int64]:
    """The numbers that a model has for classes of data.

    Names that are numbers stand for themselves in a model whose classes have no names. Others then
    have to be guessed by their order, which is a warning.

    Parameters
    ----------
    names : sequence of str
        The classes, in the order in which the data count them.
    model : Model
        The model, which has a head.

    Raises
    ------
    InputError
        If the model has no such class, or fewer than the data.
    """
    assert model.network.head is not None
    known, count = class_names(model), model.network.head.classes
    if known:
        for name in names:
            if name not in known:
                raise InputError("class", f"must be one of {', '.join(known)}", name)
        return np.array([known.index(name) for name in names], dtype=np.int64)
    if all(name.isdecimal() and str(int(name)) == name for name in names):
        for name in names:
            if int(name) >= count:
                rule = f"must be below {count}, as {model.name} has numbers alone: import --classes"
                raise InputError("class", rule, name)
        return np.array([int(name) for name in names], dtype=np.int64)
    if len(names) > count:
        raise InputError(
            "folder", f"must have at most {count} classes, as {model.name} has", len(names)
        )
    shown = ", ".join(f"{name} is {number}" for number, name in enumerate(names[:SHOWN]))
    text = (
        f"{model.name}: its classes have no names, so their numbers are guessed by the alphabet:"
        f" {shown}{', ...' * (len(names) > SHOWN)}; import --classes names them"
    )
    warnings.warn(text, UserWarning, stacklevel=2)
    return np.arange(len(names))
