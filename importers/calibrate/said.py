"""Formats that a user says by hand: for all layers, or for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pascaline.importers.calibrate.formats import settle
from pascaline.importers.draft import Formats
from pascaline.importers.modules import module_of
from pascaline.importers.network import FloatNetwork
from pascaline.spec.activation import read_activation
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format

__all__ = ["Said", "all_said", "read_said"]

OF_NETWORK = ("x", "head")
"""Fields that all layers have in common."""


@dataclass(frozen=True)
class Said:
    """What was said.

    Attributes
    ----------
    layers : tuple of dict of str to object
        Of each layer, values of fields of `importers.draft.Formats`.
    """

    layers: tuple[dict[str, Any], ...]

    def __bool__(self) -> bool:
        return any(self.layers)

    def fixed(self, layer: int) -> frozenset[str]:
        """Fields of a layer that are said."""
        return frozenset(self.layers[layer])

    def applied(self, found: FloatNetwork, formats: Sequence[Formats]) -> tuple[Formats, ...]:
        """Formats of each layer with what was said, and what must follow from it."""
        return tuple(
            settle(module_of(layer.cell), one.model_copy(update=said), frozenset(said))
            for layer, one, said in zip(found.layers, formats, self.layers, strict=True)
        )


def read_said(said: Mapping[str, str | Format], found: FloatNetwork) -> Said:
    """Check formats that were said for a network, beside those that its file says.

    Parameters
    ----------
    said : mapping of str to str or Format
        By field, such as ``cell``, or by layer and field, ``1.cell``, which goes before it: a
        format in Q notation; a number of bits for ``scale_width``, an arithmetic for ``head``,
        ``table``, ``pwl256``, ``pieces16`` or ``pieces16x4`` for ``activation``.
    found : FloatNetwork
        The network.

    Raises
    ------
    InputError
        If there is no such layer or field, or if a value cannot be one of it.
    """
    common = {} if found.head_weights is None else {"head": found.head_weights}
    made: list[dict[str, Any]] = [layer.formats | common for layer in found.layers]
    own = [("activation", "scale_width", *module_of(one.cell).signals) for one in found.layers]
    for name, value in sorted(said.items(), key=lambda item: "." in item[0]):
        at, _, key = name.rpartition(".")
        thing, count = f"format {name}", len(found.layers)
        if at and (not at.isdecimal() or int(at) >= count):
            raise InputError(thing, f"must be of a layer, 0 to {count - 1}", at)
        places = [int(at)] if at else range(count)
        if at and key in OF_NETWORK:
            raise InputError(thing, f"must be {key}: it is common to all layers")
        whole = () if at else OF_NETWORK
        known = dict.fromkeys([*whole, *(field for place in places for field in own[place])])
        if key not in known:
            raise InputError(thing, f"must be of {', '.join(known)}", key)
        checked = _value(thing, key, value)
        for place in places:
            if key in (*whole, *own[place]):
                made[place][key] = checked
    return Said(tuple(made))


def all_said(found: FloatNetwork, formats: Sequence[Formats]) -> Said:
    """All formats of each layer of a network, as if they had been said."""
    fields = ("x", "activation", "scale_width", *(("head",) if found.classes else ()))
    return Said(
        tuple(
            {key: getattr(one, key) for key in (*module_of(layer.cell).signals, *fields)}
            for layer, one in zip(found.layers, formats, strict=True)
        )
    )


def _value(thing: str, key: str, value: str | Format) -> Any:
    if key == "scale_width":
        if not str(value).isdecimal() or not 2 <= int(str(value)) <= 24:
            raise InputError(thing, "must be 2 to 24", str(value))
        return int(str(value))
    if key == "head":
        return arithmetic(str(value))
    if key == "activation":
        return read_activation(str(value), thing=thing)
    return value if isinstance(value, Format) else Format.read(value, thing=thing)
