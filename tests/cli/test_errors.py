"""What is wrong with the input is one line on the standard error, and status 2."""

import importlib.util
import sys

import pytest

from pascaline.spec.arithmetic import RULE
from pascaline.spec.modelfile import write_model
from tests.models import make_model


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "net.safetensors"
    write_model(make_model(name="net"), path)
    return path


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["show", "digit-ternary"],
            "model: must be a model file or a name of `pascaline list` (near: digits-ternary, ",
        ),
        (
            ["measure", "adders", "--sizes", "4", "--kinds", ""],
            "--kinds: must be some of binary, ternary, half, not ''\n",
        ),
        (
            ["measure", "adders", "--step", "4x4", "--kinds", ""],
            "--kinds: must be binary or ternary with --step, not ''\n",
        ),
        (
            ["measure", "adders", "--step", "4x4", "--seeds", "0"],
            "--seeds: must be left out with --step\n",
        ),
        (
            ["measure", "adders", "--models", "digits-binary", "--sizes", "16"],
            "--sizes: must be left out with --models\n",
        ),
        (
            ["measure", "adders", "--step", "4x4", "--effort", "0.9"],
            "--effort: must be a whole number with --step, not 0.9\n",
        ),
        (
            ["show", "nothing"],
            "model: must be a model file or a name of `pascaline list`, not 'nothing'\n",
        ),
        (
            ["generate", "tiny-binary", "-o", ""],
            "Invalid value for '-o' / '--output': '' is no path; the current folder is '.'.",
        ),
        (["show", "none.safetensors"], "none.safetensors: no such file"),
        (
            ["simulate", "digits-ternary", "--symbols", "--simd", "8", "--samples", "1"],
            "input vector: must have one element that is 127, and else zeros, for symbols, ",
        ),
        (
            ["measure", "states", "pixel-hadamard", "--fresh", "2"],
            "--fresh: must be left out: pixel-hadamard was trained on pixel, not copy-1000",
        ),
        (
            ["measure", "transforms", "--butterflies", "3"],
            "--butterflies: must be some of 1, 2, 4, 8, 16, 32, 64, 128, 256, 2304, not 3",
        ),
        (["show", "{tmp}"], "{tmp}: cannot be read (Is a directory)"),
        (
            ["show", "tiny-binary", "--units", "0"],
            "machine: units: should be greater than or equal to 1, not 0",
        ),
        (
            ["show", "tiny-binary", "--simd", "-4"],
            "machine: simd: should be greater than or equal to 1, not -4",
        ),
        (
            ["show", "tiny-binary", "--units", "x"],
            "Invalid value for '--units': 'x' is not a valid integer.",
        ),
        (
            ["show", "tiny-binary", "--cell-units", "3"],
            "machine: cell_units: must divide units (2) and simd (4), not 3",
        ),
        (
            ["show", "tiny-binary", "--head-simd", "3"],
            "machine: head_simd: must divide simd (4), not 3",
        ),
        (
            ["show", "medium-fixed12", "--lane", "pairs"],
            "machine: lane: must be tree or booth for fixed12 weights, not 'pairs'",
        ),
        (
            ["show", "medium-ternary", "--lane", "subsets"],
            "machine: lane: must be tree or pairs for ternary weights, not 'subsets'",
        ),
        (["show", "tiny-binary", "--machine", "{tmp}/none.toml"], "{tmp}/none.toml: no such file"),
        (["show"], "Missing argument 'MODEL'."),
        (["shw"], "No such command 'shw'."),
        (["show", "--jsn", "tiny-binary"], "No such option '--jsn'. Did you mean '--json'?"),
        (["generate", "tiny-binary"], "Missing option '-o' / '--output'."),
        (
            ["generate", "tiny-binary", "-o", "{tmp}/file/x"],
            "{tmp}/file/x/tiny_binary.v: cannot be written (Not a directory)",
        ),
        (
            ["report", "tiny-binary", "--target", "fpga"],
            "target: must be one of generic, ice40, ecp5, xilinx, asic, not 'fpga'",
        ),
        (
            ["simulate", "tiny-binary", "--sim", "vcs"],
            "Invalid value for '--sim': 'vcs' is not one of 'verilator', 'icarus'.",
        ),
        (
            ["simulate", "tiny-binary", "--samples", "0"],
            "Invalid value for '--samples': 0 is not in the range 1<=x<=100000.",
        ),
        (
            ["simulate", "tiny-binary", "--pause", "1"],
            "Invalid value for '--pause': 1.0 is not in the range 0<=x<=0.95.",
        ),
        (
            ["simulate", "digits-ternary", "--inputs", "{tmp}/none.npz"],
            "{tmp}/none.npz: no such file",
        ),
        (
            ["simulate", "digits-ternary", "--inputs", "{tmp}/file"],
            "{tmp}/file: must be an npz file of numbers (",
        ),
        (["evaluate", "tiny-binary"], "tiny-binary: card.data.name: is missing"),
        (["train", "weather", "-o", "{tmp}/w"], "task: must be one of digits, rows, "),
        (
            ["train", "digits", "-o", "{tmp}/w", "--hidden", "0"],
            "train: hidden: should be greater than or equal to 1, not 0",
        ),
        (["import", "{tmp}/none.npz", "-o", "{tmp}/w"], "{tmp}/none.npz: "),
        (
            ["import", "{tmp}/file", "-o", "{tmp}/w", "--weights", "int8"],
            f"import: weights: {RULE}, not 'int8'",
        ),
        (["fuzz", "--minutes", "nan"], "Invalid value for '--minutes': 'nan' is not a number."),
        (
            ["fuzz", "--minutes", "1e400"],
            "Invalid value for '--minutes': '1e400' is more than 1e+30.",
        ),
        (
            ["report", "tiny-binary", "--clock", "inf"],
            "Invalid value for '--clock': 'inf' is more than 1e+30.",
        ),
        (
            ["report", "tiny-binary", "--power-steps", "2147483648"],
            "Invalid value for '--power-steps': 2147483648 is not in the range 1<=x<=100000.",
        ),
        (
            ["show", "tiny-binary", "--units", "2147483648"],
            "Invalid value for '--units': 2147483648 is more than 2147483647.",
        ),
        (
            ["show", "tiny-binary", "--units", "9" * 5000],
            f"Invalid value for '--units': '{'9' * 40}...' is not a valid integer.",
        ),
        (["simulate", "tiny-binary", "--seed", "-1"], "Invalid value for '--seed': -1 is not in "),
        (["fuzz", "--unknown"], "--unknown: needs --sim icarus, not 'verilator'"),
        (["fuzz", "--cases", "0"], "Invalid value for '--cases': 0 is not in the range x>=1."),
    ],
)
def test_one_line_and_status_2(pascaline, tmp_path, words, text):
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.iterdir())
    status, out, err = pascaline(*(word.format(tmp=tmp_path) for word in words))
    assert status == 2
    assert out == ""
    assert err.startswith(f"pascaline: {text.format(tmp=tmp_path)}"), err
    assert err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("command", ["show", "generate", "simulate", "report", "evaluate"])
