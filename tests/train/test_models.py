from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline import models
from pascaline.data.evaluate import predict
from pascaline.data.recordings import read_recordings
from pascaline.data.sample import COUNT
from pascaline.data.sets import DATA_SETS
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.modelfile import read_model, write_model
from pascaline.spec.preprocess import quantize, rule_of
from pascaline.spec.storage import storage
from pascaline.train.tasks import TASKS
from tests.models import same_scales

FLOOR = {
    "copy-1000-hadamard": 0.999,
    "copy-hadamard-gru": 0.999,
    "copy-ternary": 0.99,
    "digits-attention-ternary": 0.985,
    "digits-binary": 0.985,
    "digits-gru-hadamard": 0.985,
    "digits-gru-ternary": 0.985,
    "digits-small-ternary": 0.985,
    "digits-ternary": 0.985,
    "pixel-binary": 0.98,
    "pixel-hadamard": 0.965,
    "pixel-permuted-hadamard": 0.945,
    "pixel-ternary": 0.985,
    "rows-bilstm-ternary": 0.985,
    "rows-binary": 0.987,
    "rows-ternary": 0.985,
    "sentiment-hadamard": 0.715,
}
"""The least accuracy that a shipped model may have."""

CEILING = {
    "austen-binary": 1.60,
    "austen-norm-binary": 1.545,
    "austen-norm-fixed8": 1.524,
    "austen-norm-ternary": 1.525,
    "austen-ternary": 1.56,
    "linux-binary": 1.71,
    "linux-norm-binary": 1.628,
    "linux-norm-fixed8": 1.546,
    "linux-norm-ternary": 1.628,
    "linux-ternary": 1.67,
}
"""The most bits a character that a shipped model may take: those of the floating-point network of
the same size, and 0.06 or 0.02 more; with layer norm 0.02 less if ternary, no more if binary, and
with 8-bit weights no more than those of a floating-point network with layer norm."""


EDITS = {"connected-ternary": 0.0154}
"""The most edits a digit: those of the floating-point network of the same size, and 0.003 more."""

NAMES = sorted(FLOOR | CEILING | EDITS)


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest) -> Model:
    return read_model(models.path(request.param))


def test_names() -> None:
    assert models.names() == NAMES


def test_unknown_name() -> None:
    text = "^model: must be the name of a shipped model, not 'words'$"
    with pytest.raises(InputError, match=text):
        models.path("words")


def test_file_is_as_it_was_written(model: Model, tmp_path: Path) -> None:
    write_model(model, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == models.path(model.name).read_bytes()


def test_card_says_where_the_model_comes_from(model: Model) -> None:
    card, task = model.card, TASKS[model.card["task"]]
    data = DATA_SETS[task.data]
    for key in ("name", "title", "source", "licence"):
        assert card["data"][key] == getattr(data, key)
    assert data.package is None or card["data"]["sha256"] == data.package.sha256
    words = shlex.split(card["command"])
    assert words[:3] == ["pascaline", "train", task.name]
    assert words[-2:] == ["-o", f"models/{model.name}.safetensors"]
    assert words[words.index("--weights") + 1] == model.network.layer.weights.name
    assert words[words.index("--hidden") + 1] == str(model.network.layer.hidden)
    assert words[words.index("--seed") + 1] == str(card["seed"])
    assert words[words.index("--epochs") + 1] == str(card["schedule"]["epochs"])
    assert set(card["made_with"]) == {"numpy", "pascaline", "torch"}


def test_card_says_how_good_the_model_is(model: Model) -> None:
    accuracy, sequences = model.card["accuracy"], model.card["data"]["sequences"]
    assert accuracy["part"] == "held-out"
    if model.name in CEILING:
        as_float, as_integer = (accuracy[form]["bits"] for form in ("float", "integer"))
        assert as_integer < CEILING[model.name]
        assert abs(as_float - as_integer) < 0.02
        assert accuracy["integer"]["total"] == model.card["data"]["steps"]["held-out"]
        return
    if model.name in EDITS:
        as_float, as_integer = (accuracy[form]["edits"] for form in ("float", "integer"))
        total = accuracy["integer"]["total"]
        assert as_integer / total < EDITS[model.name]
        assert abs(as_float - as_integer) / total < 0.003
        assert accuracy["integer"]["sequences"] == sequences["held-out"]
        return
    for form in ("float", "integer"):
        found = accuracy[form]
        assert found["total"] % sequences["held-out"] == 0
        assert found["total"] - found["correct"] == len(found["wrong"])
    as_float, as_integer = (accuracy[form]["correct"] for form in ("float", "integer"))
    total = accuracy["integer"]["total"]
    assert as_integer / total >= FLOOR[model.name]
    assert abs(as_float - as_integer) / total < 0.005


def test_card_says_what_it_costs(model: Model) -> None:
    weight_bytes, shared = model.card["weight_bytes"], "--shared-scale" in model.card["command"]
    for index, layer in enumerate(model.network.layers):
        name = f"layers.{index}.weight_h"
        if layer.recurrent == "walsh":
            assert name not in weight_bytes
            continue
        bits = layer.weights.bits * layer.rows * layer.hidden
        assert 0 <= weight_bytes[name] - bits / 8 < layer.rows
        assert same_scales(model.layers[index]) == shared


def test_card_says_what_to_feed(model: Model) -> None:
    rule_of(model).check(model.network.inputs, thing=model.name)


def test_sample() -> None:
    sample = read_recordings(models.SAMPLE)
    assert sample.labels is not None
    assert len(sample) == len(sample.labels) == COUNT
    assert set(sample.labels.tolist()) == set(range(10))
    assert all(sequence.dtype == np.float32 for sequence in sample.sequences)
    assert {sequence.shape[1] for sequence in sample.sequences} == {13}
    assert models.SAMPLE.stat().st_size < 100_000


@pytest.mark.parametrize("name", ["digits-binary", "digits-ternary"])
def test_sample_is_classified_as_the_card_says(name: str) -> None:
    """The golden model still computes what it did when the model was measured."""
    model, sample = read_model(models.path(name)), read_recordings(models.SAMPLE)
    wrong = np.flatnonzero(predict(model, quantize(sample.sequences, model)) != sample.labels)
    assert wrong.tolist() == [w for w in model.card["accuracy"]["integer"]["wrong"] if w < COUNT]


def test_table_of_models_is_what_the_cards_say() -> None:
    def shown(found: dict[str, Any]) -> str:
        if "bits" in found:
            return f"{found['bits']:.4f} bits"
        if "edits" in found:
            return f"{100 * found['edits'] / found['total']:.2f} % edits"
        return f"{100 * found['correct'] / found['total']:.2f} %"

    text = (models.FOLDER / "README.md").read_text(encoding="utf-8")
    for name in models.names():
        model = read_model(models.path(name))
        accuracy = model.card["accuracy"]
        results, size = accuracy["integer"]["total"], storage(model).total / 8
        row = f"| `{name}` | {shown(accuracy['float'])} | {shown(accuracy['integer'])} |"
        row += f" {results:,} | {model.card['seed']} | {size:,.0f} |"
        assert row in text, f"models/README.md must have\n{row}"
