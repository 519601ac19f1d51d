"""The real-valued network of a model, in a file that PyTorch loads."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from pascaline.data.arrays import Arrays
from pascaline.importers.labels import labels_of
from pascaline.importers.writing.hadamrnn import write_hadamrnn
from pascaline.importers.writing.modules import write_modules
from pascaline.importers.writing.written import Written
from pascaline.spec.classes import class_names
from pascaline.spec.errors import InputError
from pascaline.spec.files import beside, replacing, write_atomic
from pascaline.spec.model import Model
from pascaline.spec.preprocess import Preprocess, rule_of

__all__ = ["WRITERS", "write_network", "written"]


def _pickled(tensors: Arrays) -> bytes:
    try:
        import torch
    except ModuleNotFoundError as error:
        raise InputError(".pt", f"needs {error.name} (pip install pascaline[train])") from None
    made = io.BytesIO()
    torch.save({name: torch.from_numpy(tensor) for name, tensor in tensors.items()}, made)
    return made.getvalue()


WRITERS: dict[str, Callable[[Arrays, dict[str, str] | None], bytes]] = {
    ".safetensors": lambda tensors, settings: save(dict(tensors), metadata=settings),
    ".pt": lambda tensors, _: _pickled(tensors),
    ".pth": lambda tensors, _: _pickled(tensors),
}
"""By suffix, what makes the content of such a file, of tensors and of settings if it has any."""


def written(model: Model) -> Written:
    """What is to be written of a model; raises `InputError` if no module of PyTorch computes it."""
    if any(layer.residual for layer in model.network.layers):
        raise InputError("residual connections", "must not be there: no state_dict has them")
    return (write_modules if model.network.layer.transform is None else write_hadamrnn)(model)


def write_network(model: Model, path: Path) -> Written:
    """Write the network, and beside it, with the suffix ``.json``, the rule of its features.

    There is no rule if the model knows none, or one that changes nothing.

    Parameters
    ----------
    model : Model
        The model.
    path : Path
        The file; its suffix is a key of `WRITERS`.

    Returns
    -------
    Written
        What is in the file; ``again`` names the rule, too.

    Raises
    ------
    InputError
        If no module of PyTorch computes what the model does, or if a file cannot be written.
    """
    if path.suffix not in WRITERS:
        raise InputError(str(path), f"must end with {', '.join(WRITERS)}", path.suffix)
    found, again = written(model), tuple[str, ...]()
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in found.tensors.items()}
    names = class_names(model)
    if names and path.suffix != ".safetensors" and not any("," in name for name in names):
        again = ("--classes", ",".join(names))
    content = WRITERS[path.suffix](contiguous, labels_of(names))
    with replacing(path) as new:
        new.write_bytes(content)
        rule = rule_of(model) if "preprocess" in model.card else None
        if rule not in (None, Preprocess.uniform(model.network.inputs)):
            assert rule is not None
            rules = beside(path, ".json")
            write_atomic(rules, rule.model_dump_json(exclude_none=True) + "\n")
            again = (*again, "--preprocess", str(rules))
    return Written(found.what, found.tensors, (*found.again, *again), found.notes)
