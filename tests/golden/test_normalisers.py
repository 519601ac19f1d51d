"""Normalisers against Python integers, for any number of operands."""

import pytest

from pascaline.golden.normalisers import NORMALISERS as GOLDEN
from pascaline.hdl.normalisers import NORMALISERS as HARDWARE
from pascaline.spec.normalisers import NORMALISERS
from tests.golden.oracle import down
from tests.models import make_network

ROWS = 5


def test_every_normaliser_has_its_model_and_its_hardware():
    assert list(NORMALISERS) == list(GOLDEN) == list(HARDWARE)
    assert all(kind.model_fields["kind"].default == name for name, kind in NORMALISERS.items())


@pytest.mark.parametrize("names", [["x"], ["x", "h"], ["a", "b", "c"]])
@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("shift", [0, 1, 9])
def test_affine(names, equal, shift, rng):
    layer = make_network(layer={"normaliser": {"shift": shift}}).layer
    reach = 1 << shift
    scales = {name: rng.integers(-9, 9, ROWS, endpoint=True) for name in names}
    if equal:
        scales = dict.fromkeys(names, scales[names[0]])
    bias = rng.integers(-100 * reach, 100 * reach, ROWS)
    sums = {name: rng.integers(-70 * reach, 70 * reach, (20, ROWS)) for name in names}
    bounds = {name: [70 * reach] * ROWS for name in names}
    found = GOLDEN["affine"](layer, scales, bounds, bias)(sums)
    assert found.shape == (20, ROWS)
    for row in range(ROWS):
        for place in range(20):
            total = sum(int(scales[name][row]) * int(sums[name][place, row]) for name in names)
            assert found[place, row] == down(total + int(bias[row]), shift, layer.pre)
