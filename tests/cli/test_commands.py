"""Each command on something small: what it prints, and its JSON."""

import json
import shlex
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pascaline import models
from pascaline.sim.draw_cases import draw
from pascaline.sim.mutations import MUTATIONS
from pascaline.spec.modelfile import read_model, write_model
from pascaline.spec.preprocess import Preprocess
from pascaline.synth.choice import costs
from tests.models import make_model


def only_json(status, out, err):
    assert status == 0, err
    return json.loads(out)


def test_module_and_help():
    for words in ([], ["--help"], ["simulate", "-h"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-m", "pascaline.cli", *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (0 if words else 2)
        assert "pascaline" in done.stdout.lower() or "Usage" in done.stdout


def test_the_old_name_of_a_command_works_with_a_warning(pascaline):
    status, out, err = pascaline("bench", "lanes", "--help")
    assert (status, out) == pascaline("measure", "lanes", "--help")[:2]
    assert status == 0
    assert err == "pascaline: `bench` is now `measure`\n"


def test_list(pascaline):
    found = only_json(*pascaline("list", "--json"))
    assert {"digits-ternary", "digits-binary", "rows-ternary"} <= {
        m["name"] for m in found["models"]
    }
    assert {"tiny-ternary", "medium-fixed12"} <= {c["name"] for c in found["configurations"]}
    _, out, _ = pascaline("list")
    for entry in found["models"] + found["configurations"]:
        assert entry["name"] in out


def test_show(pascaline):
    found = only_json(*pascaline("show", "medium-ternary", "--cell-units", "4", "--json"))
    assert (found["lanes"], found["operations_per_cycle"]) == (64, 1024)
    assert found["cycles_per_step"] == 320
    assert found["utilisation"] == 1.0
    assert found["weight_bits"] == 2 * 4 * 256 * (64 + 256) + 8 * 10 * 256
    _, out, _ = pascaline("show", "medium-ternary")
    assert "328" in out


@pytest.mark.parametrize("target", costs())
def test_lane_auto_is_what_costs_least(pascaline, target):
    for weights in ("binary", "ternary"):
        measured = costs()[target][weights]
        words = ["show", f"medium-{weights}", "--lane", "auto", "--target", target, "--json"]
        found = only_json(*pascaline(*words))["machine"]["lane"]
        assert measured[found] == min(measured.values())


@pytest.mark.parametrize(
    "weights", ["ternary,exp3", pytest.param("ternary,binary,exp3", marks=pytest.mark.long)]
)
def test_bench_lane_designs_finds_what_is_committed(weights, pascaline):
    words = ["measure", "lane-designs", "--target", "ice40", "--weights", weights]
    found = only_json(*pascaline(*words, "--json"))["cost_per_operation"]
    assert list(found) == weights.split(",")
    assert found.items() <= costs()["ice40"].items()


def test_bench_golden(pascaline):
    pytest.importorskip("torch")
    sizes = ["--hidden", 8, "--batch", 6, "--steps", 3, "--repeats", 2, "--threads", 1]
    found = only_json(*pascaline("measure", "golden", *sizes, "--json"))
    assert [(one["case"], one["threads"]) for one in found["cases"]] == [
        ("characters", 1),
        ("features", 1),
    ]
    assert all(one["ratio"] > 0 and len(one["golden_seconds"]) == 2 for one in found["cases"])
    assert "PyTorch" in pascaline("measure", "golden", *sizes)[1]
    found = only_json(*pascaline("measure", "golden", *sizes, "--normaliser", "madnorm", "--json"))
    assert all(one["ratio"] > 0 for one in found["cases"])


def test_storage(pascaline):
    found = only_json(*pascaline("show", "digits-ternary", "--weight-code", "packed", "--json"))
    assert found["storage"]["bits"]["weights"] == 4 * 100 * 113 * 8 // 5
    assert found["storage"]["ratio"]["weights"] == 7.5
    _, out, _ = pascaline("show", "digits-binary", "--storage")
    assert "fixed12" in out


def test_retired_words_are_a_line_each(tmp_path):
    words = ["--stack", "pipelined", "--weight-code", "dense"]
    command = [sys.executable, "-m", "pascaline.cli", "show", "digits-ternary", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout)["machine"]["weight_code"] == "packed"
    assert done.stderr.splitlines() == [
        'pascaline: machine: stack: "pipelined" is now called "separate"',
        'pascaline: machine: weight_code: "dense" is now called "packed"',
    ]


def test_machine_file_and_options(pascaline, tmp_path):
    path = tmp_path / "machine.toml"
    path.write_text("units = 8\nsimd = 4\n")
    found = only_json(*pascaline("show", "tiny-binary", "--machine", path, "--units", 3, "--json"))
    assert (found["machine"]["units"], found["machine"]["simd"]) == (3, 4)
    assert found["machine"]["tree_registers"] == 0


def test_a_folder_has_one_design(pascaline, tmp_path):
    (tmp_path / "mine.v").write_text("// A file of the user's.\n")
    written = {}
    for name in ("tiny-rnn", "tiny-binary"):
        words = ("generate", name, "--ports", "axi", "-o", tmp_path)
        status, written[name], err = pascaline(*words)
        assert (status, err) == (0, "")
    names = [path.name for path in tmp_path.iterdir()]
    assert "tiny_binary.v" in names
    assert "mine.v" in names
    assert not [name for name in names if "tiny_rnn" in name]
    assert f"{tmp_path / 'tiny_rnn.v'}  removed, of an earlier run\n" in written["tiny-binary"]


def test_generate(pascaline, tmp_path):
    model = tmp_path / "my-net.safetensors"
    write_model(make_model(name="my-net"), model)
    found = only_json(*pascaline("generate", model, "-o", tmp_path / "out", "--json"))
    assert found["files"] == [str(tmp_path / "out" / f"my_net.{kind}") for kind in ("v", "json")]
    assert "module my_net(" in (tmp_path / "out" / "my_net.v").read_text()
    assert json.loads((tmp_path / "out" / "my_net.json").read_text())["name"] == "my_net"
    _, out, _ = pascaline("generate", model, "-o", tmp_path / "out")
    assert f"{tmp_path}/out/my_net.v" in out


def test_simulate(pascaline):
    words = ["simulate", "tiny-ternary", "--samples", "3", "--seed", "7"]
    found = only_json(*pascaline(*words, "--json"))
    assert (found["samples"], found["steps"], found["mismatches"]) == (3, 48, 0)
    assert found["cycles"] == found["cycles_formula"]
    assert found["cycles_per_step"] == found["cycles"] / 48
    assert 0 < found["utilisation"] <= 1
    assert found["correct"] is None
    status, out, _ = pascaline(*words, "--pause", "0.3")
    assert status == 0
    assert "6 of 6" in out


def test_simulate_own_recordings(pascaline, tmp_path, rng):
    model, inputs = tmp_path / "net.safetensors", tmp_path / "inputs.npz"
    card = {"preprocess": Preprocess.uniform(3, gain=0.5).model_dump(mode="json")}
    head = {"classes": 4, "weights": "fixed8"}
    write_model(replace(make_model(head=head, name="net"), card=card), model)
    arrays = {"features": rng.normal(size=(9, 3)), "lengths": [4, 5]}
    np.savez(inputs, **arrays)
    words = ["simulate", model, "--inputs", inputs, "--json"]
    found = only_json(*pascaline(*words))
    assert (found["samples"], found["steps"], found["mismatches"]) == (2, 9, 0)
    assert found["correct"] is None
    np.savez(inputs, **arrays, labels=found["results"])
    assert only_json(*pascaline(*words))["correct"] == 2
    assert only_json(*pascaline(*words, "--samples", "1"))["steps"] == 4


def test_simulate_says_when_something_is_wrong(pascaline, monkeypatch):
    from pascaline.sim.job import Outcome

    bad = Outcome(values=5, mismatches=1, faults=["o: sequence 0, step 0: data[0] is 1, must be 2"])
    monkeypatch.setattr("pascaline.measure.simulation.run", lambda *_, **__: bad)
    status, out, err = pascaline("simulate", "tiny-ternary", "--samples", "1")
    assert status == 1
    assert "4 of 5" in out
    assert "data[0] is 1, must be 2" in err


@pytest.mark.parametrize("name", ["digits-ternary", "digits-binary"])
def test_shipped_models_in_verilator_on_real_recordings(pascaline, name):
    found = only_json(*pascaline("simulate", name, "--samples", "3", "--json"))
    assert (found["samples"], found["mismatches"]) == (3, 0)
    assert found["cycles"] == found["cycles_formula"]
    assert found["correct"] is not None


def test_report(pascaline):
    words = ["report", "tiny-ternary", "--target", "generic"]
    found = only_json(*pascaline(*words, "--json"))
    assert found["target"] == "generic"
    assert found["tool_version"].startswith("Yosys 0.70")
    assert found["cells"] > 0
    assert {"lanes", "weight memory", "cell units", "control"} <= found["by_part"].keys()
    _, out, _ = pascaline(*words)
    assert "whole machine" in out


def test_export(pascaline, tmp_path):
    path = tmp_path / "net.safetensors"
    found = only_json(*pascaline("export", "digits-ternary", "-o", path, "--json"))
    assert (found["what"], found["notes"]) == ("torch.nn.LSTM", [])
    assert found["tensors"]["rnn.weight_hh_l0"] == [400, 100]
    assert path.with_suffix(".json").is_file()
    again = shlex.split(found["import"])
    again[-1] = str(tmp_path / again[-1])
    assert pascaline(*again[1:])[0] == 0
    status, out, _ = pascaline("export", "digits-ternary", "-o", path)
    assert status == 0
    assert "read it again with" in out


def test_export_writes_both_files_or_none(pascaline, tmp_path):
    (tmp_path / "net.json").mkdir()
    status, _, error = pascaline("export", "digits-ternary", "-o", tmp_path / "net.safetensors")
    assert (status, error.count("\n")) == (2, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["net.json"]


def test_import_never_replaces_what_it_reads(pascaline, tmp_path):
    model = tmp_path / "net.npz"
    model.write_bytes(b"net")
    status, _, error = pascaline("import", model, "-o", model)
    rule = f"--output: must not be the file that is read, not '{model}'"
    assert (status, error) == (2, f"pascaline: {rule}\n")
    assert model.read_bytes() == b"net"


def test_import(pascaline, tmp_path, rng):
    checkpoint = tmp_path / "net.npz"
    hidden, inputs = 5, 3
    np.savez(
        checkpoint,
        weight_ih_l0=rng.normal(0, 0.5, (4 * hidden, inputs)),
        weight_hh_l0=rng.normal(0, 0.5, (4 * hidden, hidden)),
        bias_ih_l0=rng.normal(0, 0.1, 4 * hidden),
        bias_hh_l0=np.zeros(4 * hidden),
        **{"fc.weight": rng.normal(0, 0.5, (2, hidden)), "fc.bias": np.zeros(2)},
    )
    output = tmp_path / "mine.safetensors"
    found = only_json(
        *pascaline("import", checkpoint, "-o", output, "--weights", "fixed6", "--json")
    )
    assert found["network"]["layers"][0]["weights_x"] == "fixed6"
    model = read_model(output)
    assert (model.name, model.network.layers[0].hidden) == ("mine", hidden)
    assert pascaline("show", output)[0] == 0
    assert found["understood"] == [
        "the layers: a layer of lstm, 3 inputs, 5 hidden units",
        "fc: the head, 2 classes",
    ]
    assert (len(found["assumed"]), found["left_out"]) == (4, [])
    assert found["assumed"][-1].startswith("inputs are within 1, and are cut beyond it")
    assert {kind: found[kind] for kind in model.card["reading"]} == model.card["reading"]


def test_import_of_inputs_that_reach_far(pascaline, tmp_path, rng):
    checkpoint, output = tmp_path / "net.npz", tmp_path / "mine.safetensors"
    sizes = {"weight_ih_l0": (4, 3), "weight_hh_l0": (4, 4)}
    np.savez(checkpoint, **{name: rng.normal(size=size) for name, size in sizes.items()})
    words = ["import", checkpoint, "-o", output, "--reach"]
    status, _, error = pascaline(*words, "255", "--bits", 8)
    rule = "must be above 2.98023e-08 and at most 128, as x has 8 bits"
    assert (status, error) == (2, f"pascaline: reach: {rule}, not 255.0\n")
    for reach, rule in ("nan", "is not a number"), ("inf", "is more than 1e+30"):
        status, _, error = pascaline(*words, reach, "--bits", 8)
        assert status == 2
        assert error == f"pascaline: Invalid value for '--reach': {reach!r} {rule}.\n"
    assert not output.exists()
    for more, x in (["--bits", "16"], "Q8.7"), (["--format", "x=Q9.6"], "Q9.6"):
        assert pascaline(*words, "255", *more)[0] == 0
        assert str(read_model(output).network.x) == x


def test_import_says_what_it_assumes(pascaline, tmp_path, rng):
    checkpoint, output = tmp_path / "net.npz", tmp_path / "mine.safetensors"
    np.savez(
        checkpoint,
        weight_ih_l0=rng.normal(size=(4, 3)),
        weight_hh_l0=rng.normal(size=(4, 4)),
        **{"[b]other": np.zeros(3)},
    )
    words = ["import", checkpoint, "-o", output, "--part", "weight"]
    status, out, err = pascaline(*words, "--result", "max", "--cell", "rnn")
    assert (status, err) == (0, "")
    assert out.splitlines()[:3] == [
        "understood  the layers: a layer of rnn, 3 inputs, 4 hidden units",
        "assumed     inputs are within 1, and are cut beyond it; see --reach and --calibrate",
        "left out    [b]other",
    ]
    for old, new, pooling, results in (
        (["--pooling", "max"], "max", "max", "last"),
        (["--pooling", "none"], "last", "none", "last"),
        (["--results", "every"], "every", "none", "every"),
        (["--results", "last"], "last", "none", "last"),
    ):
        status, out, err = pascaline(*words, *old)
        assert (status, err) == (0, f"pascaline: `{' '.join(old)}` is now `--result {new}`\n")
        network = read_model(output).network
        assert (network.pooling, network.results) == (pooling, results)


SMALL = ["--cycles", "100", "--values", "0", "--largest", "3"]


def test_fuzz(pascaline):
    words = [
        "fuzz",
        "--cases",
        "1",
        "--seed",
        "2",
        "--cycles",
        "300",
        "--values",
        "0",
        "--largest",
        "5",
    ]
    found = only_json(*pascaline(*words, "--json"))
    assert (found["cases"], found["mismatches"], found["wrong_formulas"]) == (1, 0, 0)
    assert found["values"] > 0


def test_fuzz_for_a_time(pascaline):
    words = [
        "fuzz",
        "--minutes",
        "0.01",
        "--jobs",
        "1",
        "--cycles",
        "100",
        "--values",
        "0",
        "--largest",
        "3",
    ]
    found = only_json(*pascaline(*words, "--json"))
    assert found["cases"] >= 1
    assert found["failures"] == []


def test_fuzz_says_how_to_see_it_again(pascaline, monkeypatch, tmp_path):
    path = tmp_path / "case.json"
    draw(2, cycles=100, largest=3).write(path)
    assert pascaline("fuzz", "--replay", path)[0] == 0
    monkeypatch.setattr("pascaline.sim.case.cycles.sequence_cycles", lambda *_: 1)
    status, _, err = pascaline("fuzz", "--replay", path)
    assert status == 1
    assert "the formulas say (46, 1)" in err
    assert f"again: pascaline fuzz --replay {path} --sim verilator" in err


def test_fuzz_of_model_files(pascaline, monkeypatch):
    monkeypatch.setattr("pascaline.cli.fuzz_files.SIMULATED", 1)
    found = only_json(*pascaline("fuzz", "--files", "300", "--jobs", "1", "--json"))
    tried = found["formats"]["model"]
    assert (tried["tried"], found["failures"], found["skipped"]) == (300, [], {})
    assert tried["refused"] + tried["right"] == 300
    assert set(tried["by_mutation"]) >= set(MUTATIONS)
    assert (found["simulated"], found["values"] > 0) == (1, True)


def test_every_shipped_model_has_a_machine():
    from pascaline.spec.configs import configs

    assert set(models.names()) <= configs().keys()
