"""Tensors of a foreign network, out of the files that such networks are kept in."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load

from pascaline.data.arrays import Arrays, file_content, npz_arrays
from pascaline.importers.brevitas import refuse_state_dict
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.statedict import network_of
from pascaline.spec.errors import InputError

__all__ = ["READERS", "read_checkpoint", "read_state_dict"]


def read_checkpoint(path: Path) -> Arrays:
    """Tensors by name, of a ``.safetensors``, ``.npz``, ``.pt`` or ``.pth`` file.

    Nothing in the file is run: pickled code is refused.

    Raises
    ------
    InputError
        If the file cannot be read, or holds anything but tensors.
    """
    if path.suffix not in READERS:
        raise InputError(str(path), f"must end with {', '.join(READERS)}", path.suffix)
    return READERS[path.suffix](path, file_content(path))


def read_state_dict(path: Path, reading: Reading) -> Foreign:
    """The network of PyTorch that `read_checkpoint` finds in a file; raises `InputError` as it."""
    tensors = read_checkpoint(path)
    refuse_state_dict(path, tensors)
    return Foreign(network=network_of(tensors, reading), source="PyTorch")


def _read_safetensors(path: Path, content: bytes) -> Arrays:
    try:
        return dict(load(content))
    except (SafetensorError, KeyError, TypeError) as error:
        # A type that NumPy lacks (bfloat16) is a KeyError or a TypeError.
        rule = f"must be a safetensors file of types that NumPy has ({error})"
        raise InputError(str(path), rule) from None


def _read_torch(path: Path, content: bytes) -> Arrays:
    try:
        import torch
    except ModuleNotFoundError:
        rule = "needs PyTorch to be read; without it, save it as .safetensors or .npz"
        raise InputError(str(path), rule) from None
    try:
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        # Which exceptions a damaged or a forbidden file raises is nowhere documented.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(str(path), f"must be a state_dict ({reason})") from None
    # Trainers often keep it beside the state of an optimiser.
    state = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else None
    if not isinstance(state, dict):
        raise InputError(str(path), "must be a state_dict", type(loaded).__name__)
    for name, tensor in state.items():
        if not isinstance(tensor, torch.Tensor):
            raise InputError(f"{path}: {name}", "must be a tensor", type(tensor).__name__)
    return {name: tensor.double().numpy() for name, tensor in state.items()}


READERS: dict[str, Callable[[Path, bytes], Arrays]] = {
    ".safetensors": _read_safetensors,
    ".npz": npz_arrays,
    ".pt": _read_torch,
    ".pth": _read_torch,
}
"""How each kind of file is read: its path, for messages, and its content."""
