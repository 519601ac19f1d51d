"""Files of Keras: what a model cannot be is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.convert import Conversion, convert
from pascaline.importers.foreign import Reading
from pascaline.importers.sources import read_foreign
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import quantize
from tests.importers.keras.models import (
    INPUTS,
    STEPS,
    SYMBOLS,
    L,
    check,
    computed,
    functional,
    keras,
    randomised,
    raw,
    sequential,
)
from tests.importers.test_convert import WIDE

pytestmark = pytest.mark.filterwarnings("ignore")


def lstm(every: bool = False, **settings: Any) -> Any:
    return L.LSTM(5, return_sequences=every, **settings)


def branched() -> Any:
    first = keras.Input((STEPS, INPUTS))
    return keras.Model(first, L.Add()([lstm()(first), lstm()(first)]))


def two_outputs() -> Any:
    first = keras.Input((STEPS, INPUTS))
    h = lstm()(first)
    return keras.Model(first, [h, L.Dense(2)(h)])


def two_inputs() -> Any:
    first, start = keras.Input((STEPS, INPUTS)), keras.Input((5,))
    return keras.Model([first, start], lstm()(first, initial_state=[start, start]))


def shared() -> Any:
    layer, first = L.LSTM(3, return_sequences=True), keras.Input((STEPS, 3))
    return keras.Model(first, layer(layer(first)))


def of_state() -> Any:
    first = keras.Input((STEPS, INPUTS))
    return keras.Model(first, lstm(return_state=True)(first)[2])


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "Conv1D": (
        lambda: sequential(L.Conv1D(4, 3), lstm()),
        "Conv1D .*compute it before the machine",
    ),
    "MaxPooling1D": (lambda: sequential(lstm(True), L.MaxPooling1D()), "MaxPooling1D .*each step"),
    "Flatten": (lambda: sequential(lstm(True), L.Flatten(), L.Dense(2)), "Flatten .*return_seq"),
    "LayerNormalization": (lambda: sequential(L.LayerNormalization(), lstm()), "LayerNormal"),
    "Lambda": (lambda: sequential(lstm(True), L.Lambda(lambda x: x[:, -1])), "Lambda .*it is code"),
    "a model in a model": (
        lambda: sequential(keras.Sequential([lstm()]), L.Dense(2)),
        "Sequential .*put its layers",
    ),
    "a layer of the user's": (lambda: sequential(Own(5)), "Own .*is not a layer of Keras: what"),
    "a function of the user's": (lambda: sequential(lstm(activation=own)), "must be a function of"),
    "hard_sigmoid": (
        lambda: sequential(lstm(recurrent_activation="hard_sigmoid")),
        "LSTM .*recurrent_activation hard_sigmoid is not supported",
    ),
    "relu in an LSTM": (lambda: sequential(lstm(activation="relu")), "activation relu is not"),
    "relu in a GRU": (lambda: sequential(L.GRU(3, activation="relu")), "GRU .*activation relu"),
    "sigmoid in an RNN": (lambda: sequential(L.SimpleRNN(3, activation="sigmoid")), "SimpleRNN"),
    "go_backwards": (lambda: sequential(lstm(go_backwards=True)), "go_backwards = True is not"),
    "merge_mode": (
        lambda: sequential(L.Bidirectional(lstm(), merge_mode="mul")),
        "merge_mode = mul is not",
    ),
    "other directions": (
        lambda: sequential(L.Bidirectional(lstm(), backward_layer=L.LSTM(4, go_backwards=True))),
        "same cell, units and return_sequences",
    ),
    "other cells": (
        lambda: sequential(L.Bidirectional(lstm(), backward_layer=L.GRU(5, go_backwards=True))),
        "same cell, units and return_sequences",
    ),
    "dense relu": (lambda: sequential(lstm(), L.Dense(4, "relu"), L.Dense(2)), "activation relu"),
    "softmax within": (
        lambda: sequential(lstm(), L.Dense(4, "softmax"), L.Dense(2)),
        "behind softmax",
    ),
    "softmax in front": (
        lambda: sequential(L.Softmax(), lstm()),
        "softmax is supported at the end",
    ),
    "dense softmax in front": (lambda: sequential(L.Dense(3, "softmax"), lstm()), "behind softmax"),
    "max of a head": (
        lambda: sequential(lstm(True), L.Dense(2), L.GlobalMaxPooling1D()),
        "must come before dense",
    ),
    "pooling alone": (lambda: sequential(L.GlobalMaxPooling1D()), "must come behind a recurrent"),
    "keepdims": (
        lambda: sequential(lstm(True), L.GlobalMaxPooling1D(keepdims=True)),
        "keepdims = True",
    ),
    "no recurrent layer": (lambda: sequential(L.Dense(3)), "must have an LSTM, GRU or SimpleRNN"),
    "mask_zero": (
        lambda: sequential(L.Embedding(SYMBOLS, 3, mask_zero=True), lstm(), shape=(STEPS,)),
        "Embedding .*hides steps .*without padding",
    ),
    "masking": (lambda: sequential(L.Masking(), lstm()), "Masking .*hides steps"),
    "mask of ones": (
        lambda: sequential(lstm(True), L.Masking(1.0), L.Dense(2)),
        "Masking .*mask_value must be 0",
    ),
    "masked mean": (
        lambda: sequential(lstm(True), L.Masking(), L.GlobalAveragePooling1D()),
        "Masking .*before pooling",
    ),
    "steps that change": (lambda: sequential(L.Reshape((INPUTS, STEPS)), lstm()), "Reshape .*keep"),
    "repeated": (lambda: sequential(lstm(), L.RepeatVector(3), lstm()), "RepeatVector"),
    "images": (
        lambda: sequential(L.TimeDistributed(L.Flatten()), lstm(), shape=(2, 3, 4)),
        "shape",
    ),
    "distributed": (
        lambda: sequential(L.TimeDistributed(L.LayerNormalization()), lstm()),
        "within",
    ),
    "normalised steps": (lambda: sequential(L.Normalization(axis=1), lstm()), "axis must be"),
    "batch norm of steps": (
        lambda: sequential(L.BatchNormalization(axis=1), lstm()),
        "axis must be",
    ),
    "branches": (branched, "Add .*must have one input|Add .*one chain"),
    "two outputs": (two_outputs, "must have one output"),
    "two inputs": (two_inputs, "must have one input"),
    "shared": (shared, "must be called once"),
    "the state": (of_state, "not its state"),
    "stacked cells": (
        lambda: sequential(L.RNN([L.LSTMCell(3), L.LSTMCell(3)])),
        "StackedRNNCells .*must be LSTM",
    ),
    "another step": (lambda: functional(lstm(True), lambda x: x[:, 0]), "GetItem .*-1"),
    "wide": (lambda: sequential(L.GRU(2), shape=(2, 2100)), "1 to 2048"),
    "many symbols": (
        lambda: sequential(L.Embedding(3000, 3), lstm(), shape=(STEPS,)),
        "input_dim must be 1 to",
    ),
}


@keras.saving.register_keras_serializable()
class Own(keras.layers.LSTM):
    pass


@keras.saving.register_keras_serializable()
def own(x: Any) -> Any:
    return x


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    make, text = REFUSED[name]
    model = make()
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"net{suffix}")
        with pytest.raises(InputError, match=text) as found:
            read_foreign(tmp_path / f"net{suffix}")
        assert str(found.value).startswith(str(tmp_path))
        assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("end", "output"),
    [("softmax", "class"), ("log_softmax", "class"), ("sigmoid", "logits"), ("linear", None)],
)
def test_functions_at_the_end_are_left_out(end: str, output: str | None, tmp_path: Path) -> None:
    for model in (
        sequential(lstm(), L.Dense(3, activation=end)),
        functional(lstm(), L.Dense(3), L.Activation(end)),
        sequential(lstm(True), L.TimeDistributed(L.Dense(3, activation=end))),
    ):
        foreign = check(model, tmp_path, end=end)
        assert foreign.network.output == output
        assert any(end in line for line in foreign.understood) == (output is not None)


def test_softmax_of_outputs_gets_a_head(tmp_path: Path) -> None:
    network = check(sequential(lstm(), L.Softmax()), tmp_path, end="softmax").network
    np.testing.assert_array_equal(network.head_weight, np.eye(5))


def test_one_unit_gives_its_logit(tmp_path: Path) -> None:
    assert check(sequential(lstm(), L.Dense(1)), tmp_path).network.output == "logits"
    foreign = check(sequential(lstm(), L.Dense(1, "sigmoid")), tmp_path, end="sigmoid")
    assert foreign.network.output == "logits"
    model = convert(foreign, Conversion(weights=arithmetic("fixed8")), name="net")
    assert model.network.head is not None
    assert model.network.head.output == "logits"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_short_floats(policy: str, tmp_path: Path) -> None:
    """Numbers as they are stored; what Keras computes with them, but in float32."""
    # PyTorch has no orthogonal numbers of 16 bits.
    model = sequential(L.LSTM(5, dtype=policy, recurrent_initializer="normal"), L.Dense(3))
    twin = sequential(L.LSTM(5), L.Dense(3))
    for one, other in zip(model.weights, twin.weights, strict=True):
        other.assign(keras.ops.cast(one, "float32"))
    x = raw(model)
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"net{suffix}")
        foreign = read_foreign(tmp_path / f"net{suffix}")
        assert any(f"computes in {policy}" in line for line in foreign.assumed)
        found = computed(foreign, x)
        np.testing.assert_allclose(found, twin.predict(x, verbose=0), rtol=0, atol=1e-5)


def test_float8_is_refused(tmp_path: Path) -> None:
    model = sequential(lstm(), L.Dense(3))
    model.layers[-1].quantize("int8")
    model.save(tmp_path / "net.keras")
    with pytest.raises(InputError, match=r"Dense .*dtype int8 is not supported"):
        read_foreign(tmp_path / "net.keras")


def test_stateful_is_said(tmp_path: Path) -> None:
    first = keras.Input(batch_shape=(5, STEPS, INPUTS))
    model = randomised(keras.Model(first, L.Dense(2)(lstm(stateful=True)(first))), 0)
    model.save(tmp_path / "net.keras")
    (line,) = read_foreign(tmp_path / "net.keras").assumed
    assert "stateful" in line


def test_readings(tmp_path: Path) -> None:
    sequential(lstm(True), L.Dense(2, name="out")).save(tmp_path / "a.keras")
    sequential(lstm(), L.Dense(2, name="out")).save(tmp_path / "b.keras")

    def read(name: str, **reading: Any) -> Any:
        return read_foreign(tmp_path / name, Reading(**reading)).network

    assert read("a.keras", result="max").result == "max"
    assert read("b.keras", cell="lstm", head="out", result="last").result == "last"
    assert read("b.keras", head="none").head_weight is None
    for reading, text in (
        ({"cell": "gru"}, "^cell: must be lstm, as .* has it, not 'gru'$"),
        ({"head": "fc"}, "^head: must be out or none, not 'fc'$"),
        ({"result": "every"}, "^result: must be last, as the file has it, not 'every'$"),
    ):
        with pytest.raises(InputError, match=text):
            read("b.keras", **reading)


def test_a_preprocess_of_the_user_comes_first(tmp_path: Path) -> None:
    model = sequential(L.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.25]), lstm())
    model.save(tmp_path / "net.keras")
    (tmp_path / "p.json").write_text('{"offset": [1, 1, 1], "gain": [2, 2, 2]}')
    foreign = read_foreign(tmp_path / "net.keras", preprocess=tmp_path / "p.json")
    x = raw(model)
    wanted = model.predict((x - 1) * 2, verbose=0)
    np.testing.assert_allclose(computed(foreign, x), wanted, rtol=0, atol=1e-6)


def test_golden_follows_keras(tmp_path: Path) -> None:
    """All the way to integers: normalisation, two layers, batch normalisation, logits."""
    model = sequential(
        L.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.25]),
        L.Bidirectional(L.GRU(6, return_sequences=True)),
        lstm(),
        L.BatchNormalization(),
        L.Dense(3, activation="softmax"),
    )
    model.save(tmp_path / "net.keras")
    rng = np.random.default_rng(2)
    features = rng.normal([1.0, 2.0, 3.0], [2.0, 1.0, 0.5], (40, STEPS, INPUTS))
    formats = WIDE.reaching(4.0)
    conversion = Conversion(weights=arithmetic("fixed16"), formats=formats, output="logits")
    made = convert(read_foreign(tmp_path / "net.keras"), conversion, name="net")
    results = Golden(made).run(quantize(list(features), made)).results
    logits = np.array(results).reshape(len(features), 3) * made.card["logit_unit"]
    found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wanted = model.predict(features, verbose=0)
    assert np.ptp(wanted) > 0.3
    np.testing.assert_allclose(found, wanted, rtol=0, atol=0.01)


def test_no_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sequential(lstm()).save(tmp_path / "net.h5")
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    text = re.escape(f"{tmp_path / 'net.h5'}: needs h5py (pip install pascaline[keras])")
    with pytest.raises(InputError, match=f"^{text}$"):
        read_foreign(tmp_path / "net.h5")
