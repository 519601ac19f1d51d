"""Files of Keras: what is imported computes what Keras computes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.importers.keras.models import (
    INPUTS,
    STEPS,
    SYMBOLS,
    L,
    check,
    functional,
    keras,
    sequential,
    whole,
)

pytestmark = pytest.mark.filterwarnings("ignore")

Make = Callable[..., Any]

CELLS: dict[str, tuple[str, Make]] = {
    "lstm": ("lstm", L.LSTM),
    "gru": ("gru", L.GRU),
    "gru-before": ("gru-before", lambda *a, **k: L.GRU(*a, reset_after=False, **k)),
    "rnn": ("rnn", L.SimpleRNN),
    "rnn-relu": ("rnn-relu", lambda *a, **k: L.SimpleRNN(*a, activation="relu", **k)),
}

OUTPUTS: dict[str, tuple[str, bool, list[Make]]] = {
    "last": ("last", False, []),
    "head": ("last", False, [lambda: L.Dense(4)]),
    "every": ("every", True, []),
    "every head": ("every", True, [lambda: L.Dense(2)]),
    "distributed": ("every", True, [lambda: L.TimeDistributed(L.Dense(2))]),
    "max": ("max", True, [L.GlobalMaxPooling1D, lambda: L.Dense(3)]),
    "mean": ("mean", True, [L.GlobalAveragePooling1D, lambda: L.Dense(3)]),
}
"""What comes behind the recurrent layers: the result, return_sequences, and layers."""

GRID = list(itertools.product(CELLS, (1, 2), (False, True), OUTPUTS))


@pytest.fixture(autouse=True)
def _float64() -> Any:
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(before)


def recurrent(cell: str, units: int, *, both: bool = False, every: bool, **settings: Any) -> Any:
    layer = CELLS[cell][1](units, return_sequences=every, **settings)
    return L.Bidirectional(layer) if both else layer


@pytest.mark.parametrize(("cell", "count", "both", "output"), GRID)
def test_grid(cell: str, count: int, both: bool, output: str, tmp_path: Path) -> None:
    result, every, behind = OUTPUTS[output]
    build = functional if (count + len(output)) % 2 else sequential
    stack = [
        recurrent(cell, 4 + index, both=both, every=every or index + 1 < count)
        for index in range(count)
    ]
    model = build(*stack, *(make() for make in behind), seed=len(cell) + count)
    network = check(model, tmp_path).network
    assert [layer.cell for layer in network.layers] == [cell] * count
    assert [len(layer.parts) for layer in network.layers] == [1 + both] * count
    assert (network.result, network.head_weight is None) == (result, len(behind) == 0)
    assert not network.symbols


def lstm(every: bool = False, **settings: Any) -> Any:
    return L.LSTM(5, return_sequences=every, **settings)


OPTIONS: dict[str, Callable[[], Any]] = {
    "no biases": lambda: sequential(lstm(use_bias=False), L.Dense(3, use_bias=False)),
    "gru without biases": lambda: sequential(L.GRU(4, use_bias=False)),
    "mixed cells": lambda: sequential(lstm(True), L.GRU(4, return_sequences=True), L.SimpleRNN(3)),
    "mixed directions": lambda: sequential(L.Bidirectional(lstm(True)), lstm(True), lstm()),
    "steps left open": lambda: sequential(lstm(), shape=(None, INPUTS)),
    "a batch of its own": lambda: functional(lstm(), L.Dense(3)),
    "dropout": lambda: sequential(
        L.Dropout(0.2),
        lstm(True, dropout=0.3, recurrent_dropout=0.2),
        L.SpatialDropout1D(0.1),
        L.GaussianNoise(0.1),
        lstm(),
        L.AlphaDropout(0.1),
        L.ActivityRegularization(),
        L.Dense(3),
    ),
    "normalisation": lambda: sequential(
        L.Normalization(mean=[1.0, -2.0, 0.5], variance=[4.0, 0.5, 1.0]), lstm(), L.Dense(3)
    ),
    "adapted normalisation": lambda: sequential(L.Normalization(), lstm()),
    "normalisation of all": lambda: sequential(L.Normalization(axis=None), lstm()),
    "inverted normalisation": lambda: sequential(
        L.Normalization(mean=[1.0, -2.0, 0.5], variance=[4.0, 0.5, 1.0], invert=True), lstm()
    ),
    "rescaling": lambda: sequential(L.Rescaling(1 / 7, offset=-0.5), lstm()),
    "rescaling of each": lambda: sequential(L.Rescaling([0.5, 0.0, 2.0], offset=[1, 2, 3]), lstm()),
    "two normalisations": lambda: sequential(L.Rescaling(0.3), L.BatchNormalization(), lstm()),
    "batch norm before": lambda: sequential(L.BatchNormalization(), lstm(), L.Dense(3)),
    "batch norm between": lambda: sequential(lstm(True), L.BatchNormalization(), lstm()),
    "batch norm behind": lambda: sequential(lstm(), L.BatchNormalization(), L.Dense(3)),
    "batch norm at the end": lambda: sequential(lstm(), L.BatchNormalization()),
    "batch norm after dense": lambda: sequential(lstm(), L.Dense(3), L.BatchNormalization()),
    "batch norm every step": lambda: sequential(lstm(True), L.BatchNormalization(), L.Dense(2)),
    "batch norm before max": lambda: sequential(
        lstm(True), L.BatchNormalization(), L.GlobalMaxPooling1D(), L.Dense(2)
    ),
    "batch norm before mean": lambda: functional(
        lstm(True), L.BatchNormalization(axis=2), L.GlobalAveragePooling1D(), L.Dense(2)
    ),
    "plain batch norm": lambda: sequential(
        lstm(True), L.BatchNormalization(center=False, scale=False, epsilon=0.1), lstm()
    ),
    "dense in front": lambda: sequential(L.Dense(8), lstm()),
    "normalised dense in front": lambda: sequential(L.Normalization(), L.Dense(8), lstm()),
    "dense between": lambda: sequential(lstm(True), L.TimeDistributed(L.Dense(2)), lstm()),
    "two dense": lambda: sequential(lstm(), L.Dense(6), L.Dropout(0.1), L.Dense(3)),
    "dense then mean": lambda: sequential(lstm(True), L.Dense(2), L.GlobalAveragePooling1D()),
    "distributed batch norm": lambda: sequential(
        lstm(True), L.TimeDistributed(L.BatchNormalization()), lstm()
    ),
    "embedding": lambda: sequential(L.Embedding(SYMBOLS, 4), lstm(), L.Dense(3), shape=(STEPS,)),
    "embedding of int32": lambda: whole(L.Embedding(SYMBOLS, 4), lstm(), L.Dense(3)),
    "embedding, both": lambda: functional(
        L.Embedding(SYMBOLS, 4), L.Bidirectional(lstm(True)), L.Dense(3), shape=(None,)
    ),
    "embedding, normalised": lambda: sequential(
        L.Embedding(SYMBOLS, 4), L.BatchNormalization(), L.Dense(5), L.GRU(4), shape=(STEPS,)
    ),
    "reshape": lambda: sequential(L.Reshape((STEPS, INPUTS)), lstm()),
    "reshape open": lambda: sequential(L.Reshape((-1, INPUTS)), lstm()),
    "reshape numbers": lambda: sequential(L.Reshape((STEPS, 1)), lstm(), shape=(STEPS,)),
    "masking behind": lambda: sequential(lstm(True), L.Masking(), L.Dense(3)),
    "stateful": lambda: sequential(lstm(), L.Dense(2)),
    "unrolled": lambda: sequential(lstm(unroll=True), L.Dense(2)),
    "linear activation": lambda: sequential(lstm(), L.Activation("linear"), L.Dense(2)),
    "identity": lambda: sequential(L.Identity(), lstm()),
    "cell in an rnn": lambda: sequential(
        L.RNN(L.LSTMCell(4), return_sequences=True), L.RNN(L.GRUCell(3))
    ),
    "simple cell in an rnn": lambda: sequential(L.Bidirectional(L.RNN(L.SimpleRNNCell(4)))),
    "backward of its own": lambda: sequential(
        L.Bidirectional(lstm(name="a"), backward_layer=lstm(name="b", go_backwards=True))
    ),
    "sum of both": lambda: sequential(L.Bidirectional(lstm(), merge_mode="sum"), L.Dense(3)),
    "mean of both": lambda: sequential(L.Bidirectional(lstm(True), merge_mode="ave"), lstm()),
    "one step": lambda: functional(lstm(True), lambda x: x[:, -1, :], L.Dense(3)),
    "one step of both": lambda: functional(L.Bidirectional(lstm(True)), lambda x: x[:, -1]),
    "eight layers": lambda: sequential(*(L.GRU(5, return_sequences=True) for _ in range(8))),
    "three dense of one class": lambda: sequential(
        L.Dense(4), lstm(True), L.Dense(3), lstm(), L.Dense(2)
    ),
    "other names": lambda: sequential(lstm(name="a b:0"), L.Dense(2, name="out")),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options(name: str, tmp_path: Path) -> None:
    check(OPTIONS[name](), tmp_path)
