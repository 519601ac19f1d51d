"""Two results side by side, and their page."""

import json

import pytest

from pascaline.measure.compared import Stored, compare
from pascaline.pages.sides import page, side_table
from pascaline.spec.errors import InputError
from tests.pages.test_page import Checker


def compared(first, second):
    sides = [Stored.parse(json.dumps(one), thing="it") for one in (first, second)]
    return compare(*sides) | {"command": "pascaline compare a.json b.json"}


def test_figures(counted):
    other = counted | {"area": counted["area"] | {"gate_equivalents": 1}, "cycles_per_step": 10**6}
    found = compared(counted, other)
    rows = {row["what"]: row for row in found["rows"]}
    area = counted["area"]["gate_equivalents"]
    assert rows["area, gate equivalents"] == {
        "what": "area, gate equivalents",
        "values": [area, 1],
        "ratio": 1 / area,
        "better": 1,
    }
    assert rows["cycles a step"]["better"] == 0
    assert rows["memory bits"]["better"] is None
    assert "clock, MHz" not in rows
    text = page(json.loads(json.dumps(found)))
    assert text == page(found)
    assert "Take A for cycles a step; take B for area, gate equivalents" in text
    Checker(text)


def test_what_is_known_of_one_alone_is_no_better(counted, timed):
    rows = {row["what"]: row for row in compared(counted, timed)["rows"]}
    assert rows["clock, MHz"]["values"] == [None, pytest.approx(1000 / 8.97581)]
    assert rows["clock, MHz"]["better"] is rows["clock, MHz"]["ratio"] is None
    assert "better in anything" in page(compared(counted, counted))


def test_areas_of_two_units_have_no_ratio(counted, placed):
    [row] = [row for row in compared(counted, placed)["rows"] if row["what"].startswith("area")]
    assert row["ratio"] is row["better"] is None


def test_adders_of_wired_weights(counted, wired):
    count = wired["cores"][0]["step"]["adders"]["adders"]
    rows = {row["what"]: row for row in compared(counted, wired)["rows"]}
    assert rows["adders of wired weights"]["values"] == [None, count]
    assert "adders of wired weights" not in {
        row["what"] for row in compared(counted, counted)["rows"]
    }


def test_more_right_is_better(counted):
    scores = [{"accuracy": {"integer": {"correct": right, "total": 10}}} for right in (8, 9)]
    shown = side_table(compared(*(counted | score for score in scores)))
    assert shown.rows[0] == ["right, %", "80", "90", "1.12", "B"]


def test_command(pascaline, counted, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(counted))
    words = ["compare", path, path]
    status, out, err = pascaline(*words, "--json", "--html", tmp_path / "page.html")
    assert (status, err) == (0, "")
    assert page(json.loads(out)) == (tmp_path / "page.html").read_text()
    other = tmp_path / "b.json"
    other.write_text(json.dumps(counted | {"command": "pascaline report net --units 2"}))
    out = pascaline("compare", path, other)[1]
    assert f"A: {counted['command']}\n" in out
    assert "B: pascaline report net --units 2\n" in out
    path.write_text('{"model": "net"}')
    status, out, err = pascaline(*words)
    assert (status, out, err) == (2, "", f"pascaline: {path}: target: field required\n")


def test_a_result_lacks_what_is_compared(counted):
    with pytest.raises(InputError, match=r"^it: cycles_per_step: .* greater than 0"):
        Stored.parse(json.dumps(counted | {"cycles_per_step": 0}), thing="it")
