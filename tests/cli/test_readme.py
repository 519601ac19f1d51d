"""What the README says works, literally."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from synth.choice import costs

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[1]


def test_links_lead_somewhere():
    for target in re.findall(r"[a-z]\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_tables_of_lane_costs_are_the_committed_ones():
    text = (ROOT / "docs" / "machine.md").read_text(encoding="utf-8").replace("**", "")
    order = re.search(r"^\| weights \| lane \| (.*) \|$", text, re.MULTILINE)[1].split(" | ")
    assert set(order) == set(costs())
    for weights in ("ternary", "binary"):
        for lane in costs()["ecp5"][weights]:
            row = " | ".join(f"{costs()[target][weights][lane]:.2f}" for target in order)
            assert f"| {weights} | `{lane}` | {row} |" in text
    asic = costs()["asic"]
    for weights, lane in (("binary", "subsets"), ("ternary", "pairs")):
        cost, worst = asic[weights][lane], asic["fixed12"]["tree"]
        assert f"| {weights} | {cost:.0f} | {worst / cost:.1f} times as much |" in README
    assert f"| fixed12 | {asic['fixed12']['tree']:.0f} |" in README


def test_commands_exist(pascaline):
    for command in sorted(set(re.findall(r"^ *pascaline ([a-z]+)", README, re.MULTILINE))):
        assert pascaline(command, "--help")[0] == 0, command


def test_example(pascaline, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "-c", block("python")], check=True)
    shown = {}
    for line in block("sh").splitlines():
        _, command, *words = line.split()
        status, shown[command], err = pascaline(command, *words)
        assert status == 0, err
    assert "correct classes" in shown["simulate"]
