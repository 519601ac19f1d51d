from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.cells.lstm import LstmLayer
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.preprocess import REACH, Preprocess, quantize, rule_of
from pascaline.spec.synthetic import synthetic_model

X = Format(width=8, frac=7)


def make_model(card: dict[str, Any]) -> Model:
    layer = LstmLayer(hidden=2, weights=arithmetic("ternary"))
    network = Network(inputs=2, x=X, layers=(layer,))
    model = synthetic_model("small", network, np.random.default_rng(0))
    return Model(name="small", network=network, tensors=model.tensors, card=card)


def test_quantize_follows_the_card() -> None:
    model = make_model({"preprocess": {"offset": [10, -2.5], "gain": [0.5, 2], "steps": None}})
    inputs = quantize([[[10, -2.5], [10.125, -2.25], [9, -3]], [[11, 9]]], model)
    assert [sequence.tolist() for sequence in inputs] == [
        [[0, 0], [8, 64], [-64, -128]],
        [[64, 127]],
    ]
    assert inputs[0].dtype == np.int64


def test_quantize_rounds_to_nearest_ties_up() -> None:
    rule = Preprocess.uniform(1, gain=1 / 128)
    (made,) = rule.apply([np.array([[0.5], [1.49], [-0.5], [-1.51]])], X)
    assert made.ravel().tolist() == [1, 1, 0, -2]


def test_long_sequences_are_cut_at_the_end() -> None:
    rule = Preprocess.uniform(1, gain=1 / 128, steps=2)
    made = rule.apply([np.array([[1.0], [2.0], [3.0]]), np.array([[4.0]])], X)
    assert [sequence.ravel().tolist() for sequence in made] == [[1, 2], [4]]


def test_standard() -> None:
    rng = np.random.default_rng(0)
    sequences = [
        (rng.normal(size=(50, 2)) * [3, 100] + [7, -1000]).astype(np.float32) for _ in range(20)
    ]
    rule = Preprocess.standard(sequences, steps=40)
    x = (np.concatenate([s[:40] for s in sequences]) - np.array(rule.offset)) * np.array(rule.gain)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=5e-3)
    np.testing.assert_allclose(x.std(axis=0), 1 / REACH, rtol=1e-3)
    # Short numbers, so that no machine's rounding shows.
    assert all(len(f"{abs(value):.10g}".strip("0.")) <= 7 for value in rule.gain + rule.offset)


@pytest.mark.parametrize("offset", [0, 1e-12, 5, 101_350, -1e9, 1e12])
@pytest.mark.parametrize("scale", [1, 1e-6, 1e-30, 1e30])
def test_standard_keeps_enough_digits(offset: float, scale: float) -> None:
    """Whatever mean and spread: inputs are those of the signal without the offset."""
    rng = np.random.default_rng(0)
    plain = rng.normal(size=(1000, 1))
    moved = (plain + offset) * scale
    rule, still = Preprocess.standard([moved]), Preprocess.standard([plain])
    (made,), (wanted,) = rule.apply([moved], X), still.apply([plain], X)
    assert np.abs(made - wanted).max() <= 1
    assert all(len(repr(abs(value)).split("e")[0].strip("0.")) <= 17 for value in rule.offset)


def test_standard_of_a_constant_input() -> None:
    rows = np.stack([np.full(9, 5.1), np.linspace(0, 1, 9), np.zeros(9)], axis=1)
    said = r"^input \d is always (5.1|0) in what is learned: its gain is 0$"
    with pytest.warns(UserWarning, match=said):
        rule = Preprocess.standard([rows.astype(np.float32)])
    assert [bool(gain) for gain in rule.gain] == [False, True, False]
    (made,) = rule.apply([rows + 100], X)
    assert made[:, [0, 2]].tolist() == [[0, 0]] * 9


def test_rule_survives_json() -> None:
    rule = Preprocess(offset=(0.1, 1 / 3), gain=(1e-7, 12345.678), steps=3)
    text = json.dumps(rule.model_dump(mode="json"))
    assert rule_of(make_model({"preprocess": json.loads(text)})) == rule


def test_card_without_rule() -> None:
    with pytest.raises(InputError, match=r"^small: card.preprocess: is missing: nothing says"):
        quantize([], make_model({}))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            {"offset": [0], "gain": [1, 1]},
            "small: card.preprocess.offset: must have 2 values, not 1",
        ),
        ({"offset": [0, 0], "gain": []}, "small: card.preprocess.gain: must have 2 values, not 0"),
        ({"gain": [1, 1]}, "small: card.preprocess: offset: field required"),
        (
            {"offset": [0, "a"], "gain": [1, 1]},
            "small: card.preprocess: offset.1: should be a valid number, not 'a'",
        ),
        (
            {"offset": [0, 0], "gain": [1, float("nan")]},
            "small: card.preprocess: must be JSON (NaN is no number in JSON)",
        ),
        (
            {"offset": [0, 0], "gain": [1, 1], "steps": 0},
            "small: card.preprocess: steps: should be greater than or equal to 1, not 0",
        ),
    ],
)
def test_bad_rule(rule: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        quantize([], make_model({"preprocess": rule}))


@pytest.mark.parametrize(
    ("features", "text"),
    [
        (np.zeros((3, 5)), "shape must be [steps, 2] with at least one step, not [3, 5]"),
        (np.zeros((0, 2)), "shape must be [steps, 2] with at least one step, not [0, 2]"),
        (np.zeros(2), "shape must be [steps, 2] with at least one step, not [2]"),
        (np.array([[0, np.nan]]), "must be finite, not 'nan'"),
        (np.array([[0, 1e308]]), "must be finite, not 'inf'"),
    ],
)
def test_bad_features(features: np.ndarray[Any, Any], text: str) -> None:
    model = make_model({"preprocess": {"offset": [0, 0], "gain": [1, 1000]}})
    with pytest.raises(InputError, match=rf"^features\[1\]: {re.escape(text)}$"):
        quantize([np.zeros((1, 2)), features], model)
