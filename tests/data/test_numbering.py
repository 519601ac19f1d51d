"""Classes of data meet those of a model by their names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import pascaline
from pascaline.data.evaluate import Score
from pascaline.data.numbering import numbers_for
from pascaline.data.own import ALL, part_for
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from tests.models import make_model
from tests.ownmodels import CLASSES, make_folder

TURNED = ("rise", "fall", "flat")


def model_of(*names: str, classes: int = 3) -> Model:
    made = make_model(inputs=2, head={"classes": classes, "weights": "ternary"})
    rule = {"offset": [0, 0], "gain": [1, 1]}
    return replace(made, card={"data": {"names": list(names)}, "preprocess": rule})


def test_by_name(tmp_path: Path) -> None:
    """A model's own order counts, not that of the alphabet."""
    data = make_folder(tmp_path / "waves")
    labels = [part_for(model_of(*names), str(data), ALL).labels for names in (CLASSES, TURNED)]
    assert list(labels[0]) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert list(labels[1]) == [1, 1, 1, 2, 2, 2, 0, 0, 0]


def test_the_score_is_that_of_the_names(tmp_path: Path) -> None:
    """The same network is as good, whatever its classes are called in its order."""
    data = make_folder(tmp_path / "waves", scale=0.1)
    found = pascaline.evaluate(model_of(*TURNED), data=data, part="all")
    assert isinstance(found, Score)
    assert sum(of for _, of in found.by_class.values()) == found.total == 9
    assert sum(right for right, _ in found.by_class.values()) == found.correct


def test_numbers_are_their_own_names() -> None:
    assert list(numbers_for(("1", "2"), model_of())) == [1, 2]
    with pytest.raises(InputError, match=r"^class: must be below 3, as test has numbers alone"):
        numbers_for(("1", "2", "3"), model_of())
    assert list(numbers_for(("1", "2", "3"), model_of("1", "2", "3"))) == [0, 1, 2]


def test_a_guess_is_told() -> None:
    said = "guessed by the alphabet: fall is 0, flat is 1, rise is 2; import --classes names them"
    with pytest.warns(UserWarning, match=said):
        assert list(numbers_for(CLASSES, model_of())) == [0, 1, 2]


def test_unknown_classes() -> None:
    with pytest.raises(InputError, match=r"^class: must be one of rise, fall, flat, not 'up'$"):
        numbers_for(("fall", "up"), model_of(*TURNED))
    with pytest.raises(InputError, match=r"^folder: must have at most 2 classes, as test has"):
        numbers_for(CLASSES, model_of(classes=2))
