from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pascaline.data.evaluate import Score, evaluate, predict, score
from pascaline.data.sets import DataSet, Labels, Part
from pascaline.golden import parallel
from pascaline.golden.network import Golden
from pascaline.importers.draft import Formats, draft
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import Preprocess, quantize
from pascaline.spec.synthetic import synthetic_model


def make_model(card: dict[str, Any] | None = None, **kwargs: Any) -> Model:
    kwargs = {"classes": 3} | kwargs
    network = draft(Formats(), inputs=3, hidden=6, weights=arithmetic("ternary"), **kwargs)
    model = synthetic_model("random", network, np.random.default_rng(4))
    if card is None:
        rule = Preprocess.uniform(3, gain=1 / 200, steps=5)
        card = {"data": {"name": "tones"}, "preprocess": rule.model_dump(mode="json")}
    return Model(name="random", network=network, tensors=model.tensors, card=card)


def test_score() -> None:
    found = Score.of(np.array([1, 2, 3, 3]), np.array([1, 0, 3, 0]))
    assert found == Score(4, (1, 3))
    assert (found.correct, found.accuracy, str(found)) == (2, 0.5, "2/4 (50.00 %)")


def test_evaluate_is_golden_on_the_part(tones: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BATCH", 25)
    model, part, told = make_model(), tones.load().held_out, []
    found = evaluate(model, progress=lambda stage, done, total, note="": told.append((done, total)))
    one_by_one = [
        int(Golden(model).run([sequence]).results[0][0])
        for sequence in quantize(part.sequences, model)
    ]
    assert list(found.wrong) == [
        index for index, label in enumerate(part.labels) if label != one_by_one[index]
    ]
    assert 0 < found.correct < found.total == 60
    assert told == [(25, 60), (50, 60), (60, 60)]
    assert found == score(model, part)
    assert evaluate(model, "train").total == 120


def test_logits_are_classified(tones: DataSet) -> None:
    assert evaluate(make_model(output="logits")) == evaluate(make_model())


@pytest.mark.parametrize("kwargs", [{"classes": None}, {"results": "every"}])
def test_no_classifier(kwargs: dict[str, Any]) -> None:
    text = r"^random: must have a head, and one result a sequence$"
    with pytest.raises(InputError, match=text):
        predict(make_model(**kwargs), [])


@pytest.mark.parametrize("card", [{}, {"data": 3}, {"data": {}}, {"data": {"name": 3}}])
def test_no_data_in_the_card(card: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^random: card.data.name: is missing: no data are known"):
        evaluate(make_model(card))


@pytest.mark.parametrize(
    ("made", "labels", "text"),
    [
        ({}, [np.zeros(5, int)], "labels: must be one a sequence, as the results of random are"),
        ({"results": "every"}, np.zeros(1, int), "labels: must be several a sequence, as the"),
        ({"results": "every"}, [np.zeros(4, int)], "labels[0]: must be 5, one a step, not 4"),
        (
            {"results": "decoded", "embedding": 2},
            np.zeros(1, int),
            "labels: must be several a sequence, as the results of random are",
        ),
    ],
)
def test_labels_of_another_kind(made: dict[str, Any], labels: Labels, text: str) -> None:
    part = Part([np.zeros((5, 3), np.float32)], labels)
    with pytest.raises(InputError) as caught:
        score(make_model(**made), part)
    assert str(caught.value).startswith(text)


def test_unknown_data() -> None:
    text = r"^data set: must be one of digits, rows, pixel, .*, not 'words'$"
    with pytest.raises(InputError, match=text):
        evaluate(make_model({"data": {"name": "words"}}))


def test_unknown_part(tones: DataSet) -> None:
    with pytest.raises(InputError, match=r"^part: must be train or held-out, not 'test'$"):
        evaluate(make_model(), "test")
