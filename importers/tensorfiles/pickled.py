"""Tensors of what ``torch.save`` writes, by PyTorch, which runs nothing of it."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from pascaline.data.arrays import Wanted, zip_members
from pascaline.importers.labels import Labels, labels_in
from pascaline.importers.tensorfiles.checkpoint import Checkpoint
from pascaline.importers.tensorfiles.legacy import check_legacy
from pascaline.importers.tensorfiles.unwrap import unwrap
from pascaline.spec.errors import InputError
from pascaline.spec.outside import LARGEST, parsing

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["read_pickled"]

FORBIDDEN = re.compile(r"Unsupported (?:global: GLOBAL|class|type) ([\w.]+)")
"""What PyTorch says of a class that is not one of data."""

LIGHTNING = "hyper_parameters"
"""Where Lightning keeps what a module was made with."""

REAL = re.compile(r"float(16|32|64)|bfloat16|u?int(8|16|32|64)")
"""Types of tensors that are read."""


def read_pickled(path: Path, content: bytes, wanted: Wanted) -> Checkpoint:
    """Tensors by name, of a ``state_dict`` or of what a trainer keeps one in.

    Raises
    ------
    InputError
        If PyTorch is not installed; if the file is none of its own, holds anything but data, or
        says that it holds more than `spec.outside.LARGEST`; if a tensor is none of real numbers in
        memory. Each is named.
    """
    try:
        import torch
    except ModuleNotFoundError:
        rule = "needs PyTorch to be read; without it, save it as .safetensors or .npz"
        raise InputError(str(path), rule) from None
    held = _declared(path, content)
    try:
        with warnings.catch_warnings(action="ignore"):
            loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        # Which exceptions a damaged or a forbidden file raises is nowhere documented.
        raise InputError(str(path), f"must be a state_dict ({_reason(error)})") from None
    state = unwrap(path, loaded, torch.Tensor)
    chosen = {name: tensor for name, tensor in state.tensors.items() if wanted(name)}
    for name, tensor in chosen.items():
        _check(f"{path}: {name}", tensor)
    _check_sizes(path, chosen.values(), held)
    arrays = {name: _array(tensor) for name, tensor in chosen.items()}
    return Checkpoint(arrays, state.left_out, _labels(loaded))


def _labels(loaded: object) -> Labels | None:
    """Names of classes among what a trainer keeps, or among hyperparameters in it."""
    if not isinstance(loaded, Mapping):
        return None
    within = labels_in(loaded.get(LIGHTNING), LIGHTNING)
    return within or labels_in(loaded, "the checkpoint")


def _declared(path: Path, content: bytes) -> int:
    """Bytes that all storages of a file can have; raises `InputError` if they are too many."""
    if not content.startswith(b"PK"):
        check_legacy(path, content)
        return len(content)
    with parsing(str(path), "a state_dict"), zipfile.ZipFile(io.BytesIO(content)) as file:
        members = zip_members(path, file, len(content))
    if any(info.filename.endswith("/constants.pkl") for info in members):
        rule = "must be a state_dict, not TorchScript: save torch.jit.load(FILE).state_dict()"
        raise InputError(str(path), rule)
    return sum(info.file_size for info in members)


def _reason(error: Exception) -> str:
    """One line of what PyTorch says, without its advice to run what is in the file."""
    text = str(error).strip()
    if found := FORBIDDEN.search(text):
        return f"it holds a {found[1].rstrip('.')}, which is code: save its state_dict() alone"
    text = text.split("WeightsUnpickler error:")[-1].strip()
    if text.startswith("Weights only load failed"):
        text = "it is pickled, but not by torch.save"
    return re.split(r"\n|(?<=\.) ", text)[0] or type(error).__name__


def _check(thing: str, tensor: Tensor) -> None:
    """Raise `InputError` unless a tensor holds real numbers in memory."""
    import torch

    strange = None
    kind = str(tensor.dtype).removeprefix("torch.")
    if tensor.is_nested:
        strange = "nested"
    elif tensor.layout != torch.strided:
        strange = str(tensor.layout).removeprefix("torch.")
    elif tensor.is_quantized:
        strange = f"quantised ({kind})"
    elif tensor.is_meta:
        strange = "without values (on the device meta)"
    if strange:
        raise InputError(thing, "must be a plain tensor", strange)
    if not REAL.fullmatch(kind):
        raise InputError(thing, "must hold real numbers of 8 to 64 bits and no float8", kind)


def _check_sizes(path: Path, tensors: Iterable[Tensor], held: int) -> None:
    """Raise `InputError` if tensors have more values than the file, or too many."""
    storages, total = {}, 0
    for tensor in tensors:
        total += tensor.numel() * tensor.element_size()
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
    if total > LARGEST:
        raise InputError(str(path), f"must hold at most {LARGEST:,} bytes", f"{total:,}")
    if sum(storages.values()) > held:
        raise InputError(str(path), "must hold all values of its tensors")


def _array(tensor: Tensor) -> NDArray[Any]:
    import torch

    tensor = tensor.detach().resolve_neg()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array: NDArray[Any] = tensor.contiguous().numpy()
    return array
