"""Words that parameters of a machine had in the last release."""

import json
import warnings

import pytest

from pascaline.spec.loading import header
from pascaline.spec.machine import RETIRED, Machine
from tests.models import make_design, make_model

WORDS = [(name, *pair) for name, words in RETIRED.items() for pair in words.items()]


@pytest.mark.parametrize(("name", "old", "new"), WORDS)
def test_retired_words_are_taken_and_said(name, old, new, tmp_path):
    path = tmp_path / "machine.toml"
    path.write_text(f'{name} = "{old}"\n')
    said = f'^machine: {name}: "{old}" is now called "{new}"$'
    with pytest.warns(FutureWarning, match=said):
        from_file = Machine.read(path)
    with pytest.warns(FutureWarning, match=said):
        from_text = Machine.parse(json.dumps({name: old}), thing="machine")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        present = Machine.parse({name: new}, thing="machine")
    assert from_file == from_text == present
    assert present.model_dump(mode="json")[name] == new


def test_images_fit_machines_of_the_last_release():
    """The shapes are those of images that were made before the words changed."""
    model = make_model(weights="ternary")
    shapes = [
        header(make_design(model, units=2, simd=4, **machine))["shape"]
        for machine in ({}, {"weight_code": "packed"}, {"cell_unit": "serial"})
    ]
    assert shapes == [0x3B1C2354, 0x414B20EF, 0x8937B0CA]
