"""How few bits a state needs: what coarser models compute, and what has none."""

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.measure.states import coarser
from pascaline.models.catalogue import find_model
from pascaline.spec.errors import InputError


def test_a_coarser_state_is_the_same_one_with_less_behind_the_point():
    model = find_model("copy-1000-hadamard")
    rng = np.random.default_rng(0)
    x = np.zeros((40, 10), dtype=np.int64)
    x[np.arange(40), rng.integers(0, 10, 40)] = model.network.x.interval.hi
    fine, coarse = (Golden(one).run([x]).state[0].h for one in (model, coarser(model, 2)))
    assert coarser(model, 2).network.layer.h.width == 10
    # Each step is off by a unit of the coarse state at most: 40 of them, and none decays.
    assert np.abs(coarse - fine / 4).max() <= 40
    assert np.linalg.norm(coarse - fine / 4) <= 40 * np.sqrt(128)
    assert np.linalg.norm(coarse - fine / 4) > 0


@pytest.mark.parametrize(
    ("name", "dropped", "text"),
    [
        ("tiny-rnn", 1, "must have one linear layer with a transform"),
        ("copy-1000-hadamard", 11, "cannot be 1"),
    ],
)
def test_refused(name, dropped, text):
    with pytest.raises(InputError, match=text):
        coarser(find_model(name), dropped)
