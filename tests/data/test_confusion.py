"""Which classes a model takes for which: only what its card says is wrong is run."""

import numpy as np
import pytest

from pascaline.data.confusion import confusion
from pascaline.data.evaluate import evaluate, outcomes
from pascaline.data.own import learned_from
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import quantize
from tests.data.test_evaluate import make_model


def scored(**changed):
    """A model whose card has its score, with changes."""
    model = make_model()
    integer = evaluate(model).card() | changed
    card = model.card | {"accuracy": {"integer": integer}}
    return Model(name=model.name, network=model.network, tensors=model.tensors, card=card)


def test_it_is_what_running_all_of_it_gives(tones):
    model, counted = scored(), np.zeros((3, 3), dtype=int)
    part = learned_from(model)
    found = np.concatenate(outcomes(model, quantize(part.sequences, model)))
    np.add.at(counted, (part.labels, found), 1)
    assert confusion(model) == counted.tolist()
    assert 0 < counted.trace() < counted.sum() == 60


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"total": 59}, "tones: must have 59 held-out sequences, not 60"),
        ({"wrong": list(range(60))}, "tones: is not what the model's card tells of"),
        (
            {"wrong": [60]},
            "random: card.accuracy.integer.wrong: must be numbers of 60 sequences",
        ),
    ],
)
def test_a_card_of_other_data(tones, changed, says):
    with pytest.raises(InputError) as error:
        confusion(scored(**changed))
    assert str(error.value) == says


def test_nothing_is_fetched(tones, folder):
    model = scored()
    (folder / tones.package.file).unlink()
    with pytest.raises(InputError, match=r"^tones: is not on this machine$"):
        confusion(model)


def test_a_card_without_a_score(tones):
    with pytest.raises(InputError, match=r"^random: has no list of held-out sequences"):
        confusion(make_model())
