"""Models by what a user calls them: a model file, a shipped model, or a named configuration."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from pascaline import models
from pascaline.spec.configs import configs
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.modelfile import read_model

__all__ = ["base_machine", "find_model"]


def find_model(name: str) -> Model:
    """The model of that name or path.

    Raises
    ------
    InputError
        If there is none; names that are near are offered.
    """
    if name in models.names():
        return read_model(models.path(name))
    found = configs().get(name)
    if found is not None and found.network is not None:
        return found.synthetic(name)
    if Path(name).suffix or os.sep in name:
        return read_model(Path(name))
    known = sorted({*models.names(), *configs()})
    near = difflib.get_close_matches(name, known, n=3)
    nearest = f" (near: {', '.join(near)})" if near else ""
    raise InputError("model", f"must be a model file or a name of `pascaline list`{nearest}", name)


def base_machine(model: Model, path: Path | None = None) -> Machine:
    """The machine of a file, else that of the model's named configuration, else the smallest.

    Raises
    ------
    InputError
        If the file cannot be read or describes no machine.
    """
    if path is not None:
        return Machine.read(path)
    return configs()[model.name].machine if model.name in configs() else Machine()
