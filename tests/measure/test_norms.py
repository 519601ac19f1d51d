"""Layer norm: what is measured of it."""

from pascaline.measure.norms import SPREADS, compare_norms
from pascaline.synth.targets import target


def test_a_second_stream_hides_it():
    """What the documentation says of 512 units."""
    for simd, none, mad, rms in (
        (16, {1: 1152, 2: 1152}, {1: 2196, 2: 1152}, {1: 2206, 2: 1152}),
        (32, {1: 586, 2: 576}, {1: 1118, 2: 576}, {1: 1128, 2: 576}),
    ):
        found = compare_norms(512, inputs=64, cell="lstm", simd=simd)["norms"]
        assert [one["spread"] for one in found] == list(SPREADS)
        assert [one["step_cycles"] for one in found] == [none, mad, rms]


def test_that_of_the_cell_takes_as_long_once_more():
    """Two streams have no time to hide both, three do."""
    found = compare_norms(512, inputs=64, cell="lstm", normalise_cell=True)["norms"]
    assert [one["step_cycles"] for one in found] == [
        {1: 1152, 2: 1152, 3: 1152},
        {1: 3230, 2: 1615, 3: 1152},
        {1: 3247, 2: 1623.5, 3: 1152},
    ]


def test_area_of_a_small_one():
    options = {"cell": "rnn", "units": 2, "simd": 2, "found": target("generic")}
    none, mad, rms = compare_norms(6, inputs=2, **options)["norms"]
    assert "area" not in none
    assert 0 < mad["area"] < rms["area"]
