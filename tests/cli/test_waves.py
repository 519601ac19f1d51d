"""Waveforms, and whether the layouts beside them name what is in them."""

import json
import re

import pytest
from pywellen import Waveform

from pascaline.hdl.verilog import generate
from pascaline.sim.hierarchy import Hierarchy
from pascaline.sim.signals import NUMBERS
from pascaline.sim.simulators import SIMULATORS
from pascaline.spec.errors import InputError
from pascaline.spec.instances import instance, joined
from pascaline.spec.stages.core import VIEWS
from tests.models import make_design, make_model
from tests.sim.machines import design_of, tool_of
from tests.sim.test_simulation import TINY
from tests.surfer import shown

MEANINGS = ["features", "results", "phases"]
"""Groups of what is no net of the machine, see `sim.meaning`."""

OF_SOME = {"transform": "hadamard", "layer norm": "norm"}
"""Groups that only models have with such a name."""

RUNS = [("tiny-ternary", sim) for sim in SIMULATORS] + [
    (name, "icarus") for name in TINY if name != "tiny-ternary"
]


@pytest.fixture(scope="module")
def hierarchies():
    names = (*TINY, "tiny-gru", "tiny-bilstm", "tiny-rnn", "tiny-hadamard")
    layer = {"cell_affine": {"kind": "layernorm", "spread": "mad"}}
    norm_of_cells = make_design(make_model(hidden=5, inputs=3, layer=layer), units=2, simd=2)
    designs = [*map(design_of, names), norm_of_cells]
    return [(design, Hierarchy(generate(design).text, design.name)) for design in designs]


@pytest.fixture
def record(pascaline, tmp_path):
    """Record a waveform; returns its signals by name, and the names in the two layouts."""

    def call(model, sim):
        tool_of(sim)
        path = tmp_path / sim / "run.fst"
        status, out, err = pascaline(
            *("simulate", model, "--sim", sim, "--samples", 2, "--waves", path, "--json")
        )
        assert (status, err) == (0, "")
        assert json.loads(out)["waves"] == str(path)
        assert sorted(file.name for file in path.parent.iterdir()) == [
            "run.fst",
            "run.gtkw",
            "run.sucl",
        ]
        signals = {signal.full_name: signal for signal in Waveform(str(path)).all_vars()}
        gtkwave = path.with_suffix(".gtkw").read_text()
        surfer = path.with_suffix(".sucl").read_text()
        assert '[dumpfile] "run.fst"' in gtkwave
        return signals, gtkwave, surfer

    return call


@pytest.mark.parametrize(("model", "sim"), RUNS)
def test_layouts_name_signals_of_the_waveform(record, model, sim):
    signals, gtkwave, surfer = record(model, sim)
    top = model.replace("-", "_")
    traces = re.findall(rf"^(?:\+\{{\w+\}} )?({top}\.[\w.]+)(?:\[(\d+):0\])?$", gtkwave, re.M)
    assert len(traces) > 50
    for name, high in traces:
        # Real numbers have no length.
        assert signals[name].length in (None, int(high or 0) + 1), name
    rows = shown(surfer)
    assert [row.name for row in rows if row.kind == "variable"] == [name for name, _ in traces]
    groups = re.findall(r"^@800200\n-(.*)$", gtkwave, re.M)
    assert groups == [row.name for row in rows if row.kind == "divider"]
    assert any(" " in group for group in groups)
    first = groups.index("inputs")
    assert groups[first:] == [group for group in VIEWS if OF_SOME.get(group, "") in model]
    meanings = [group.partition(",")[0] for group in groups[:first]]
    assert meanings in (MEANINGS, [*MEANINGS[:2], "logits", "phases"])


def test_formats_are_those_of_the_rows_that_they_mean(record):
    _, gtkwave, surfer = record("tiny-ternary", "icarus")
    numbers = {row.name: row.format for row in shown(surfer) if row.format}
    assert numbers["tiny_ternary.lanes.lane_0.accumulator"] == "Signed"
    assert numbers["tiny_ternary.cells.unit_0.h_next"] == "Signed"
    assert numbers["tiny_ternary.sequencer.weight"] == "Unsigned"
    sections = re.findall(r"^@420\n((?:[^@].*\n)*)", gtkwave, re.M)
    assert {re.sub(r"\[.*", "", name) for text in sections for name in text.split()} == {
        name for name, form in numbers.items() if form == "Signed"
    }


def test_simulators_record_the_same(record):
    signals = {sim: record("tiny-ternary", sim)[0] for sim in SIMULATORS}
    names = signals["icarus"].keys() & signals["verilator"].keys()
    changes = 0
    for name in names:
        first, second = (list(signals[sim][name].tv) for sim in ("icarus", "verilator"))
        # Verilator knows no X, which is in memories that have not been written.
        if all(isinstance(value, int) for _, value in first):
            assert first[1:] == second[1:], name
            changes += len(first)
    assert changes > 10_000


def test_every_name_is_in_some_machine(hierarchies):
    wanted, found = set(), set()
    for design, known in hierarchies:
        for stage in design.stages:
            for instances in stage.views.values():
                for inside, names in instances.items():
                    path = joined(instance(design, stage), inside)
                    wanted |= {(stage.kind, inside, name) for name in names.split()}
                    found |= {
                        (stage.kind, inside, name)
                        for name in names.split()
                        if known.net(path, name) is not None
                    }
    assert {kind for kind, _, _ in wanted} == {"core", "both", "merge", "gather"}
    assert wanted == found


def test_numbers_are_shown():
    names = {name for part in VIEWS.values() for text in part.values() for name in text.split()}
    assert names >= NUMBERS


def test_nets_that_yosys_counted():
    text = """module top(a_7, b);
  input a_7;
  wire a_7;
  output signed [3:0] b;
  wire a_2;
  reg signed [1:0] a_3 = 2'h0;
  inner lane (
    .x(b)
  );
endmodule
module inner(x);
  input [3:0] x;
endmodule
"""
    known = Hierarchy(text, "top")
    assert known.net("", "a").path == "top.a_7"
    assert known.net("", "b").signed
    assert known.net("", "a_3").width == 2
    assert known.net("lane", "x").path == "top.lane.x"
    assert known.net("", "c") is None
    assert known.net("lane.deeper", "x") is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("run.vcd", r"--waves: must end in .fst, not '.*run.vcd'"),
        ("file/run.fst", r".*run.fst: cannot be written \(File exists\)"),
        ("folder.fst", r".*folder.fst: cannot be written \(Is a directory\)"),
    ],
)
def test_bad_places(pascaline, tmp_path, monkeypatch, name, says):
    monkeypatch.setattr(
        "pascaline.measure.simulation.build", None
    )  # It is refused before anything is built.
    (tmp_path / "file").touch()
    (tmp_path / "folder.fst").mkdir()
    before = sorted(tmp_path.rglob("*"))
    status, out, err = pascaline("simulate", "tiny-binary", "--waves", tmp_path / name)
    assert (status, out) == (2, "")
    assert re.fullmatch(f"pascaline: {says}\n", err)
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_left_of_a_run_that_breaks(pascaline, tmp_path, monkeypatch):
    def broken(*_, waves, **__):
        waves.write_text("half")
        raise InputError("icarus", "ended without an outcome")

    tool_of("icarus")
    monkeypatch.setattr("pascaline.measure.simulation.run", broken)
    path = tmp_path / "run.fst"
    status, _, err = pascaline("simulate", "tiny-binary", "--sim", "icarus", "--waves", path)
    assert (status, err) == (2, "pascaline: icarus: ended without an outcome\n")
    assert list(tmp_path.iterdir()) == []
