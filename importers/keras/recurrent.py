"""Recurrent layers of Keras: their variables as those of `importers.network`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pascaline.importers.affine import Affine
from pascaline.importers.keras.chain import Chain
from pascaline.importers.keras.entry import Entry
from pascaline.importers.modules import module_of
from pascaline.importers.network import FloatLayer, FloatPart, rows_in_order

__all__ = ["add_bidirectional", "add_recurrent"]

HARD = "Pascaline has sigmoid and tanh; train with these"

BACKWARDS = "only a Bidirectional layer has a backward direction, beside a forward one"


class Cell(NamedTuple):
    """A cell of Keras.

    Attributes
    ----------
    order : str
        Its gates, by their letters in `spec.cells`, in the order of its columns.
    form : callable
        From its settings to a key of `spec.cells.FORMS`; refuses what there is no form for.
    """

    order: str
    form: Callable[[Entry], str]


def _lstm(entry: Entry) -> str:
    return "lstm"


def _gru(entry: Entry) -> str:
    # The first versions had no such setting, and their reset gate acted before the product.
    return "gru" if entry.flag("reset_after", False) else "gru-before"


def _simple(entry: Entry) -> str:
    return {"tanh": "rnn", "relu": "rnn-relu"}[entry.function("activation", "tanh")]


CELLS = {
    "LSTM": Cell("ifgo", _lstm),
    "GRU": Cell("zrn", _gru),
    "SimpleRNN": Cell("h", _simple),
}
"""By the class of the layer; the class of its cell alone ends with ``Cell``."""

FUNCTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "LSTM": {"activation": ("tanh",), "recurrent_activation": ("sigmoid",)},
    "GRU": {"activation": ("tanh",), "recurrent_activation": ("sigmoid",)},
    "SimpleRNN": {"activation": ("tanh", "relu")},
}
"""What the functions of each may be."""


def add_recurrent(chain: Chain, entry: Entry) -> None:
    """LSTM, GRU, SimpleRNN, and RNN with one of their cells."""
    entry.only("go_backwards", False, hint=BACKWARDS)
    _add(chain, entry, [entry])


def add_bidirectional(chain: Chain, entry: Entry) -> None:
    """Both directions; their outputs side by side, or added up."""
    forward = entry.inside("layer", "forward_layer")
    backward = replace(forward, within="backward_layer")
    backward = replace(backward, settings={**forward.settings, "go_backwards": True})
    if entry.settings.get("backward_layer") is not None:
        backward = entry.inside("backward_layer", "backward_layer")
    entry.only("merge_mode", "concat", "sum", "ave", hint="h of both must stay beside each other")
    forward.only("go_backwards", False, hint="the forward layer must run forward")
    backward.only("go_backwards", True, hint="the backward layer must run backward")
    _add(chain, entry, [forward, backward])
    mode, units = entry.settings.get("merge_mode", "concat"), chain.layers[-1].hidden
    if mode != "concat":
        each = np.eye(units) * (1.0 if mode == "sum" else 0.5)
        chain.apply(entry, Affine(np.hstack([each, each]), np.zeros(units)))
        chain.understood.append(entry.said(f"merge_mode {mode} folded into the next weights"))


def _add(chain: Chain, entry: Entry, directions: list[Entry]) -> None:
    chain.needs_steps(entry)
    if chain.masked is not None:
        chain.masked.refuse(
            "hides steps from the layers behind it, which is not supported: a machine computes"
            " every step that it gets; save the model without masking, and feed sequences without"
            " padding"
        )
    before = chain.taken()
    made = [_part(chain, one) for one in directions]
    cells = {cell for cell, _ in made}
    hidden = {part.weight_h.shape[1] for _, part in made}
    every = {one.flag("return_sequences", False) for one in directions}
    if len(cells) + len(hidden) + len(every) > 3:
        entry.refuse("must have the same cell, units and return_sequences in both directions")
    layer = FloatLayer(cell=made[0][0], parts=tuple(part for _, part in made))
    layer = layer if before is None else layer.behind(before)
    chain.layers.append(layer)
    chain.width = layer.outputs
    chain.result = None if every == {True} else "last"
    if any(one.flag("stateful", False) for one in directions):
        chain.assumed.append(
            entry.said(
                "stateful: sequences start from zero here, too, unless the machine is told to keep"
                " its state"
            )
        )


def _part(chain: Chain, entry: Entry) -> tuple[str, FloatPart]:
    """Form and numbers of a direction."""
    inner, within = entry, f"{entry.within}/cell".strip("/")
    if entry.kind == "RNN" and entry.known:
        inner = entry.inside("cell", "cell")
    kind = inner.kind.removesuffix("Cell") if inner is not entry else inner.kind
    if kind not in CELLS or not inner.known:
        inner.refuse(
            f"must be {', '.join(CELLS)} (or RNN with the cell of one) to be recurrent here"
        )
    entry.only("time_major", False)
    for name, allowed in FUNCTIONS[kind].items():
        if (function := inner.function(name, allowed[0])) not in allowed:
            inner.refuse(f"{name} {function} is not supported: {HARD}")
    cell, units = CELLS[kind].form(inner), inner.size("units")
    rows, inputs = len(CELLS[kind].order) * units, chain.width
    weight_x = entry.variables.take(within, "kernel", (inputs, rows))
    chain.widen(entry, len(weight_x))
    weight_h = entry.variables.take(within, "recurrent_kernel", (units, rows))
    biases = np.zeros((2, rows))
    if inner.flag("use_bias", True):
        # With the reset gate behind the product, what is added to products of h is apart.
        pair = cell == "gru"
        shape = (2, rows) if pair else (rows,)
        biases[: 2 if pair else 1] = entry.variables.take(within, "bias", shape)
    order = rows_in_order(CELLS[kind].order, cell, units)
    bias_h, own = module_of(cell).split(biases[1][order], units)
    return cell, FloatPart(
        weight_x=weight_x.T[order],
        weight_h=weight_h.T[order],
        bias=biases[0][order] + bias_h,
        bias_h=own,
        names={
            "weight_x": f"{entry.name} kernel",
            "weight_h": f"{entry.name} recurrent_kernel",
        },
    )
