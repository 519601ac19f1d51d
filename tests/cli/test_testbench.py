"""`generate --testbench`: what it writes, and what it refuses before it writes anything."""

import subprocess
import warnings

import numpy as np
import pytest

from pascaline.hdl.verilog import generate
from pascaline.measure.designs import make_design
from pascaline.measure.testbench import with_testbench
from pascaline.models.catalogue import find_model
from tests.tools import program


@pytest.mark.filterwarnings("ignore:all results of the bench")
def test_files_are_the_same_each_time(pascaline, tmp_path):
    words = ("generate", "tiny-ternary", "--testbench", "--samples", "2", "--seed", "5")
    for folder in ("one", "two"):
        status, _, err = pascaline(*words, "-o", tmp_path / folder)
        assert status == 0, err
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    for name in ("Makefile", "tiny_ternary_tb.v", "test_tiny_ternary.py", "tiny_ternary_o.hex"):
        assert name in names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    vectors = np.load(tmp_path / "one" / "tiny_ternary_vectors.npz")
    assert len(vectors["lengths"]) == 2
    assert vectors["x"].shape == (vectors["lengths"].sum(), 5)
    assert "random, seed 5" in (tmp_path / "one" / "tiny_ternary_bench.md").read_text()
    assert "pascaline" not in (tmp_path / "one" / "test_tiny_ternary.py").read_text()


@pytest.mark.filterwarnings("ignore:all results of the bench")
def test_without_cocotb_its_bench_says_so(pascaline, tmp_path):
    make = program("make", package="make")
    out = tmp_path / "out"
    assert pascaline("generate", "tiny-ternary", "--testbench", "--samples", 1, "-o", out)[0] == 0
    done = subprocess.run(
        [make, "cocotb"],
        cwd=out,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    first, _ = done.stderr.splitlines()
    assert first == "cocotb is not installed: pip install 'cocotb==2.*' numpy"


@pytest.mark.filterwarnings("ignore:all results of the bench")
def test_a_makefile_of_others_stays(pascaline, tmp_path):
    (tmp_path / "Makefile").write_text("all:\n")
    status, _, err = pascaline("generate", "tiny-ternary", "--testbench", "-o", tmp_path)
    assert status == 2
    assert "Makefile: is in the way: no run has written it so" in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--samples", "3"], "--samples: needs --testbench, not 3"),
        (["--seed", "3"], "--seed: needs --testbench, not 3"),
        (["--testbench", "--ports", "axi", "--longest", "3"], "must have at most 3 steps"),
        (["--tdata", "32"], "machine: tdata: must not be given with plain streams"),
        (["--ports", "axi", "--tdata", "48"], "machine: tdata: should be a power of two"),
        (
            ["--ports", "axi", "--tdata", "4"],
            "machine: tdata: should be greater than or equal to 8",
        ),
    ],
)
def test_what_is_refused(pascaline, tmp_path, words, said):
    status, _, err = pascaline("generate", "tiny-ternary", "-o", tmp_path / "out", *words)
    assert status == 2
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_bench_that_sees_little_says_so():
    design = make_design(find_model("tiny-ternary"))
    verilog = generate(design)
    with pytest.warns(UserWarning, match=r"all results of the bench are \d, so it may not notice"):
        with_testbench(verilog, design, samples=20, inputs=None, seed=0)
    other = make_design(find_model("tiny-fixed12"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with_testbench(generate(other), other, samples=2, inputs=None, seed=0)
