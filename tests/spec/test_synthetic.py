"""Random models: their gates swing, whatever the cell."""

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.tensors import tensor_specs
from tests.golden.networks import CELLS, draw, model
from tests.models import same_scales


@pytest.mark.parametrize("name", CELLS)
def test_nothing_sticks(name, rng):
    made = model([CELLS[name] | {"hidden": 40}], inputs=20)
    layer, pre, h = made.network.layer, [], []

    def see(index, direction, step, seen):
        pre.append(seen.pre * layer.pre.lsb)
        h.append(seen.h * layer.h.lsb)

    Golden(made).run(draw(made, rng, *8 * [30]), watch=see)
    assert 0.4 < np.std(pre) < 2.5
    moves = np.abs(np.diff(h, axis=0)).mean(axis=(0, 1))
    assert np.median(moves) > 0.03
    assert (np.abs(pre) * 1.01 > layer.pre.interval.hi * layer.pre.lsb).mean() < 0.02


def test_weights_are_all_that_there_are():
    made = model([{"weights_x": "exp3", "weights_h": "binary"}], inputs=20)
    for name, spec in tensor_specs(made.network).items():
        if isinstance(spec.values, Arithmetic):
            assert np.array_equal(np.unique(made.tensors[name]), spec.values.values)


def test_shared_scales_are_those_of_each_direction():
    made = model([{"bidirectional": True}, {"kind": "gru"}], shared_scale=True)
    assert all(same_scales(one) for directions in made.directions for one in directions)
