"""Sound in WAV files: every kind of sample, and every refusal with its line."""

import struct
import wave

import numpy as np
import pytest

from pascaline.data import wav as module
from pascaline.data.wav import read_wav
from pascaline.spec.errors import InputError
from tests.waves import tone, wav


def put(folder, content, name="x.wav"):
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i2", "i3", "i4", "f4", "f8"])
def test_samples_come_back(tmp_path, kind, extensible):
    samples = np.append(tone(500), [-1, 0, 0.5])
    found = read_wav(put(tmp_path, wav(samples, kind=kind, extensible=extensible)))
    step = 1e-7 if kind.startswith("f") else 2.0 ** (1 - 8 * int(kind[1]))
    assert found.rate == 8000
    assert found.samples[-3:].tolist() == [-1, 0, 0.5]
    np.testing.assert_allclose(found.samples, samples, atol=step / 2)


def test_a_file_of_the_standard_library(tmp_path):
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setparams((1, 2, 11_025, 0, "NONE", ""))
        file.writeframes(struct.pack("<3h", 0, 16_384, -32_768))
    found = read_wav(tmp_path / "x.wav")
    assert (found.samples.tolist(), found.rate) == ([0, 0.5, -1], 11_025)


def test_channels_become_their_mean(tmp_path):
    left, right = tone(300), np.zeros(300)
    path = put(tmp_path, wav(np.stack([left, right], axis=1), kind="f8"))
    with pytest.warns(UserWarning, match=r"^sound of 2 channels: their mean is taken$"):
        found = read_wav(path)
    np.testing.assert_allclose(found.samples, left / 2, rtol=1e-15)


def test_other_chunks_are_passed_over(tmp_path):
    before = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    found = read_wav(put(tmp_path, wav([0.5, -0.5], before=before)))
    assert found.samples.tolist() == [0.5, -0.5]


def test_a_file_from_a_pipe_has_no_known_length(tmp_path):
    found = read_wav(put(tmp_path, wav([0.5, -0.5], size=0xFFFF_FFFF)))
    assert found.samples.tolist() == [0.5, -0.5]


GOOD = wav([0.5, -0.5])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "must be a WAV file (it does not begin with RIFF and WAVE)"),
        (b"RIFX" + GOOD[4:], "must be a WAV file (it does not begin with RIFF and WAVE)"),
        (GOOD[:20], "must be a WAV file (it is cut off: 16 bytes of b'fmt ' are 0)"),
        (GOOD[:-1], "must be a WAV file (it is cut off: 4 bytes of b'data' are 3)"),
        (GOOD[:36], "must be a WAV file (it has no data)"),
        (wav([]), "data: must be whole frames of 2 bytes, and at least one, not '0 bytes'"),
        (wav([0.5], tag=6), "format: must be whole numbers (1) of 8, 16, 24 or 32 bits, or"),
        (wav([0.5], bits=12), "or floats (3) of 32 or 64, not '1 of 12'"),
        (wav([0.5], channels=0), "channels: must be 1 to 16, not 0"),
        (wav([0.5], rate=1), "rate: must be 4,000 to 384,000 Hz, not 1"),
        (wav([0.5], align=4), "frame: must have 2 bytes, not 4"),
        (wav([[0, 0]], align=4)[:-2], "must be a WAV file (it is cut off: 4 bytes of b'data'"),
        (
            wav(np.zeros(2_400_001), rate=4000, kind="u1"),
            "data: must be at most 600 s, not '600.0 s'",
        ),
        (wav([0, np.nan], kind="f4"), "sample 1: must be a number, -8 to 8, not 'nan'"),
        (wav([3000.0], kind="f8"), "sample 0: must be a number, -8 to 8, not '3000'"),
    ],
)
def test_what_is_refused(tmp_path, content, line):
    path = put(tmp_path, content)
    with pytest.raises(InputError) as error:
        read_wav(path)
    assert str(error.value).startswith(f"{path}: ")
    assert line in str(error.value)


def test_an_enormous_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_SOUND", 40)
    with pytest.raises(InputError, match=r"x\.wav: must have at most 40 bytes, not '48'$"):
        read_wav(put(tmp_path, GOOD))
