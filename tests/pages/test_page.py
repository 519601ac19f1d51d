"""``report --html``: the page has all of the result, and needs nothing else."""

import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from pascaline.pages.decide import aspects, classes
from pascaline.pages.document import page
from pascaline.pages.explored import read_explored
from pascaline.pages.figures import key_figures
from pascaline.pages.steps import busy, formula, rows, starts, ticks, window
from pascaline.pages.tables import remarks, tables
from pascaline.pages.words import number
from pascaline.spec.errors import InputError
from tests.cli.test_pnr import PLACED
from tests.pages.results import explored, made, made_of_wires
from tests.spec.test_timeline import random_design

VOID = {"meta", "link"}


class Checker(HTMLParser):
    """Ends each element, in the right order, and has each name once."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.used, self.text = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(set(self.ids)) == len(self.ids)
        assert set(self.used) <= set(self.ids)

    def handle_starttag(self, tag, attrs):
        self._attributes(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self._attributes(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)

    def _attributes(self, attrs):
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value)
            self.used += re.findall(r"url\(#([^)]+)\)", value or "")
            if name == "aria-labelledby":
                self.used += value.split()
            if name in ("href", "xlink:href", "src"):
                assert value.startswith(("#", "data:")), value
                self.used += [value[1:]] if value.startswith("#") else []


def numbers(value):
    """All numbers in a result but those that are drawn, in the ways to write them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "timeline" and (name, type(inner)) != ("utilisation", float):
                yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield {number(value), str(value)}


@pytest.mark.parametrize("kind", ["placed", "counted", "timed", "normed", "wired"])
def test_all_of_the_result_is_there(kind, request):
    result = request.getfixturevalue(kind)
    found = Checker(page(result))
    text = " ".join(found.text)
    shown = set(re.findall(r"-?[\d,]*\d(?:\.\d+)?", text))
    for written in numbers(result):
        assert written & shown, written
    assert f"{100 * result['totals']['utilisation']:.1f}%" in text
    for words in (result["model"], result["target_title"], result["verilog_sha256"]):
        assert words in text
    assert "pascaline report net --html report.html" in text
    assert "pascaline explore net --target" in text


def test_precision_of_a_calibrated_model(counted):
    layer = {"cell": "LSTM", "snr": {"pre": 41.0, "c": 42.5, "h": 43.25}, "rows": 28}
    layer |= {"formats": {"cell": "Q5.10"}, "limits": {"cell": {"c": 0.0125}}}
    layer |= {"dead": {"weight_x": 1, "weight_h": 0}, "cut": {}, "coarse": None}
    found = {"sequences": 12, "steps": 3456, "bits": 12, "snr": 43.25, "results_snr": 40.0}
    found |= {"agreement": 98.765, "results": 12, "x": {"format": "Q2.9", "cut": 0.001}}
    found |= {"layers": [layer], "head": {"rows": 3, "dead": 0, "scaled": True}}
    found |= {"next_bit": [{"format": "h", "now": "Q0.11", "wider": "Q0.12", "gain": 1.5}]}
    found |= {"warnings": ["layer 0: 1 rows of weights have become 0"]}
    checker = Checker(page(counted | {"precision": found}))
    assert "precision" in checker.ids
    text = " ".join(checker.text)
    for part in ("43.2 dB", "98.77 % of 12", "Q5.10", "c 1.25 %", "1 of 56", "+1.50", "become 0"):
        assert part in text
    assert "precision" not in Checker(page(counted)).ids


def test_totals_are_equal(counted, placed):
    # The whole machine is rounded for itself, so it may differ from the sum of its parts.
    counted = counted | {"area": counted["area"] | {"gate_equivalents": 777_777}}
    for result, column in ((counted, "gate_equivalents"), (placed, "luts")):
        table = tables(result)[0]
        whole = table.rows[-1][table.columns.index(column.replace("_", " "))]
        if column == "gate_equivalents":
            assert whole == 777_777
            assert key_figures(result)[0][0] == "777,777"
            assert "777,777 gate equivalents" in aspects(result)[1].value
        else:
            assert whole == sum(part[column] for part in result["by_part"].values())


def point(**changed):
    """An aspect of a page by its name, of a result with changes."""
    return lambda result, name: next(one for one in aspects(result | changed) if one.name == name)


CONFUSED = [[9, 1, 0], [0, 4, 6], [0, 0, 0]]
SCORES = {"part": "held-out", "float": {"correct": 19, "total": 20}}
SCORES |= {"integer": {"correct": 13, "total": 20}, "unknown": None}


