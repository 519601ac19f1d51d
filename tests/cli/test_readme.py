"""What the README says works, literally."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pascaline.synth.baselines import read_baselines
from pascaline.synth.choice import costs

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text):
    """Languages and contents of what is to be run."""
    return re.findall(r"^```(python|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def run(program):
    subprocess.run([sys.executable, "-c", program], check=True)


def test_links_lead_somewhere():
    for target in re.findall(r"[a-z]\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_tables_of_lane_costs_are_the_committed_ones():
    text = (ROOT / "docs" / "machine.md").read_text(encoding="utf-8").replace("**", "")
    order = re.search(r"^\| weights \| lane \| (.*) \|$", text, re.MULTILINE)[1].split(" | ")
    assert set(order) == set(costs())
    for weights, designs in costs()["asic"].items():
        for lane in designs:
            found = [costs()[target].get(weights, {}).get(lane) for target in order]
            row = " | ".join("-" if cost is None else f"{cost:.2f}" for cost in found)
            assert f"| {weights} | `{lane}` | {row} |" in text
    asic = costs()["asic"]
    for weights, lane in (("binary", "subsets"), ("ternary", "pairs")):
        cost, worst = asic[weights][lane], min(asic["fixed12"].values())
        assert f"| {weights} | {cost:.0f} | {worst / cost:.1f} times as much |" in README
    assert f"| fixed12 | {min(asic['fixed12'].values()):.0f} |" in README


def test_demo_is_the_committed_baseline():
    committed = read_baselines()["digits-ternary"]
    for part, counts in committed["generic"].items():
        numbers = [f"{count:,}" for column, count in counts.items() if column != "cells"]
        assert re.search(rf"^ *{part} +{' +'.join(numbers)}$", README, re.MULTILINE), part
    step = committed["machine"]["speed"]["cycles_per_step"]
    assert f"    {step:,} cycles a step" in README


def test_table_of_baselines_is_the_committed_one():
    text = (ROOT / "docs" / "synthesis.md").read_text(encoding="utf-8")
    rows = []
    for name, committed in read_baselines().items():
        generic, ecp5 = (committed[target]["whole machine"] for target in ("generic", "ecp5"))
        columns = (
            generic["gate_equivalents"],
            generic["flip_flops"],
            *(ecp5[column] for column in ("luts", "carries", "block_rams", "lut_rams")),
            generic["memory_bits"],
            committed["machine"]["speed"]["cycles_per_step"],
        )
        rows.append(f"| `{name}` | {' | '.join(f'{number:,}' for number in columns)} |")
    table = "\n".join(rows)
    assert table in text, f"docs/synthesis.md must have\n{table}"


def test_commands_exist(pascaline):
    for command in sorted(set(re.findall(r"^ *pascaline ([a-z]+)", README, re.MULTILINE))):
        assert pascaline(command, "--help")[0] == 0, command


@pytest.mark.parametrize("path", ["README.md", "docs/training.md", "docs/tutorial.md"])
def test_example(path, pascaline, tmp_path, monkeypatch):
    """Blocks in order. Those of Python that no command comes between are one program."""
    pytest.importorskip("torch")
    pytest.importorskip("cocotbext.axi")
    monkeypatch.chdir(tmp_path)
    program, shown = "", {}
    for language, code in blocks((ROOT / path).read_text(encoding="utf-8")):
        if language == "python":
            program += code
            continue
        run(program)
        program = ""
        for line in code.splitlines():
            _, command, *words = line.split()
            status, shown[command], err = pascaline(command, *words)
            assert status == 0, err
    run(program)
    assert "correct classes" in shown["simulate"]
