"""Paths with all letters that shells, makefiles and compilers take for something else."""

import os
import tempfile
from pathlib import Path

import pytest
from platformdirs import user_cache_dir

from pascaline.golden import kernels
from pascaline.hdl.verilog import generate
from pascaline.host import compiled
from pascaline.sim import verilator
from pascaline.sim.job import Episode, Job
from pascaline.sim.runner import build, run
from tests.sim.machines import design_of, sequences_of, tool_of

ODD = "ä b'c\"d$e#f%g&h"


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """A folder, which has those for temporary files and of the user in it."""
    folder = tmp_path / ODD
    cache = os.environ.get("YOWASP_CACHE_DIR") or user_cache_dir("YoWASP", appauthor=False)
    monkeypatch.setenv("YOWASP_CACHE_DIR", cache)  # That takes a minute to make.
    for name, variable in (("tmp", "TMPDIR"), ("home", "HOME")):
        (folder / name).mkdir(parents=True)
        monkeypatch.setenv(variable, str(folder / name))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_commands(odd, pascaline, monkeypatch):
    tool_of("icarus")
    monkeypatch.setenv("PASCALINE_BUILD", str(odd / "build"))
    monkeypatch.chdir(odd)
    waves, page, out = odd / "ü v.fst", odd / "ü r.html", odd / "ü out"
    machine = ("tiny-binary", "--units", 1, "--simd", 1)
    for words, made in (
        (("simulate", *machine, "--samples", 1, "--sim", "icarus", "--waves", waves), waves),
        (("report", *machine, "--html", page), page),
        (("generate", *machine, "-o", out), out / "tiny_binary.v"),
    ):
        status, _, error = pascaline(*words)
        assert (status, error) == (0, "")
        assert made.stat().st_size > 0
    assert not [*(odd / "tmp").iterdir()]


def test_verilator(odd, monkeypatch, rng):
    # As if all had been installed there.
    root = "verilator_root"
    for name, place in ((root, verilator.verilator_root()), ("FST", verilator.FST)):
        (odd / name).symlink_to(place)
        new = odd / name
        monkeypatch.setattr(verilator, name, (lambda at=new: at) if name == root else new)
    (odd / "libs").symlink_to(verilator.LIBRARIES)
    monkeypatch.setattr(verilator, "LIBRARIES", odd / "libs")
    design, tool = design_of("tiny-binary", units=1, simd=1), tool_of("verilator")
    built = build(generate(design).text, design.name, tool, odd / "sim")
    job = Job(design=design, episodes=(Episode(sequences=sequences_of(design, rng, [2])),))
    assert run(job, built, design.name, tool).good


def test_kernels(odd, monkeypatch):
    if kernels.kernel("pairs") is None:
        pytest.skip("there is no g++")
    monkeypatch.setenv("PASCALINE_BUILD", str(odd / "build"))
    source = odd / "kernels.cpp"
    source.write_bytes(Path(kernels.__file__).with_name("kernels.cpp").read_bytes())
    assert compiled.compiled(source).supported()
