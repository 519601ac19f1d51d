"""Models on the machine of another model, whose weights are loaded.

What a network says of its integers follows from a training: how many bits scales and biases have,
and the shift behind their sums. Another training of the same network has others, by chance. So a
machine with loaded weights has room (`with_room`), and a model is brought to the formats of its
machine (`fitted`): integers are multiplied by the power of two by which the shift is larger. No
result changes, since ``round_shift(v * 2**d, s + d)`` is ``round_shift(v, s)``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pascaline.spec.cells.layer import Layer
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval, half
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.normalisers.scaling import Scaling
from pascaline.spec.tensors import DECODER, Integers, layer_prefixes

__all__ = ["alike", "fitted", "unlike", "widened", "with_room"]

ROOM = {"shift": 1, "frac": 1, "scale_width": 1, "bias_width": 2, "width": 1}
"""Bits of room in each field. Those of a shift, or of a fraction, come to the widths, too."""

MOST = {"shift": 40, "frac": 31, "scale_width": 24, "bias_width": 48, "width": 16}
"""What a description may say."""

Path = tuple[str | int, ...]
"""Keys and indices in a description."""


@dataclass(frozen=True)
class _Bits:
    """What a description says of some integers.

    Attributes
    ----------
    path : tuple of str or int
        Where in it.
    shift : str
        The field of the shift behind them; empty if there is none.
    by : int
        That shift.
    widths : dict of str to int
        Bits by field.
    tensors : dict of str to tuple of str
        The tensors that have so many bits, by field.
    """

    path: Path
    shift: str
    by: int
    widths: Mapping[str, int]
    tensors: Mapping[str, tuple[str, ...]]

    @property
    def values(self) -> dict[Path, int]:
        """All fields."""
        found = {(*self.path, field): bits for field, bits in self.widths.items()}
        return found | ({(*self.path, self.shift): self.by} if self.shift else {})

    def larger(self, more: int, widths: Mapping[str, int]) -> _Bits:
        """With a shift by so many bits more, and other widths, as far as these are possible."""
        made = {field: min(bits, MOST[field]) for field, bits in widths.items()}
        return replace(self, by=self.by + more, widths=made)


def with_room(network: Network) -> Network:
    """The network with the room that machines with loaded weights have for another training.

    The shift behind scales and biases gets 1 bit more, scales 2, biases 3, those of a head 2, as
    far as there are so many: scales may be half as large or twice as large. A query of attention
    gets 2 bits, one of them in its fraction.

    Examples
    --------
    >>> from pascaline.models.catalogue import find_model
    >>> network = find_model("digits-ternary").network
    >>> [one.layer.normaliser.shift for one in (network, with_room(network))]
    [6, 7]
    """
    made = []
    for bits in _bits(network):
        left = [MOST[field] - width for field, width in bits.widths.items()]
        more = min(ROOM[bits.shift], MOST[bits.shift] - bits.by, *left) if bits.shift else 0
        widths = {field: width + more + ROOM[field] for field, width in bits.widths.items()}
        made.append(bits.larger(more, widths))
    return _described(network, made)


def fitted(model: Model, network: Network) -> Model:
    """The same model with the formats of another network: each result is what it was.

    Raises
    ------
    InputError
        If it does not fit: every field in which it does not, what it needs and what is there.
    """
    if model.network == network:
        return model
    lacking, tensors = _others(model.network, network), dict(model.tensors)
    machine = {there.path: there for there in _bits(network)}
    for own in _bits(model.network):
        if own.path not in machine:
            continue  # What has it is among the others.
        there = machine[own.path]
        for path, least in _needs(model, own, there.by).items():
            if least > (most := there.values[path]):
                lacking[path] = (least, most)
        tensors |= _shifted(model, own, there.by)
    if lacking:
        raise _refused(model, lacking)
    return replace(model, network=network, tensors=tensors)


def widened(network: Network, model: Model) -> Network:
    """The network with as many more bits as a model needs that does not fit it.

    Raises
    ------
    InputError
        If it is another network in more than that; or if it needs more bits than there can be.
    """
    if others := _others(model.network, network):
        raise _refused(model, others)
    made = []
    for own, there in zip(_bits(model.network), _bits(network), strict=True):
        needs = _needs(model, own, there.by)
        more = max(needs.get((*own.path, own.shift), 0) - there.by, 0)
        widths = {
            field: max(width + more, needs[*own.path, field])
            for field, width in there.widths.items()
        }
        made.append(there.larger(more, widths))
    found = _described(network, made)
    fitted(model, found)
    return found


def unlike(network: Network, other: Network) -> list[str]:
    """The fields in which two networks differ, a line each with both values."""
    one, two = (dict(_fields(each.model_dump(mode="json"))) for each in (network, other))
    paths = [path for path in one | two if one.get(path) != two.get(path)]
    return [f"{_text(k)}: {_said(one.get(k))}, not {_said(two.get(k))}" for k in paths]


def alike(model: Model, other: Model) -> Model:
    """The model with integers that are no finer than the machine of another one takes them.

    Where the shift behind them is larger than there, they are rounded, ties up. Lines of
    ``card["like"]`` say how many bits that took, and in which fields the model does not fit
    nevertheless.
    """
    network, tensors = with_room(other.network), dict(model.tensors)
    machine = {there.path: there for there in _bits(network)}
    made, lines = [], []
    for own in _bits(model.network):
        less = own.by - machine[own.path].by if own.path in machine else 0
        if less > 0:
            for names in own.tensors.values():
                tensors |= {name: model.tensors[name] + half(less) >> less for name in names}
            field = _text((*own.path, own.shift))
            lines.append(f"{field}: {own.by - less} as in {other.name}, not {own.by}")
        made.append(replace(own, by=own.by - max(less, 0)))
    found = replace(model, network=_described(model.network, made), tensors=tensors)
    try:
        fitted(found, network)
    except InputError as error:
        lines.append(str(error))
    return replace(found, card=model.card | {"like": {"model": other.name, "lines": lines}})


def _needs(model: Model, own: _Bits, shift: int) -> dict[Path, int]:
    """What integers need in each field, with that shift behind them; of the shift the least."""
    values, least = {}, own.by
    while least > shift and not any(
        (model.tensors[name] & 1 << own.by - least).any()
        for names in own.tensors.values()
        for name in names
    ):
        least -= 1
    if own.shift:
        values[*own.path, own.shift] = least
    by = max(shift, least)
    for field, names in own.tensors.items():
        made = [_moved(model.tensors[name], by - own.by) for name in names]
        reach = Interval.signed_bits(2) | Interval.of(np.concatenate(made))
        values[*own.path, field] = reach.width
    return values


def _shifted(model: Model, own: _Bits, shift: int) -> dict[str, Integers]:
    """The tensors with that shift behind them."""
    names = [name for one in own.tensors.values() for name in one]
    return {name: _moved(model.tensors[name], shift - own.by) for name in names}


def _moved(values: Integers, bits: int) -> Integers:
    return values << bits if bits >= 0 else values >> -bits


def _bits(network: Network) -> Iterator[_Bits]:
    """All that says of integers how many bits they have, as trainings make them."""
    for index, layer in enumerate(network.layers):
        yield from _layer_bits(("layers", index), layer, layer_prefixes(network, index))
    if network.attention is not None:
        query, tensors = network.attention.query, {"width": ("pooling.query",)}
        yield _Bits(("attention", "query"), "frac", query.frac, {"width": query.width}, tensors)
    if network.decoder is not None:
        yield from _layer_bits(("decoder", "layer"), network.decoder.layer, [DECODER])
    if (head := network.head) is not None:
        widths, tensors = {"bias_width": head.bias_width}, {"bias_width": ("head.bias",)}
        yield _Bits(("head",), "", 0, widths, tensors)


def _layer_bits(path: Path, layer: Layer, prefixes: Sequence[str]) -> Iterator[_Bits]:
    for name, own in layer.scaled_tensors.items():
        scaling = getattr(layer, name)
        assert isinstance(scaling, Scaling)
        tensors = {
            f"{kind}_width": tuple(
                at + one for at in prefixes for one in own if one.startswith(kind)
            )
            for kind in ("scale", "bias")
        }
        widths = {field: getattr(scaling, field) for field in tensors}
        yield _Bits((*path, name), "shift", scaling.shift, widths, tensors)


def _described(network: Network, bits: list[_Bits]) -> Network:
    """The network that says this of its integers."""
    description = network.model_dump(mode="json")
    for one in bits:
        for (*path, field), value in one.values.items():
            record: Any = description
            for key in path:
                record = record[key]
            record[field] = value
    return Network.parse(json.dumps(description), thing="network")


def _others(own: Network, there: Network) -> dict[Path, tuple[Any, Any]]:
    """Fields in which two networks differ, but for those that trainings make."""
    found, wanted = (dict(_fields(one.model_dump(mode="json"))) for one in (own, there))
    made = {path for one in (own, there) for bits in _bits(one) for path in bits.values}
    return {
        path: (found.get(path), wanted.get(path))
        for path in (found | wanted).keys() - made
        if found.get(path) != wanted.get(path)
    }


def _fields(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """What is in a description, and where; of a list how long it is, too."""
    if isinstance(value, list):
        yield (*path, "length"), len(value)
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        yield path, value
        return
    for key, one in value.items():
        yield from _fields(one, (*path, key))


def _refused(model: Model, fields: dict[Path, tuple[Any, Any]]) -> InputError:
    lines = [
        f"{_text(path)}: {_said(own)}, the machine has {_said(there)}"
        for path, (own, there) in fields.items()
    ]
    return InputError(f"model {model.name}", f"must fit the machine; {'; '.join(sorted(lines))}")


def _text(path: Path) -> str:
    words = [f"[{key}]" if isinstance(key, int) else f".{key}" for key in path]
    return "".join(words).removeprefix(".")


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)
