"""Normalisers against Python integers, for any number of operands."""

import numpy as np
import pytest

from pascaline.golden.normalisers import NORMALISERS as GOLDEN
from pascaline.golden.standard import Standardised, bit_length
from pascaline.hdl.normalisers import NORMALISERS as HARDWARE
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval
from pascaline.spec.normalisers import NORMALISERS
from pascaline.spec.normalisers.layernorm import LayerNorm
from tests.golden.oracle import down, standardised
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


@pytest.mark.parametrize("hidden", [1, 2, 3, 7, 8, 9, 64, 100])
@pytest.mark.parametrize("spread", ["mad", "rms"])
def test_standardised(spread, hidden, rng):
    for _ in range(12):
        norm = LayerNorm(
            spread=spread,
            mean_frac=int(rng.integers(5)),
            mantissa=int(rng.integers(4, 13)),
            normal=Format(width=int(rng.integers(6, 25)), frac=int(rng.integers(4, 13))),
        )
        # Up to sums that need more than 64 bits, with spreads from nothing to all of the range.
        most = int(2 ** rng.uniform(1, 36))
        apart = int(most ** rng.uniform())
        mean = rng.integers(apart - most, most - apart, endpoint=True)
        sums = rng.integers(mean - apart, mean + apart, (3, 2 * hidden), endpoint=True)
        found = Standardised(norm.standard(hidden), Interval(-most, most))(sums)
        assert found.shape == sums.shape
        for place in range(3):
            for gate in (slice(hidden), slice(hidden, None)):
                assert found[place, gate].tolist() == standardised(norm, sums[place, gate].tolist())


@pytest.mark.parametrize("spread", ["mad", "rms"])
@pytest.mark.parametrize("hidden", [96, 128, 200])
def test_standardised_sums_are_deviations_in_parts_of_the_spread(spread, hidden, rng):
    norm = LayerNorm(spread=spread, mantissa=12)
    sums = np.round(rng.normal(500, 300, (20, hidden))).astype(np.int64)
    apart = sums - sums.mean(axis=1, keepdims=True)
    by = np.abs(apart).mean(1) if spread == "mad" else np.sqrt((apart**2).mean(1))
    normal = Standardised(norm.standard(hidden), Interval(-5000, 5000))(sums)
    found = normal * norm.normal.lsb * norm.factor(hidden)
    assert np.abs(found - apart / by[:, None]).max() < 3 * norm.factor(hidden) * norm.normal.lsb


@pytest.mark.parametrize("spread", ["mad", "rms"])
def test_equal_sums_are_0_when_standardised(spread):
    standard = LayerNorm(spread=spread).standard(12)
    sums = np.full((1, 12), -77)
    assert not Standardised(standard, Interval(-100, 100))(sums).any()


def test_bit_length(rng):
    ends = [0, *(2**k + more for k in range(1, 63) for more in (-1, 0, 1))]
    assert bit_length(np.array(ends)).tolist() == [value.bit_length() for value in ends]
    wide = np.array([0, 1, 2**80 - 1, 2**80], dtype=object)
    assert bit_length(wide).tolist() == [0, 1, 80, 81]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"normal": {"width": 12, "frac": 8, "signed": False}}, "normal must be a signed format"),
        ({"normal": {"width": 25, "frac": 8}}, "normal.width must be 3 to 24, not 25"),
        ({"normal": {"width": 8, "frac": 3}}, "normal.frac must be at least 4, not 3"),
    ],
)
def test_refused(fields, message):
    with pytest.raises(InputError, match=message):
        LayerNorm.parse(fields, thing="norm")


def test_not_with_a_transform():
    with pytest.raises(InputError, match="normaliser must be affine with a transform"):
        make_network(layer={"normaliser": {"kind": "layernorm"}, "recurrent": "walsh"})