@pytest.mark.parametrize("adders", ["parallel", "serial"])
def test_what_is_said_follows_from_where_weights_live(adders, counted):
    wired = made_of_wires(adders)
    text = " ".join(Checker(page(wired)).text)
    text = text.replace("no weight memory", "")
    for words in (
        "weight memory",
        "lane tree",
        "12-bit multiplier",
        "--units",
        "lanes take",
        "Fewer lanes",
    ):
        assert words.lower() not in " ".join(text.lower().split())
    found = wired["cores"][0]["step"]["adders"]
    for name in ("adders", "unshared", "bits", "depth", "effort"):
        assert number(found[name]) in text
    assert "--weights rom,wired" in point()(wired, "Among others").advice
    assert "if rows shared none" in point()(wired, "Adders").value
    assert "weights: " in " ".join(remarks(wired))
    text = " ".join(Checker(page(counted)).text)
    assert "weight memory" in text
    assert "Adders" not in text


def test_accuracy_by_class(counted):
    names = ["one", "two", "three"]
    known = counted | {"accuracy": SCORES | {"classes": names, "confusion": CONFUSED}}
    found = point()(known, "Accuracy")
    assert "65.00 %" in found.value
    assert "95.00 %" in found.value
    assert "two, of which 40.0% are right; integers cost 30.0 points" in found.advice
    each, taken = classes(known)
    assert each.rows == [["one", 9, 10, "90.0%"], ["two", 4, 10, "40.0%"]]
    assert taken.rows[1] == ["two", "", 4, 6]
    Checker(page(known))
    unknown = SCORES | {"classes": [], "confusion": None, "unknown": "data: is elsewhere"}
    found = point(accuracy=unknown)(counted, "Accuracy")
    assert found.advice == "By class it is not known: data: is elsewhere."
    assert point()(counted, "Accuracy").value == "not known"


def test_its_place_among_others(counted):
    others = explored(counted)
    here = others["points"][-1] | {"area": 100, "cycles_per_step": 100}
    for area, cycles, says in (
        (100, 100, "none of 2"),
        (99, 100, "1 of 2"),
        (99, 101, "none of 2"),
    ):
        best = here | {"machine": {"units": 64}, "area": area, "cycles_per_step": cycles}
        found = point(explored=others | {"points": [best, here]})(counted, "Among others")
        assert found.value.startswith(says)
        assert ("--units 64" in found.advice) == says.startswith("1")
    found = point(explored=None)(counted, "Among others")
    assert found.value == "none were explored"
    assert "pascaline explore net --target generic" in found.advice


def test_a_clock_that_is_missed(timed):
    changes = [{"options": "--pipelined", "cycles_per_step": 30}]
    missed = {"asked_mhz": 150.0, "reached_mhz": 111.4, "faster": changes}
    found = point(missed=missed)(timed, "Speed")
    assert "150 MHz were asked for" in found.value
    assert found.advice == "Try --pipelined: at 150 MHz a step would take 200 ns."
    assert point()(timed, "Energy").value.startswith(
        "0.01205 nJ a step, without memories; 73.25 nJ"
    )


def test_same_result_same_bytes(placed, counted):
    for result in (placed, counted):
        first = page(result | {"explored": explored(result)})
        stored = json.loads(json.dumps(result))
        assert page(stored | {"explored": explored(result)}) == first


def test_drawings_are_well_formed(counted):
    text = page(counted | {"explored": explored(counted)})
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 5
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("role") == "img"
        assert next(iter(root)).text
    Checker(text)


HOSTILE = """<script>alert("1")</script>'"&amp;$x^2$"""


def test_names_are_only_names(timed, counted):
    timed["model"] = timed["target_title"] = timed["command"] = timed["script"] = HOSTILE
    timed["critical_path"] = timed["critical_path"] | {"start": HOSTILE}
    others = explored(counted, columns={"area": HOSTILE}, command=HOSTILE, model=HOSTILE)
    text = page(timed | {"explored": others})
    assert "<script" not in text
    found = Checker(text)
    assert "".join(found.text).count(HOSTILE) >= 6


@pytest.mark.parametrize("case", range(60))
def test_any_design_can_be_drawn(case, counted, monkeypatch):
    described = {"pascaline": "0", "tools": {}, "verilog_sha256": "0"}
    monkeypatch.setattr(
        "pascaline.measure.result.make_verilog", lambda _: SimpleNamespace(description=described)
    )
    design = random_design(np.random.default_rng(case), wired=case % 4 == 3)
    result = made({name: counted[name] for name in ("target", "by_part", "by_unit")}, design)
    for core, found in zip(design.cores, result["cores"], strict=True):
        period, steps = found["timeline"]["period"], found["timeline"]["steps"]
        for row in rows(found):
            assert all(bar.left >= 0 and bar.width > 0 for bar in row.bars)
            assert all(bar.left + bar.width <= 100.01 for bar in row.bars)
            assert row.cycles <= period
        by_name = {row.name: row for row in rows(found)}
        reads = [by_name[name].cycles for name in ("x read", "h read") if name in by_name]
        taken = max(reads) if core.wired and len(core.passes) == 1 else sum(reads)
        if not core.wired or len(core.passes) == 1:
            assert taken + by_name["wait"].cycles == period
        if not core.wired:
            assert taken == steps * core.program.step_words
        assert busy(found) <= 1
        assert ("bits" in by_name) == (core.wired and design.machine.adders == "serial")
        assert len(starts(found)) <= steps * len(core.passes)
        assert 1 <= len(ticks(period)) <= 6
        calculated = formula(found)
        assert calculated is not None or core.results == "every"
        if calculated is not None:
            assert eval(calculated) == found["step"]["cycles_per_step"]
    paces = [found["step"]["cycles_per_step"] for found in result["cores"]]
    assert result["cycles_per_step"] >= max(paces)


