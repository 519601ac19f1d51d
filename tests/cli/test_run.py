"""``run``: what users see of a file."""

import json

import numpy as np
import pytest

from pascaline.data import mfcc
from pascaline.data.wav import read_wav
from pascaline.spec.modelfile import write_model
from tests.measure.test_recognition import HEAD, carded
from tests.models import make_model
from tests.sim.machines import tool_of
from tests.waves import tone, wav


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"data": {"names": ["yes", "no", "[red]"]}}
    write_model(carded(make_model(inputs=13, head=HEAD), **names), tmp_path / "m.safetensors")
    (tmp_path / "x.wav").write_bytes(wav(tone()))
    np.savez(tmp_path / "two.npz", a=np.ones((3, 13)), b=-np.ones((2, 13)))


def cells(line):
    return [cell for cell in line.split("  ") if cell.strip()]


def test_sound(made, pascaline):
    status, out, err = pascaline("run", "m.safetensors", "x.wav", "--every", 10)
    rows = [list(map(str.strip, cells(line))) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert ["seconds", "class", "margin"] in rows
    assert [row[0] for row in rows if row and " - " in row[0]] == ["0.000 - 0.250", "0.000 - 0.400"]


def test_verilog_beside_it(made, pascaline):
    tool_of("icarus")
    words = ("m.safetensors", "two.npz", "--sim", "icarus", "--units", 2)
    status, out, err = pascaline("run", *words)
    assert (status, err) == (0, "")
    assert out.count("equal") == 3
    assert "icarus: 4 of 4 output values equal to golden, " in out


def test_json(made, pascaline):
    status, out, err = pascaline("run", "m.safetensors", "two.npz", "--json")
    found = json.loads(out)
    assert (status, err, found.keys()) == (0, "", {"model", "file", "answers"})
    assert (found["model"], found["file"]) == ("test", "two.npz")
    assert [one["steps"] for one in found["answers"]] == [[0, 3], [0, 2]]
    assert [one["verilog"] for one in found["answers"]] == [None, None]


def test_what_is_cut_is_said(made, pascaline):
    np.save("loud.npy", np.array([[300.0] * 13, [0.0] * 13] + [[1.0] * 13] * 8))
    status, out, err = pascaline("run", "m.safetensors", "loud.npy")
    assert (status, err) == (0, "")
    assert "10.00% of inputs (13 of 130) are beyond x (Q0.7), up to 1.2 times as far" in out
    found = json.loads(pascaline("run", "m.safetensors", "loud.npy", "--json")[1])
    assert found["cut"] == {"cut": 13, "total": 130, "factor": 1.2}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("gone.wav",), "gone.wav: no such file or folder"),
        (("x.wav", "--units", 2), "--sim: must be given with options of a machine"),
        (("m.safetensors",), "m.safetensors: must end with .npy, .csv, .npz, .wav, not"),
    ],
)
def test_what_is_refused(made, pascaline, words, line):
    status, out, err = pascaline("run", "m.safetensors", *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"pascaline: {line}")
    assert err.count("\n") == 1


def test_a_file_of_sound_is_read_once(made, pascaline, monkeypatch):
    read = []
    monkeypatch.setattr(mfcc, "read_wav", lambda path: read.append(path) or read_wav(path))
    assert pascaline("run", "m.safetensors", "x.wav")[0] == 0
    assert len(read) == 1


def test_silence_is_said_and_seconds_are_those_of_the_file(made, pascaline, tmp_path):
    sound = np.concatenate([np.zeros(4000), tone(), np.zeros(2000)])
    (tmp_path / "quiet.wav").write_bytes(wav(sound))
    status, out, err = pascaline("run", "m.safetensors", tmp_path / "quiet.wav")
    assert (status, err) == (0, "")
    assert "silence is left out: 0.500 s at the start, 0.250 s at the end" in out
    [row] = [line for line in out.splitlines() if " - " in line]
    assert row.split()[0] == "0.500"
