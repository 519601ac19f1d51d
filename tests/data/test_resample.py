"""Sound at another rate: tones stay what they are, or vanish."""

import numpy as np
import pytest

from pascaline.data.resample import PASSED, resample
from pascaline.data.wav import Sound

EDGE = 400
"""Samples at the ends, where there is silence beyond."""


def sine(frequency, rate, count):
    return np.sin(2 * np.pi * frequency * np.arange(count) / rate)


@pytest.mark.parametrize("rate", [4001, 6000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_tones_pass_up_to_the_edge(rate):
    top = PASSED * min(rate, 8000) / 2
    for frequency in (100, top / 2, top):
        found = resample(sine(frequency, rate, rate // 2), rate, 8000)
        wanted = sine(frequency, 8000, len(found))
        assert len(found) == -(-(rate // 2) * 8000 // rate)
        assert np.abs(found - wanted)[EDGE:-EDGE].max() < 1e-4


@pytest.mark.parametrize("rate", [11_025, 16_000, 44_100])
def test_tones_that_do_not_fit_vanish(rate):
    for frequency in (4001, rate / 2 - 200):
        found = resample(sine(frequency, rate, rate // 2), rate, 8000)
        assert np.abs(found)[EDGE:-EDGE].max() < 1e-4


def test_the_same_rate_is_the_same_sound():
    samples = sine(440, 8000, 100)
    assert resample(samples, 8000, 8000) is samples


@pytest.mark.parametrize(
    ("rate", "line"),
    [
        (44_100, "sound at 44,100 Hz is brought to 8,000 Hz: above 3,640 Hz it is lost"),
        (6000, "sound at 6,000 Hz is brought to 8,000 Hz: above 2,730 Hz there is nothing"),
    ],
)
def test_what_is_lost_is_said(rate, line):
    with pytest.warns(UserWarning, match=f"^{line}$"):
        assert Sound(np.zeros(rate), rate).at(8000).samples.shape == (8000,)