def test_many_tiles_are_not_all_drawn(counted):
    timeline = {"period": 800, "steps": 1, "spans": {}}
    for name, start in (("x read", 0), ("h read", 3), ("drain", 9)):
        timeline["spans"][name] = [[8 * t + start, 8 * t + start + 3] for t in range(100)]
    passes = [{"layer": 0, "phase": 0, "chunks": 6, "waits": True}]
    step = counted["cores"][0]["step"] | {"tiles": 100, "passes": passes}
    core = {"timeline": timeline, "step": step}
    result = counted | {"cores": [core]}
    assert window(core) == 24 * 8
    for row in rows(core):
        assert (row.cycles, len(row.bars)) == (300, 24 + 1)
    assert "first 192 of 800 cycles" in page(result)


def test_what_explore_keeps(tmp_path, counted):
    assert read_explored(tmp_path, "net", "generic") is None
    path = tmp_path / "net-generic.json"
    path.write_text(json.dumps(explored(counted)))
    found = read_explored(tmp_path, "net", "generic")
    assert len(found.points) == 13

    def again():
        found = read_explored(tmp_path, "net", "generic").model_dump(mode="json")
        return page(counted | {"explored": found})

    text = page(counted | {"explored": found.model_dump(mode="json")})
    assert "this machine" in text
    assert "is not among them" not in text
    path.write_text(json.dumps(explored(counted, points=explored(counted)["points"][:-1])))
    assert "this machine" in again()
    path.write_text(json.dumps(explored(counted, points=[], columns={})))
    assert "None are known" in again()
    path.write_text('{"model": "net"}')
    with pytest.raises(InputError, match=r"^net-generic\.json: target: field required"):
        read_explored(tmp_path, "net", "generic")


@pytest.fixture
def stored(monkeypatch):
    monkeypatch.setattr("pascaline.measure.synthesis.make_placement", lambda *_, **__: PLACED)
    return ["report", "tiny-binary", "--target", "ecp5", "--pnr"]


def test_command(pascaline, stored, tmp_path):
    html = tmp_path / "new" / "page.html"
    status, out, err = pascaline(*stored, "--seeds", 2, "--clock", 80, "--html", html)
    assert (status, err) == (0, "")
    text = html.read_text()
    assert f"{html}  {len(text.encode()):,} bytes" in out
    command = "pascaline report tiny-binary --target ecp5 --clock 80 --pnr --seeds 2"
    assert f"<code>{command} --html report.html</code>" in text
    assert str(tmp_path) not in text
    out = pascaline(*stored, "--seeds", 2, "--clock", 80, "--html", html, "--json")[1]
    result = json.loads(out)
    assert result["command"] == command
    assert page(result) == html.read_text() == text


def test_files_without_their_folders(pascaline, stored, tmp_path):
    (tmp_path / "my machine.toml").write_text("units = 2\nsimd = 4")
    words = ["--no-dsp", "--machine", tmp_path / "my machine.toml", "--json"]
    result = json.loads(pascaline(*stored, *words)[1])
    for part in (" --no-dsp", " --machine 'my machine.toml'"):
        assert part in result["command"]
    assert str(tmp_path) not in result["command"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("{tmp}", "Invalid value for '--html': File '{tmp}' is a directory."),
        ("{tmp}/file/x.html", "{tmp}/file/x.html: cannot be written (file is not a folder)"),
        ("/dev/null", "/dev/null: must be a file, no pipe or device"),
    ],
)
def test_paths_that_cannot_be(pascaline, stored, tmp_path, monkeypatch, path, text):
    # They are refused before anything is measured.
    monkeypatch.setattr("pascaline.measure.synthesis.make_placement", None)
    (tmp_path / "file").write_text("")
    status, out, err = pascaline(*stored, "--html", path.format(tmp=tmp_path))
    assert (status, out) == (2, "")
    assert err == f"pascaline: {text.format(tmp=tmp_path)}\n"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
