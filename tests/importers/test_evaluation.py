"""A model beside its float network; inputs beyond x."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import pascaline
from pascaline.cli.main import cli
from tests.importers.floats import features_of, tensors_of


@pytest.fixture
def files(tmp_path):
    """A network with a head and one without, and data with labels."""
    np.savez(tmp_path / "head.npz", **tensors_of("gru", hidden=16, classes=3))
    np.savez(tmp_path / "bare.npz", **tensors_of("lstm", hidden=16))
    for index, one in enumerate(features_of(*[20] * 9)):
        folder = tmp_path / "data" / "abc"[index % 3]
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{index}.npy", one)
    return tmp_path


def test_classes_beside_float(files):
    path, data = files / "head.npz", files / "data"
    model = pascaline.import_network(path, calibrate=data, bits=12, classes="a,b,c")
    found = pascaline.evaluate(model, data=data, part="all", float=path)
    assert found.precision["snr"] == model.card["precision"]["snr"]
    assert found.precision["agreement"] == 100
    assert found.integer.total == found.real.total == 9
    assert found.integer.wrong == found.real.wrong
    assert str(found).startswith(f"{found.integer}, float {found.real}; 100.00 % same decisions")


@pytest.mark.parametrize("result", ["last", "every", "max"])
def test_outputs_beside_float(files, result):
    path, data = files / "bare.npz", files / "data"
    model = pascaline.import_network(path, calibrate=data, bits=12, result=result)
    assert model.card["read_as"] == {"result": result}
    found = pascaline.evaluate(model, data=data, float=path)
    assert found.integer is None
    assert found.precision["results_snr"] > 45
    assert found.precision["results"] == (180 if result == "every" else 9)


def test_another_network(files):
    model = pascaline.import_network(files / "head.npz", bits=8, classes="a,b,c")
    with pytest.raises(pascaline.InputError, match=r"^float: must be the network that head was"):
        pascaline.evaluate(model, data=files / "data", part="all", float=files / "bare.npz")


def test_inputs_beyond_x_are_told(files):
    path, data = files / "head.npz", files / "data"
    model = pascaline.import_network(path, bits=8, reach=0.25, classes="a,b,c")
    rule = r"^head: [\d.]+% of inputs \([\d,]+ of 2,160\) are beyond x \(Q-2\.9\), up to"
    with pytest.warns(UserWarning, match=rule):
        pascaline.evaluate(model, data=data, part="all")
    with pytest.warns(UserWarning, match=rule):
        pascaline.evaluate(model, data=data, part="all", float=path)


def invoke(*words):
    found = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_the_command_line(files):
    path, made = files / "bare.npz", files / "made.safetensors"
    options = ("--bits", 8, "--format", "cell=Q4.9", "--format", "0.pre=Q3.9", "--result", "every")
    text = invoke("import", path, "-o", made, "--calibrate", files / "data", *options)
    assert "Precision, against the float network" in text
    assert "What the next bit would buy" in text
    layer = pascaline.load(made).network.layer
    assert (str(layer.cell), str(layer.pre)) == ("Q4.9", "Q3.9")
    assert "Precision, against the float network" in invoke("show", made)
    found = json.loads(
        invoke("evaluate", made, "--data", files / "data", "--float", path, "--json")
    )
    assert found["precision"]["snr"] == pascaline.load(made).card["precision"]["snr"]
    text = invoke("import", path, "-o", made, "--bits", 12)
    assert "--calibrate DATA measures it" in text
    found = json.loads(
        invoke("import", path, "-o", made, "--calibrate", files / "data", "--bits", 8, "--json")
    )
    assert found["precision"]["bits"] == 8


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--format", "cell"), "--format: must be as cell=Q5.10, not 'cell'"),
        (("--format", "h=Q0.7", "--format", "h=Q0.8"), "--format h: must be said once"),
        (("--target-snr", "30"), "target_snr: needs data: calibrate"),
        (("--calibrate", "nowhere"), "nowhere: no such file or folder"),
    ],
)
def test_wrong_options(words, text, files):
    with pytest.raises(pascaline.InputError) as caught:
        invoke("import", files / "bare.npz", "-o", files / "made.safetensors", *words)
    assert str(caught.value) == text


def test_a_calibrated_machine_computes_what_golden_does(files):
    model = pascaline.import_network(files / "head.npz", calibrate=files / "data", bits=12)
    design = pascaline.make_design(model, units=4, simd=4)
    assert pascaline.simulate(design, samples=2).good
