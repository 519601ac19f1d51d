"""Tensors of a ``.safetensors`` file, of all types that are real numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import deserialize

from pascaline.data.arrays import Wanted
from pascaline.importers.labels import labels_in
from pascaline.importers.tensorfiles.checkpoint import Checkpoint
from pascaline.spec.errors import InputError
from pascaline.spec.outside import parsing

__all__ = ["read_safetensors"]

TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "<u1",
}
"""Types of the format as NumPy has their bytes."""


def read_safetensors(path: Path, content: bytes, wanted: Wanted) -> Checkpoint:
    """Tensors by name; the format keeps no order.

    Raises
    ------
    InputError
        If it is no such file, or for a type that is not one of real numbers, which is named.
    """
    with parsing(str(path), "a safetensors file"):
        # Says no to sizes that the file does not have, before anything is allocated.
        found = dict(deserialize(content))  # type: ignore[no-untyped-call]
        metadata = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return Checkpoint(
        {name: _array(f"{path}: {name}", found[name]) for name in sorted(found) if wanted(name)},
        labels=labels_in(metadata.get("__metadata__"), "the metadata"),
    )


def _array(thing: str, entry: dict[str, Any]) -> NDArray[Any]:
    kind = entry["dtype"]
    if kind not in TYPES:
        raise InputError(thing, "must hold real numbers of 8 to 64 bits and no float8", kind)
    flat: NDArray[Any] = np.frombuffer(entry["data"], dtype=TYPES[kind])
    if kind == "BF16":
        # The upper half of a float32.
        flat = (flat.astype(np.uint32) << 16).view(np.float32)
    return flat.reshape(entry["shape"])
