"""A float network in a file of our own, so that what a live module says is read again exactly.

The file is one of safetensors: `Outline` in its header, and of each layer and direction the tensors
``0.0.weight_x``, ``0.0.bias`` and so on. A matrix of integers has its scales beside it,
``0.0.weight_x.scale``.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field
from safetensors.numpy import load, save_file

from pascaline.data.arrays import Arrays
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.freeze import Reals
from pascaline.importers.modules import module_of
from pascaline.importers.network import (
    Exact,
    FloatLayer,
    FloatNetwork,
    FloatPart,
    Result,
    gates_of,
)
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.outside import content_of, parsing

__all__ = ["keep", "read_kept"]

HEADER = "pascaline.network"
"""Where the outline is among the metadata of the file."""


class OutlinedLayer(Checked):
    """A layer without its numbers.

    Parameters
    ----------
    cell : str
        As in `importers.network.FloatLayer`.
    hidden, inputs : int
        Sizes of a direction.
    names : tuple of dict of str to str
        Of each direction, what its weights were called.
    formats : dict of str to Format
        As in `importers.network.FloatLayer`.
    """

    cell: str
    hidden: int = Field(ge=1, le=2048)
    inputs: int = Field(ge=1, le=4096)
    names: tuple[dict[str, str], ...] = Field(min_length=1, max_length=2)
    formats: dict[str, Format] = Field(default_factory=dict)


class Outline(Checked):
    """A network without its numbers; fields as in `importers.foreign.Foreign` and its network."""

    source: str
    layers: tuple[OutlinedLayer, ...] = Field(min_length=1, max_length=8)
    classes: int | None = Field(default=None, ge=1, le=2048)
    result: Result = "last"
    output: Literal["class", "logits"] | None = None
    understood: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


def keep(foreign: Foreign, path: Path) -> None:
    """Write a network that starts from zero, without peepholes, to a file."""
    network, tensors = foreign.network, dict[str, Any]()
    for index, layer in enumerate(network.layers):
        for at, part in enumerate(layer.parts):
            for name in ("weight_x", "weight_h"):
                key = f"{index}.{at}.{name}"
                tensors[key] = getattr(part, name)
                if name in part.exact:
                    tensors[key] = part.exact[name].weight.astype(np.int32)
                    tensors[f"{key}.scale"] = part.exact[name].scale
            tensors[f"{index}.{at}.bias"] = part.bias
            if part.bias_h is not None:
                tensors[f"{index}.{at}.bias_h"] = part.bias_h
    if network.head_weight is not None and network.head_bias is not None:
        tensors |= {"head.weight": network.head_weight, "head.bias": network.head_bias}
    outline = Outline(
        source=foreign.source,
        layers=tuple(
            OutlinedLayer(
                cell=layer.cell,
                hidden=layer.hidden,
                inputs=layer.inputs,
                names=tuple(part.names for part in layer.parts),
                formats=layer.formats,
            )
            for layer in network.layers
        ),
        classes=network.classes,
        result=network.result,
        output=network.output,
        understood=foreign.understood,
        assumed=foreign.assumed,
    )
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    save_file(contiguous, path, metadata={HEADER: outline.model_dump_json()})


def read_kept(path: Path, reading: Reading) -> Foreign:
    """Read what `keep` has written; raises `InputError` if it is anything else."""
    content = content_of(path)
    with parsing(str(path), "a file that pascaline.nn.from_brevitas wrote"):
        tensors = dict(load(content))
        (size,) = struct.unpack_from("<Q", content)
        written = json.loads(content[8 : 8 + size])["__metadata__"][HEADER]
    outline = Outline.parse(written, thing=str(path))
    layers = tuple(
        _layer(path, tensors, index, layer) for index, layer in enumerate(outline.layers)
    )
    for index, (layer, before) in enumerate(zip(layers[1:], layers, strict=False), 1):
        if layer.inputs != before.outputs:
            rule = f"layer {index} must have {before.outputs} inputs"
            raise InputError(str(path), rule, layer.inputs)
    head = outline.classes is not None and reading.head != "none"
    sizes = (outline.classes or 0, layers[-1].outputs)
    network = FloatNetwork(
        layers=layers,
        head_weight=_reals(path, tensors, "head.weight", sizes) if head else None,
        head_bias=_reals(path, tensors, "head.bias", sizes[:1]) if head else None,
        result=reading.result or outline.result,
        output=outline.output,
    )
    return Foreign(
        network=network,
        source=outline.source,
        understood=outline.understood,
        assumed=outline.assumed,
    )


def _layer(path: Path, tensors: Arrays, index: int, outlined: OutlinedLayer) -> FloatLayer:
    if outlined.cell in module_of(outlined.cell).unnamed:
        raise InputError(str(path), "cell must be one that PyTorch has a module of", outlined.cell)
    parts = []
    for at, names in enumerate(outlined.names):
        if names.keys() != {"weight_x", "weight_h"}:
            raise InputError(str(path), "names must be those of weight_x and weight_h")
        prefix, rows = f"{index}.{at}.", len(gates_of(outlined.cell)) * outlined.hidden
        shapes = {"weight_x": (rows, outlined.inputs), "weight_h": (rows, outlined.hidden)}
        exact, reals = dict[str, Exact](), dict[str, Reals]()
        for name, shape in shapes.items():
            reals[name] = _reals(path, tensors, prefix + name, shape)
            if f"{prefix}{name}.scale" in tensors:
                scale = _reals(path, tensors, f"{prefix}{name}.scale", (rows,))
                if tensors[prefix + name].dtype.kind not in "iu":
                    raise InputError(f"{path}: {prefix}{name}", "must hold integers")
                exact[name] = Exact(tensors[prefix + name].astype(np.int64), scale)
                reals[name] = reals[name] * scale[:, None]
        own = None
        if f"{prefix}bias_h" in tensors:
            own = _reals(path, tensors, f"{prefix}bias_h", (outlined.hidden,))
        bias = _reals(path, tensors, f"{prefix}bias", (rows,))
        parts.append(FloatPart(**reals, bias=bias, bias_h=own, exact=exact, names=names))
    return FloatLayer(cell=outlined.cell, parts=tuple(parts), formats=outlined.formats)


def _reals(path: Path, tensors: Arrays, name: str, shape: tuple[int, ...]) -> Reals:
    thing = f"{path}: {name}"
    if name not in tensors:
        raise InputError(thing, "tensor is missing")
    found = tensors[name]
    if found.shape != shape or found.dtype.kind not in "fiu":
        raise InputError(thing, f"must be real numbers of shape {list(shape)}", list(found.shape))
    if not np.isfinite(found).all():
        raise InputError(thing, "must be finite")
    return found.astype(np.float64)
