"""A model: a network description with its integers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pascaline.spec.errors import InputError
from pascaline.spec.network import Network
from pascaline.spec.tensors import (
    DECODER,
    DecoderTensors,
    HeadTensors,
    Integers,
    LayerTensors,
    layer_prefixes,
    tensor_specs,
)

__all__ = ["Model"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A network and its tensors, checked against each other.

    Parameters
    ----------
    name : str
        Names the Verilog top and its files; a letter, then letters, digits, ``-`` or ``_``.
    network : Network
        The description.
    tensors : dict of str to array
        Exactly the tensors that `spec.tensors.tensor_specs` asks for, as int64.
    card : dict
        What is known about the model: data, licence, command, seed, accuracy. Free-form JSON.

    Attributes
    ----------
    file_hash : str or None
        SHA-256 of the file that it was read from, in hexadecimal digits; None if it was not read,
        or has been changed since.

    Raises
    ------
    InputError
        If a tensor is missing or surplus, or if its shape or values break the description.

    Examples
    --------
    >>> from pascaline.models.catalogue import find_model
    >>> model = find_model("tiny-ternary")
    >>> model.layers[0]["weight_x"].shape
    (28, 5)
    """

    name: str
    network: Network
    tensors: dict[str, Integers]
    card: dict[str, Any] = field(default_factory=dict)
    # What is made by dataclasses.replace is another model, and has none.
    file_hash: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", self.name):
            raise InputError("name", "must be a letter, then letters, digits, - or _", self.name)
        specs = tensor_specs(self.network)
        for name in specs:
            if name not in self.tensors:
                raise InputError(name, "tensor is missing")
        for name, tensor in self.tensors.items():
            if name not in specs:
                raise InputError(name, "tensor is not part of the network")
            specs[name].check(name, tensor)

    @cached_property
    def layers(self) -> tuple[LayerTensors, ...]:
        """Tensors of each layer, of its forward direction."""
        return tuple(found[0] for found in self.directions)

    @cached_property
    def directions(self) -> tuple[tuple[LayerTensors, ...], ...]:
        """Tensors of each layer, forward, then backward if it is bidirectional."""
        return tuple(
            tuple(self._part(at) for at in layer_prefixes(self.network, index))
            for index in range(len(self.network.layers))
        )

    @property
    def query(self) -> Integers | None:
        """What attention meets the outputs of the last layer with, an element each."""
        return self.tensors.get("pooling.query")

    @cached_property
    def decoder(self) -> DecoderTensors | None:
        """Tensors of the decoder."""
        if self.network.decoder is None:
            return None
        layer = self._part(DECODER)
        return DecoderTensors(embedding=layer.pop("embedding"), layer=layer)

    @cached_property
    def head(self) -> HeadTensors | None:
        """Tensors of the head."""
        return HeadTensors(**self._part("head.")) if self.network.head else None

    def _part(self, prefix: str) -> dict[str, Integers]:
        """Tensors whose names have one more part than the prefix."""
        return {
            rest: tensor
            for name, tensor in self.tensors.items()
            if name.startswith(prefix) and "." not in (rest := name.removeprefix(prefix))
        }
