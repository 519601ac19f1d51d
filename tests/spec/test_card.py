"""Cards of model files: what is read of them, and no more, must be as it is expected."""

import json
from dataclasses import replace

import pytest

from pascaline import models
from pascaline.spec.card import Card
from pascaline.spec.errors import InputError
from pascaline.spec.modelfile import read_header, read_model, write_model
from tests.models import make_model


@pytest.mark.parametrize(
    ("card", "text"),
    [
        ({"accuracy": 1}, "accuracy: "),
        ({"accuracy": {}}, "accuracy.integer: field required"),
        ({"accuracy": {"integer": {"correct": 1, "total": 0}}}, "accuracy.integer.total: "),
        ({"accuracy": {"integer": {"total": 1}}}, "must have correct, bits or edits"),
        ({"task": []}, "task: should be a valid string"),
        ({"data": {"name": 1}}, "data.name: should be a valid string"),
        ({"data": {"names": "ab"}}, "data.names: should be a valid list"),
        ({"logit_unit": 0}, "logit_unit: should be greater than 0"),
        ({"precision": {"x": 1}}, "precision.x: "),
    ],
)
def test_a_card_of_other_types(tmp_path, card, text):
    path = tmp_path / "m.safetensors"
    with pytest.raises(InputError) as caught:
        write_model(replace(make_model(), card=card), path)
    assert text in str(caught.value)
    assert not path.exists()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_no_json(tmp_path, value):
    path = tmp_path / "m.safetensors"
    write_model(replace(make_model(), card={"x": 123456.25}), path)
    path.write_bytes(path.read_bytes().replace(b"123456.25", value.encode().rjust(9)))
    with pytest.raises(InputError, match=r"m.safetensors: its 'pascaline' metadata: must be JSON"):
        read_model(path)


def test_all_else_is_free(tmp_path):
    path = tmp_path / "m.safetensors"
    card = {"mine": [1, {"a": None}], "accuracy": {"integer": {"bits": 1.5, "total": 3}, "b": 2}}
    write_model(replace(make_model(), card=card), path)
    assert read_model(path).card == card
    assert json.loads(json.dumps(card)) == card


@pytest.mark.parametrize("name", models.names())
def test_shipped_models_have_such_cards(name):
    Card.parse(read_header(models.path(name)).card, thing=name)
