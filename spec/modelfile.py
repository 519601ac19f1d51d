"""The model file: one ``.safetensors`` file.

Its metadata has one key, ``pascaline``, with a JSON document: ``version``, ``name``, ``network``
(the description of `spec.network`) and ``card``. Weights are stored as packed codes, ``uint8`` of
shape (rows, ceil(columns * bits / 8)), element 0 in the lowest bits; scales and biases as
``int64``.
Same model, same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.card import Card
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError, brief
from pascaline.spec.files import write_atomic
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.outside import content_of, json_of, parsing, regular
from pascaline.spec.tensors import tensor_specs

__all__ = [
    "VERSION",
    "Header",
    "model_bytes",
    "model_hash",
    "pack",
    "read_header",
    "read_model",
    "unpack",
    "write_model",
]

VERSION = 1
KEY = "pascaline"


class Header(Checked):
    """Header of a model file: everything but the integers.

    Parameters
    ----------
    version : int
        Of the file's format.
    name : str
        The model's name.
    network : Network
        Its description.
    card : dict
        What is known about it; what is read of it is as in `spec.card.Card`.
    """

    version: Literal[1]
    name: str
    network: Network
    card: dict[str, Any]


def pack(codes: NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    """Codes (rows, columns) of ``bits`` bits to bytes (rows, ceil(columns * bits / 8))."""
    split = (codes[:, :, None] >> np.arange(bits, dtype=np.uint16)) & 1
    return np.packbits(split.reshape(len(codes), -1).astype(np.uint8), axis=1, bitorder="little")


def unpack(packed: NDArray[np.uint8], bits: int, columns: int) -> NDArray[np.uint16]:
    """The inverse of `pack`, for rows of ``columns`` codes."""
    split = np.unpackbits(packed, axis=1, bitorder="little", count=columns * bits)
    weights = (1 << np.arange(bits)).astype(np.uint16)
    codes: NDArray[np.uint16] = split.reshape(len(packed), columns, bits) @ weights
    return codes


def model_bytes(model: Model) -> bytes:
    """The bytes of a model file; equal models give equal bytes.

    Raises
    ------
    InputError
        If what is read of the card would be refused, see `spec.card`.
    """
    Card.parse(model.card, thing=f"{model.name}: card")
    stored: dict[str, NDArray[Any]] = {}
    for name, spec in tensor_specs(model.network).items():
        tensor = model.tensors[name]
        if isinstance(spec.values, Arithmetic):
            stored[name] = pack(spec.values.encode(tensor, thing=name), spec.values.bits)
        else:
            stored[name] = np.ascontiguousarray(tensor, dtype=np.int64)
    document = Header(version=1, name=model.name, network=model.network, card=model.card)
    text = json.dumps(document.model_dump(mode="json"), sort_keys=True)
    return save(stored, metadata={KEY: text})


def model_hash(model: Model) -> str:
    """SHA-256 of a model's file, 64 hexadecimal digits, as ``sha256sum`` prints it.

    The file is the one that the model was read from, whoever wrote it; of a model that was made, or
    changed after it was read, the one that `write_model` writes.

    Raises
    ------
    InputError
        As `model_bytes`.
    """
    return model.file_hash or hashlib.sha256(model_bytes(model)).hexdigest()


def write_model(model: Model, path: Path) -> None:
    """Write a model file, whole or not at all.

    Raises
    ------
    InputError
        If ``path`` cannot be written, or as `model_bytes`.
    """
    write_atomic(path, model_bytes(model))


def read_model(path: Path) -> Model:
    """Read a model file and check all of it.

    Raises
    ------
    InputError
        One line that names the file, the field, the rule and the value.
    """
    with _opened(path) as file:
        header = _read_header(path, file.metadata() or {})
        tensors = _read_tensors(header.network, file)
        model = Model(name=header.name, network=header.network, tensors=tensors, card=header.card)
    object.__setattr__(model, "file_hash", hashlib.sha256(content_of(path)).hexdigest())
    return model


def read_header(path: Path) -> Header:
    """Read what a model file says of its model, and check that alone: no integers are read.

    Raises
    ------
    InputError
        As `read_model`.
    """
    with _opened(path) as file:
        return _read_header(path, file.metadata() or {})


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file; whatever is wrong with it names it."""
    regular(path)
    what = "a safetensors file"
    with parsing(str(path), what), safe_open(str(path), framework="numpy") as file:
        yield file


def _read_header(path: Path, metadata: dict[str, str]) -> Header:
    if KEY not in metadata:
        raise InputError(str(path), f"must have a {KEY!r} entry in its metadata")
    plain = json_of(metadata[KEY], f"{path}: its {KEY!r} metadata")
    version = plain.get("version") if isinstance(plain, dict) else None
    if version != VERSION:
        raise InputError(f"{path}: version", f"must be {VERSION}", brief(json.dumps(version)))
    header = Header.parse(metadata[KEY], thing=str(path))
    Card.parse(header.card, thing=f"{path}: card")
    return header


def _read_tensors(network: Network, file: Any) -> dict[str, NDArray[np.int64]]:
    specs, names = tensor_specs(network), set(file.keys())
    for name in sorted(names - specs.keys()):
        raise InputError(brief(name), "tensor is not part of the network")
    tensors: dict[str, NDArray[np.int64]] = {}
    for name, spec in specs.items():
        if name not in names:
            raise InputError(name, "tensor is missing")
        packed = isinstance(spec.values, Arithmetic)
        bits = spec.values.bits if isinstance(spec.values, Arithmetic) else 64
        shape = [spec.shape[0], -(-spec.shape[1] * bits // 8)] if packed else list(spec.shape)
        # Shape and type are compared before any data is read, so that memory is bounded.
        piece = file.get_slice(name)
        if piece.get_dtype() != (dtype := "U8" if packed else "I64"):
            raise InputError(name, f"must be stored as {dtype}", piece.get_dtype())
        if list(piece.get_shape()) != shape:
            raise InputError(name, f"stored shape must be {shape}", list(piece.get_shape()))
        stored = file.get_tensor(name)
        if isinstance(spec.values, Arithmetic):
            codes = unpack(stored, bits, spec.shape[1])
            if not np.array_equal(pack(codes, bits), stored):
                raise InputError(name, "unused bits at the end of a row must be 0")
            tensors[name] = spec.values.decode(codes, thing=name)
        else:
            tensors[name] = stored.astype(np.int64)
    return tensors
