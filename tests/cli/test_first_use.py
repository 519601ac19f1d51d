"""What a user meets first, from outside: by commands and files alone.

``PASCALINE_PROGRAM=/other/bin/pascaline pytest tests/cli/test_first_use.py`` tries another version.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.ownmodels import CLASSES, SHAPES, make_folder

pytest.importorskip("torch")

OFFSET = 101_350
"""What a barometer adds to its signal, in Pa."""

PROGRAM = os.environ.get("PASCALINE_PROGRAM")
LEARN = "--hidden 12 --epochs 25 --device cpu".split()
IMPORT = tuple("import always.npz -o always.safetensors --weights fixed8".split())
LANE_TREE = ("--lane", "tree")
SKETCH = "--hidden 3 --epochs 2 --device cpu".split()


class Folder:
    """Where a user works."""

    def __init__(self, path):
        self.path = path

    def run(self, *words):
        """Run a command; returns exit status, standard output, standard error."""
        started = [PROGRAM] if PROGRAM else [sys.executable, "-m", "pascaline.cli"]
        done = subprocess.run(
            [*started, *map(str, words)],
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def result(self, *words):
        """What a command that must be possible prints as JSON."""
        status, out, err = self.run(*words, "--json")
        assert status == 0, err
        return json.loads(out)

    def trained(self, name, data, *options):
        self.result("train", data, "-o", name, *options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with data and a model that was trained on them."""
    made = Folder(tmp_path_factory.mktemp("work"))
    make_folder(made.path / "waves", count=30)
    made.trained("waves.safetensors", "waves", *LEARN)
    return made


def test_own_models_simulate(folder):
    (folder.path / "words.txt").write_text("to be or not to be, " * 400)
    folder.trained("words.safetensors", "words.txt", *SKETCH)
    for model in ("waves.safetensors", "words.safetensors"):
        found = folder.result("simulate", model, "--samples", 2, "--units", 1, "--simd", 1)
        assert found["mismatches"] == 0
        assert found["cycles"] == found["cycles_formula"]


@pytest.mark.parametrize(("names", "right"), [("rise,fall,flat", 0.5), ("fall,flat,rise", 0.0)])
def test_classes_have_names(names, right, folder):
    """Of a network that always says its first class, tried on two of three."""
    always(folder.path / "always.npz")
    two = folder.path / f"without-{names}"
    two.mkdir()
    for name in CLASSES[1:]:
        (two / name).symlink_to(folder.path / "waves" / name)
    folder.result(*IMPORT, "--classes", names)
    evaluate = ("evaluate", "always.safetensors", "--data", two.name, "--part", "all")
    assert folder.result(*evaluate)["accuracy"] == right


def test_a_guess_is_said(folder):
    always(folder.path / "always.npz")
    folder.result(*IMPORT)
    status, _, err = folder.run(
        "evaluate", "always.safetensors", "--data", "waves", "--part", "all"
    )
    assert status == 0
    assert "guessed by the alphabet" in err


def always(path):
    """Write a network that says its first class, whatever it is given."""
    tensors = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    np.savez(path, **tensors | {"fc.bias": [1.0, 0.0, 0.0]})


def test_an_offset_costs_nothing(folder):
    make_folder(folder.path / "high", count=30, offset=OFFSET)
    folder.trained("high.safetensors", "high", *LEARN)
    found = folder.result("evaluate", "high.safetensors", "--data", "high", "--part", "all")
    assert found["accuracy"] > 0.8


def test_retrained_weights_fit(folder):
    for seed in range(4):
        folder.trained(f"net{seed}.safetensors", "waves", *SKETCH, "--seed", seed)
    folder.result("generate", "net0.safetensors", "--weights", "ram", "-o", "loaded")
    [described] = Path(folder.path, "loaded").glob("net0.json")
    for seed in range(1, 4):
        folder.result("image", f"net{seed}.safetensors", "--for", described, "-o", f"{seed}.bin")


def test_two_machines_in_one_design(folder):
    modules = []
    for model in ("digits-ternary", "digits-binary"):
        folder.result("generate", model, "-o", f"both-{model}")
        [verilog] = Path(folder.path, f"both-{model}").glob("*.v")
        modules.append(set(re.findall(r"^module (\\?[^\s(;]+)", verilog.read_text(), re.M)))
    assert len(modules[0]) > 3
    assert not modules[0] & modules[1]


@pytest.mark.parametrize(
    ("model", "target", "best"),
    [("digits-ternary", "ecp5", "tree"), ("digits-ternary", "xilinx", "pairs")],
)
def test_the_lane_design_that_costs_least_on_a_target(model, target, best, folder):
    shown = [folder.result("show", model, "--target", target, *more) for more in ((), LANE_TREE)]
    assert [one["machine"]["lane"] for one in shown] == [best, "tree"]


def test_a_folder_holds_one_design(folder):
    for model in ("tiny-ternary", "tiny-binary"):
        folder.result("generate", model, "-o", "out")
    assert {path.stem for path in Path(folder.path, "out").glob("tiny*")} == {"tiny_binary"}
