"""Transforms of h: what is measured of them."""

import pytest

from pascaline.measure.transforms import compare_transforms
from pascaline.spec.errors import InputError


def test_of_512_numbers():
    """What the documentation says of them."""
    found = compare_transforms(512)
    rows = {one["butterflies"]: one for one in found["transforms"]}
    assert list(rows) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 2304]
    folded, whole = rows[16], rows[2304]
    assert (folded["adders"], folded["cycles"]) == (32, 144)
    assert folded["step_cycles"] == {1: 166, 2: 144}
    assert folded["step_utilisation"][2] == 1
    assert (whole["adders"], whole["cycles"]) == (4608, 1)


def test_number_that_there_is_not():
    with pytest.raises(InputError, match="--butterflies: must be some of 1, 2, 4, 12, not 3"):
        compare_transforms(8, butterflies=[3])
