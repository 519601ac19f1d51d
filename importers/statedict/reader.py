"""A network out of the tensors of a ``state_dict``, and what was assumed to make one of them.

Tensors say neither in which order modules were used nor what was done between them. Sizes and
names do, as far as only one reading is possible; the rest a user has to say (`Reading`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.affine import Affine
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.modules import FORMS, module_of
from pascaline.importers.network import FloatLayer, FloatNetwork, FloatPart, gates_of
from pascaline.importers.statedict.dense import Dense, Places, placed
from pascaline.importers.statedict.names import Names, sort_names
from pascaline.importers.statedict.numbers import matrix_shape, reals
from pascaline.importers.statedict.parts import plain_tensors
from pascaline.importers.statedict.recurrent import RecurrentModule, read_module
from pascaline.importers.statedict.stacks import Stack, stacked
from pascaline.spec.errors import InputError

__all__ = ["foreign_of", "network_of"]

MOST_NAMES = 100
"""Names in a line."""

Tensors = Mapping[str, NDArray[Any]]


def network_of(tensors: Tensors, reading: Reading | None = None) -> FloatNetwork:
    """The network that `foreign_of` finds; raises `InputError` as it."""
    return foreign_of(tensors, reading).network


def foreign_of(
    tensors: Tensors, reading: Reading | None = None, *, left_out: Sequence[str] = ()
) -> Foreign:
    """Sort and check the tensors of recurrent modules and of dense layers.

    Parameters
    ----------
    tensors : mapping of str to array
        Of each layer K ``weight_ih_lK``, ``weight_hh_lK``, ``bias_ih_lK`` and ``bias_hh_lK``, gates
        in the order of PyTorch, and the same with ``_reverse`` if it has both directions; without
        ``_lK`` of an ``nn.LSTMCell`` and its like. ``weight`` and ``bias`` of dense layers. Names
        of modules around them do not matter. Biases may be left out, as ``bias=False`` does.
        Weights may be in parts, see `importers.statedict.parts`.
    reading : Reading, optional
        What they do not say.
    left_out : sequence of str, optional
        Names of what was in the file beside them.

    Raises
    ------
    InputError
        If a tensor is missing, surplus, misshapen or not finite; it is named. If two readings are
        possible, it names the option that decides.
    """
    reading = reading or Reading()
    if reading.cell is not None and reading.cell in module_of(reading.cell).unnamed:
        raise InputError("cell", "must be one that PyTorch has a module of", reading.cell)
    plain = plain_tensors(tensors)
    names = sort_names(plain.tensors)
    modules = [
        read_module(plain.tensors, name, keys, reading.cell)
        for name, keys in (names.recurrent or {"": {}}).items()
    ]
    _check_cell(plain.tensors, modules, names, reading.cell)
    dense = [_dense(plain.tensors, name, keys) for name, keys in names.dense.items()]
    stack = stacked(modules)
    inputs, outputs = stack.modules[0].inputs, stack.modules[-1].outputs
    places = placed(dense, inputs=inputs, outputs=outputs, head=reading.head)
    network = _network(plain.tensors, stack, places, reading)
    return Foreign(
        network=network,
        source="PyTorch",
        understood=(*plain.understood, *_understood(stack, places)),
        assumed=(*stack.assumed, *_assumed(network, stack, places, names, reading)),
        left_out=_left_out(places, (*names.counters, *left_out)),
    )


def _check_cell(
    tensors: Tensors, modules: Sequence[RecurrentModule], names: Names, cell: str | None
) -> None:
    """Raise `InputError` if no module has this cell."""
    if cell is None or any(layer.cell == cell for module in modules for layer in module.layers):
        return
    first = names.recurrent[modules[0].name]["weight_hh_l0"]
    rule = f"must have {len(gates_of(cell))} rows a column for {cell}"
    raise InputError(first, rule, list(matrix_shape(tensors, first)))


def _dense(tensors: Tensors, name: str, keys: Mapping[str, str]) -> Dense:
    if "weight" not in keys:
        there = keys["bias"]
        missing = there.replace("bias", "weight") if "bias" in there else f"weight of {name}"
        raise InputError(missing, "tensor is missing")
    if np.ndim(tensors[keys["weight"]]) != 2:
        rule = "tensor is not part of an LSTM, GRU or RNN or of its head"
        raise InputError(keys["weight"], rule)
    rows, columns = matrix_shape(tensors, keys["weight"])
    return Dense(
        name=name, weight=keys["weight"], bias=keys.get("bias"), rows=rows, columns=columns
    )


def _network(tensors: Tensors, stack: Stack, places: Places, reading: Reading) -> FloatNetwork:
    layers = tuple(layer for module in stack.modules for layer in module.layers)
    if places.front is not None:
        layers = (_fed(tensors, places.front, layers[0]), *layers[1:])
    result = reading.result or "last"
    if result == "first-of-backward" and not layers[-1].bidirectional:
        result = "last"
    head = None if places.head is None else _affine(tensors, places.head)
    return FloatNetwork(
        result=result,
        layers=layers,
        head_weight=None if head is None else head.weight,
        head_bias=None if head is None else head.bias,
        symbols=places.front is not None and places.front.embedding,
    )


def _affine(tensors: Tensors, dense: Dense) -> Affine:
    """A dense layer, or a table of symbols."""
    weight = reals(tensors, dense.weight)
    if dense.embedding:
        return Affine(weight.T, np.zeros(dense.columns))
    bias = np.zeros(dense.rows)
    if dense.bias is not None:
        bias = reals(tensors, dense.bias, (dense.rows,))
    return Affine(weight, bias)


def _fed(tensors: Tensors, front: Dense, layer: FloatLayer) -> FloatLayer:
    """A layer that computes the dense layer before it, too."""
    made = layer.behind(_affine(tensors, front))

    def named(part: FloatPart) -> FloatPart:
        name = f"{part.names['weight_x']} * {front.weight}"
        return replace(part, names=part.names | {"weight_x": name})

    return replace(made, parts=tuple(map(named, made.parts)))


def _understood(stack: Stack, places: Places) -> list[str]:
    lines = [module.described for module in stack.modules]
    if (front := places.front) is not None:
        what = "a table of symbols" if front.embedding else "a dense layer"
        lines.append(
            f"{front.name or 'weight'}: {what} before the layers, folded into their weights"
        )
    if (head := places.head) is not None:
        lines.append(f"{head.name or 'weight'}: the head, {head.rows} classes")
    return lines


def _assumed(
    network: FloatNetwork, stack: Stack, places: Places, names: Names, reading: Reading
) -> list[str]:
    lines = []
    for module in stack.modules:
        cell = module.layers[0].cell
        kind, _ = FORMS[cell]
        others = {name for name, (other, _) in FORMS.items() if other == kind}
        others -= {cell, *module_of(cell).unnamed}
        if others and reading.cell is None:
            lines.append(
                f"{module.shown}: {cell}, by its gates; --cell {' or '.join(sorted(others))}"
            )
        if module.name in names.short:
            lines.append(f"{module.shown}: gates in the order of PyTorch")
    if len(stack.modules) > 1 or places.front or places.head:
        lines.append(
            "nothing that has no tensors stands between the layers: no activation, no other "
            "scaling, no shortcut"
        )
    if places.front is not None:
        lines.append(f"{places.front.name or 'weight'}: before the layers, by its sizes")
    if places.head is not None and reading.head is None:
        name = places.head.name or "weight"
        lines.append(f"{name}: behind the layers, by its sizes; --head none leaves it out")
    if reading.result is None:
        last = "the outputs of the last layer after the last step"
        if network.layers[-1].bidirectional:
            last = (
                "h of each direction after its own last step (h_n); "
                "output[:, -1] is --result first-of-backward"
            )
        lines.append(f"{'the head sees' if places.head else 'the result is'} {last}; see --result")
    return lines


def _left_out(places: Places, others: Sequence[str]) -> tuple[str, ...]:
    lines = [f"{layer.name}: a dense layer behind the head" for layer in places.left_out]
    if others:
        shown = ", ".join(others[:MOST_NAMES])
        more = f" and {len(others) - MOST_NAMES} more" if len(others) > MOST_NAMES else ""
        lines.append(f"{shown}{more}")
    return tuple(lines)
