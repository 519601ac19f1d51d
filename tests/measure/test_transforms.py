"""Transforms of h: what is measured of them."""

import pytest

from pascaline.measure.transforms import compare_transforms
from pascaline.spec.errors import InputError
from pascaline.synth.targets import target


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


def test_area_of_a_small_one():
    found = compare_transforms(8, width=4, butterflies=[2, 12], found=target("generic"))
    folded, whole = found["transforms"]
    assert (folded["area_of"], whole["area_of"]) == ("transform", "butterflies")
    assert found["lanes"]["area"] > whole["area"] > 0
    # A level of two pairs waits for what the level before has made.
    assert folded["cycles"] == 12
    assert folded["same_throughput"] * 12 == pytest.approx(found["lanes"]["area"], abs=12)


def test_number_that_there_is_not():
    with pytest.raises(InputError, match="--butterflies: must be some of 1, 2, 4, 12, not 3"):
        compare_transforms(8, butterflies=[3])