def test_a_broken_model_file(pascaline, tmp_path, model, command):
    model.write_bytes(model.read_bytes()[:-7])
    output = ["-o", tmp_path / "out"] if command == "generate" else []
    status, out, err = pascaline(command, model, *output)
    assert (status, out) == (2, "")
    assert err.startswith(f"pascaline: {model}: must be a safetensors file (")
    assert not (tmp_path / "out").exists()


def test_a_simulator_that_is_not_installed(pascaline, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    status, _, err = pascaline("simulate", "tiny-binary", "--sim", "icarus")
    assert (status, err) == (2, "pascaline: icarus: is not installed (apt install iverilog)\n")


def test_training_without_pytorch(pascaline, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in ("pascaline.train.fit", "pascaline.train.learn", "pascaline.train.network"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    status, _, err = pascaline("train", "digits", "-o", tmp_path / "w")
    assert status == 2
    assert err == "pascaline: training: needs torch (pip install pascaline[train])\n"


def test_distillation_without_pytorch(pascaline, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "pascaline.nn", raising=False)
    status, _, err = pascaline("distil", "net.npz", "--data", "data.npy", "-o", tmp_path / "w")
    assert status == 2
    assert err == "pascaline: distil: needs torch (pip install pascaline[train])\n"


def test_interrupt(pascaline, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("pascaline.cli.show.find_design", interrupt)
    status, _, err = pascaline("show", "tiny-binary")
    assert (status, err.strip()) == (130, "pascaline: interrupted")


def test_sequences_are_no_longer_than_what_a_machine_holds(pascaline):
    status, out, err = pascaline("simulate", "tiny-bilstm", "--longest", 9)
    assert (status, out) == (2, "")
    assert err == "pascaline: inputs: must have at most 9 steps (--longest), not 16\n"


@pytest.mark.parametrize("name", ["cocotbext", "cocotbext.axi"])
def test_a_bus_without_its_models(pascaline, monkeypatch, name):
    find = importlib.util.find_spec

    def find_spec(wanted, package=None):
        # As it is where a package is missing, with the modules in it.
        if wanted.startswith(f"{name}."):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return None if wanted == name else find(wanted, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    status, _, err = pascaline("simulate", "tiny-ternary", "--ports", "axi", "--samples", "1")
    assert status == 2
    assert err == "pascaline: a machine on a bus: needs pip install 'pascaline[bus]'\n"
