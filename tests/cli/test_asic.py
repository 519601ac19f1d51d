"""``report --target asic``: what is printed, and what is refused."""

import json

import pytest

from pascaline.sim.job import Outcome
from tests.liberty import GATES, library, opensta, osu018


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--target asic", "--target asic: needs --liberty FILE"),
        ("--liberty {tmp}/small.lib", "--liberty: needs --target asic"),
        ("--power-steps 2", "--power-steps: needs --target asic"),
        (
            "--target asic --liberty {tmp}/small.lib --power-steps 0",
            "Invalid value for '--power-steps': 0 is not in the range 1<=x<=100000.",
        ),
        ("--target ecp5 --dont-use X*", "--dont-use: needs --target asic"),
        (
            "--target asic --liberty {tmp}/none.lib",
            "{tmp}/none.lib: no such file",
        ),
        ("--target asic --liberty {tmp}", "{tmp}: cannot be read (Is a directory)"),
        (
            "--target asic --liberty {tmp}/half.lib",
            "{tmp}/half.lib: must be a Liberty file (Syntax error in liberty file on line",
        ),
        (
            "--target asic --liberty {tmp}/small.lib --dont-use X*",
            "dont-use: must match a cell of small.lib, not 'X*'",
        ),
        (
            "--target asic --liberty {tmp}/small.lib --clock 0",
            "Invalid value for '--clock': 0.0 is not in the range x>0.",
        ),
        (
            "--target asic --liberty {tmp}/small.lib --pnr",
            "--pnr: needs --target ecp5 or ice40, not 'asic'",
        ),
    ],
)
def test_one_line_and_status_2(pascaline, tmp_path, words, text):
    (tmp_path / "small.lib").write_text(library(*GATES))
    (tmp_path / "half.lib").write_text(library(*GATES)[:-30])
    words = [word.format(tmp=tmp_path) for word in words.split()]
    status, out, err = pascaline("report", "tiny-binary", *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"pascaline: {text.format(tmp=tmp_path)}"), err
    assert err.count("\n") == 1


@pytest.fixture
def words():
    return ["report", "tiny-ternary", "--target", "asic", "--liberty", osu018()]


def test_json(pascaline, words):
    status, out, _ = pascaline(*words, "--clock", 50, "--json")
    assert status == 0
    shown = json.loads(out)
    assert shown["area"]["area_um2"] > shown["by_part"]["lanes"]["area_um2"] > 0
    assert shown["liberty"]["file"] == "osu018_stdcells.lib"
    assert len(shown["liberty"]["sha256"]) == 16
    assert shown["clock_mhz"] == 50
    if shown["opensta_version"] is not None:
        assert shown["slack_ns"] == pytest.approx(20 - shown["critical_path"]["ns"])


def test_without_opensta(pascaline, words, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    status, out, _ = pascaline(*words)
    assert status == 0
    assert "no timing and no power: OpenSTA is not installed (apt install opensta)" in out
    shown = json.loads(pascaline(*words, "--json")[1])
    for key in ("slack_ns", "critical_path", "opensta_version", "power_mw", "energy_per_step_nj"):
        assert shown[key] is None


def test_power(pascaline, words):
    opensta()
    status, out, _ = pascaline(*words, "--power-steps", 2, "--clock", 10, "--json")
    assert status == 0
    shown = json.loads(out)
    assert shown["gate_level"]["mismatches"] == 0
    assert shown["gate_level"]["values"] > 2 * 7  # Both halves of the state of 7 units.
    assert 0 < shown["power_mw"] < 1000
    cycles = shown["cycles_per_step"]
    assert shown["energy_per_step_nj"] == pytest.approx(shown["power_mw"] * cycles / 10)
    assert shown["energy_per_inference_nj"] is None  # Random inputs have no length.


def test_gates_that_are_wrong(pascaline, words, monkeypatch):
    opensta()
    outcome = Outcome(values=1, mismatches=1, faults=["o: data[0] is 1, must be 2"])
    monkeypatch.setattr("pascaline.measure.power.record", lambda *_: (outcome, None))
    status, out, err = pascaline(*words, "--power-steps", 3)
    assert (status, out) == (2, "")
    assert "the gates of tiny_ternary: fail: o: data[0] is 1, must be 2" in err
