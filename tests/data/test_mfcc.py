"""Features of sound: against plain Python, against another program, and in folders."""

import cmath
import math

import numpy as np
import pytest

from pascaline.data.folder import read_folder
from pascaline.data.mfcc import mfcc, wav_features
from pascaline.data.resample import resample
from pascaline.data.unlabelled import read_unlabelled
from pascaline.spec.errors import InputError
from tests.waves import tone, wav

THEIRS = {
    0: (-264.434, -3.796, 12.132, 0.67, -14.839, -34.1, -41.66, -52.955, -21.419, -3.954, 7.148,
        5.068, 11.494),
    7: (-212.387, -20.647, -63.268, -37.747, 35.924, 50.782, -15.295, -53.772, -12.825, 29.719,
        13.538, -36.027, -31.53),
    15: (-283.654, -59.821, -25.36, 6.511, 0.763, -15.87, 10.185, -1.251, -1.308, 23.858, 12.181,
         -24.729, -1.449),
}  # fmt: skip
"""Frames of `tone` by `torchaudio.transforms.MFCC(sample_rate=8000, n_mfcc=13)`, 2.11."""


def test_another_program_has_the_same():
    found = mfcc(tone())
    assert (found.shape, found.dtype) == ((16, 13), np.float32)
    for frame, wanted in THEIRS.items():
        np.testing.assert_allclose(found[frame], wanted, atol=2e-3)


def plain(samples):
    """The formula of the module's docstring, number by number."""
    s = list(samples)
    mirrored = [*s[200:0:-1], *s, *s[-2:-202:-1]]
    corners = [
        700 * (10 ** (2595 * math.log10(1 + 4000 / 700) * m / 129 / 2595) - 1) for m in range(130)
    ]
    levels = []
    for k in range(1 + len(s) // 200):
        windowed = [
            mirrored[200 * k + n] * (1 - math.cos(2 * math.pi * n / 400)) / 2 for n in range(400)
        ]
        power = [
            abs(sum(w * cmath.exp(-2j * math.pi * f * n / 400) for n, w in enumerate(windowed)))
            ** 2
            for f in range(201)
        ]
        row = []
        for left, middle, right in zip(corners, corners[1:], corners[2:], strict=False):
            slopes = [
                max(0, min((20 * f - left) / (middle - left), (right - 20 * f) / (right - middle)))
                for f in range(201)
            ]
            energy = sum(p * slope for p, slope in zip(power, slopes, strict=True))
            row.append(10 * math.log10(max(energy, 1e-10)))
        levels.append(row)
    top = max(map(max, levels))
    return [
        [
            sum(
                max(level, top - 80) * math.cos(math.pi * j * (m + 0.5) / 128)
                for m, level in enumerate(row)
            )
            * math.sqrt((1 if j == 0 else 2) / 128)
            for j in range(13)
        ]
        for row in levels
    ]


def test_the_formula():
    samples = tone(250)
    np.testing.assert_allclose(mfcc(samples), plain(samples), rtol=1e-5, atol=1e-4)


def test_silence_at_the_ends_does_not_count():
    samples = tone()
    silent = np.concatenate([np.zeros(700), samples, np.full(333, 1e-6)])
    assert np.array_equal(mfcc(silent), mfcc(samples))


@pytest.mark.parametrize(
    ("samples", "line"),
    [
        (np.zeros(8000), "sound: must have at least 201 samples at 8,000 Hz that are not silence"),
        (np.ones(200), "not silence, not 200"),
    ],
)
def test_too_little_sound_is_refused(samples, line):
    with pytest.raises(InputError, match=line):
        mfcc(samples)


def test_the_file_is_named(tmp_path):
    path = tmp_path / "quiet.wav"
    path.write_bytes(wav(np.zeros(300)))
    with pytest.raises(InputError, match=r"quiet\.wav: must have at least 201 samples"):
        wav_features(path)


@pytest.mark.filterwarnings("ignore:sound")
def test_a_file_of_another_rate_is_resampled(tmp_path):
    path = tmp_path / "fast.wav"
    path.write_bytes(wav(tone(6000), rate=16_000, kind="f8"))
    assert np.array_equal(wav_features(path), mfcc(resample(tone(6000), 16_000, 8000)))


def test_folders_of_sound(tmp_path):
    for name, samples in {
        "a/1": tone(),
        "a/2": tone(2000),
        "b/1": tone(900),
        "b/2": tone(800),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.wav").write_bytes(wav(samples))
    folder = read_folder(tmp_path)
    assert (folder.inputs, folder.classes, len(folder.part)) == (13, ("a", "b"), 4)
    assert [len(one) for one in read_unlabelled(tmp_path)] == [16, 11, 5, 5]
