"""Attention: what is measured of it."""

import pytest

from pascaline.measure.attention import LENGTHS, compare_attention, softmax_error
from pascaline.spec.attention import Attention
from pascaline.synth.targets import target


@pytest.mark.parametrize("steps", LENGTHS)
def test_weights_are_near_those_of_a_softmax(steps):
    assert max(softmax_error(Attention(), steps, trials=2).values()) <= 2**-7


def test_coarse_weights_are_farther_away():
    coarse = Attention(bits=4, score={"width": 6, "frac": 2})
    errors = [max(softmax_error(one, 10, trials=5).values()) for one in (Attention(), coarse)]
    assert errors[1] > 8 * errors[0]


def test_attention_hides_behind_the_layer():
    """What the documentation says of 128 and 256 units."""
    found = compare_attention((128, 256), inputs=64, cell="lstm", bidirectional=True, trials=0)
    for one, steps, pace in zip(found["sizes"], (192, 640), (37, 69), strict=True):
        assert one["step_cycles"] == {"none": steps, "attention": steps}
        assert (one["added"], one["pace"]) == (0, pace)


def test_area_grows_with_what_is_side_by_side():
    options = {"inputs": 2, "cell": "rnn", "units": 2, "trials": 0, "found": target("generic")}
    areas = [
        compare_attention((4,), simd=simd, longest=4, **options)["sizes"][0]["area"]
        for simd in (1, 2)
    ]
    assert 0 < areas[0] < areas[1]
