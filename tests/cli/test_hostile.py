"""A few hostile inputs of every format; ``fuzz --files`` tries as many as one likes."""

import json
import sys

import pytest

from pascaline.cli.hostile import FORMATS
from pascaline.measure.hostile import OUTCOMES


def test_every_format(pascaline):
    status, out, err = pascaline("fuzz", "--files", 4, "--format", "all", "--jobs", 2, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found["formats"].keys() | found["skipped"].keys() == FORMATS.keys()
    assert found["failures"] == []
    for tried in found["formats"].values():
        assert tried["tried"] == 4 == sum(tried[outcome] for outcome in OUTCOMES[:2])


def test_a_format_whose_library_is_missing_is_skipped_with_a_word(pascaline, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr("pascaline.cli.fuzz_files.find_spec", lambda _: None)
    words = ("fuzz", "--files", 4, "--format", "onnx", "--format", "toml")
    status, out, _ = pascaline(*words)
    assert status == 0
    assert "onnx: skipped, onnx is not installed" in out


def test_a_failure_says_how_to_see_it_again(pascaline, monkeypatch):
    def fail(*_, **__):
        from pascaline.measure.hostile import Tried

        found = Tried()
        found.add([(7, "tokens", "traceback", "KeyError: 1"), (8, "tokens", "right", "")], 1.0)
        return {"csv": found}

    monkeypatch.setattr("pascaline.cli.fuzz_files.try_inputs", fail)
    status, out, err = pascaline("fuzz", "--files", 2, "--format", "csv", "--seed", 7)
    assert status == 1
    assert "1 failures" in out
    again = "again: pascaline fuzz --files 1 --format csv --seed 7"
    assert err == f"csv: tokens: traceback: KeyError: 1 ({again})\n"


def test_formats_are_of_files(pascaline):
    assert pascaline("fuzz", "--format", "npz")[::2] == (2, "pascaline: --format: needs --files\n")


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_seed_is_the_same_input(name, tmp_path):
    from random import Random

    form = FORMATS[name]
    if form.needs is not None:
        pytest.importorskip(form.needs)
    form.prepare()
    made = []
    for at in ("a", "b"):
        (tmp_path / at).mkdir()
        attempt = form.draw(Random(3), tmp_path / at)
        made.append(attempt.mutation)
    assert made[0] == made[1]
