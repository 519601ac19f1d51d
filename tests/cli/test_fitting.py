"""Weights of other trainings on a machine that has been generated."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pascaline.spec.fitting import with_room
from pascaline.spec.modelfile import read_model, write_model
from tests.models import make_model

HEAD = {"classes": 3, "weights": "ternary"}
RAM = ("--weights", "ram")


def training(path, *, bias_width=14, shift=16, **network):
    """A model file of what another training of a network might give."""
    layer = {"normaliser": {"shift": shift, "scale_width": 16, "bias_width": 20}}
    head = HEAD | {"bias_width": bias_width}
    made = make_model(name=path.stem, layer=layer, head=head, **network)
    most = (1 << bias_width - 1) - 1
    made = replace(made, tensors=made.tensors | {"head.bias": np.array([most, -most, 0])})
    write_model(made, path)
    return path


@pytest.fixture
def machine(pascaline, tmp_path):
    """The description of a machine."""
    first = training(tmp_path / "first.safetensors")
    assert pascaline("generate", first, *RAM, "-o", tmp_path / "out")[0] == 0
    return tmp_path / "out" / "first.json"


@pytest.mark.parametrize("other", [{"bias_width": 15}, {"shift": 15}, {"shift": 17, "seed": 3}])
def test_other_trainings_fit(other, machine, pascaline, tmp_path):
    model = training(tmp_path / "other.safetensors", **other)
    status, _, err = pascaline("image", model, "--for", machine, "-o", tmp_path / "other.bin")
    assert (status, err) == (0, "")
    wanted = json.loads(machine.read_text())["image"]
    words = np.frombuffer((tmp_path / "other.bin").read_bytes(), dtype="<u4")
    assert dict(zip(wanted, words.tolist(), strict=False)) == wanted
    # The same machine again, made for this model.
    like = ("--like", tmp_path / "first.safetensors")
    assert pascaline("generate", model, *RAM, *like, "-o", tmp_path / "again")[0] == 0
    assert json.loads((tmp_path / "again" / "other.json").read_text())["image"] == wanted
    assert (tmp_path / "again" / "other.bin").read_bytes() == (tmp_path / "other.bin").read_bytes()


def test_every_field_that_does_not_fit_is_named(machine, pascaline, tmp_path):
    model = training(tmp_path / "other.safetensors", bias_width=19, hidden=5)
    status, _, err = pascaline("image", model, "--for", machine, "-o", tmp_path / "other.bin")
    fields = "head.bias_width: 19, the machine has 16; layers[0].hidden: 5, the machine has 4"
    assert (status, err) == (2, f"pascaline: model other: must fit the machine; {fields}\n")
    assert not (tmp_path / "other.bin").exists()


def test_a_machine_that_must_be_wider_is_said(pascaline, tmp_path):
    first = training(tmp_path / "first.safetensors")
    model = training(tmp_path / "other.safetensors", bias_width=19)
    words = ("generate", model, *RAM, "--like", first, "-o", tmp_path / "out")
    status, _, err = pascaline(*words)
    wider = "the machine is wider than that of"
    assert (status, err) == (0, f"pascaline: {wider} {first}: head.bias_width: 19, not 16\n")
    status, _, err = pascaline("show", model, "--like", first)
    rule = "must be left out unless weights are loaded"
    assert (status, err) == (2, f"pascaline: like: {rule}, not 'first'\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image": {"shape": 1}}, "must be of this release, whose images have magic 1279480656"),
        ({"image": "PSCL"}, "must be the description of a machine"),
        ({"image": None}, "must describe a machine with --weights ram"),
        ({"network": {}}, "network: inputs: "),
    ],
)
def test_descriptions_that_are_none(change, said, machine, pascaline, tmp_path):
    machine.write_text(json.dumps(json.loads(machine.read_text()) | change))
    words = ("image", tmp_path / "first.safetensors", "--for", machine, "-o", tmp_path / "a.bin")
    status, _, err = pascaline(*words)
    assert (status, err.count("\n")) == (2, 1)
    assert err.startswith(f"pascaline: {machine}: {said}")


def test_import_rounds_for_a_machine(pascaline, tmp_path, rng):
    for name, size in (("first", 4.0), ("other", 0.25)):
        scale = size * rng.uniform(0.5, 1, (4, 1))
        tensors = {
            "rnn.weight_ih_l0": scale * rng.integers(-1, 2, (4, 3)),
            "rnn.weight_hh_l0": scale * rng.integers(-1, 2, (4, 4)),
        }
        np.savez(tmp_path / f"{name}.npz", **tensors)
    first, other = (tmp_path / f"{name}.safetensors" for name in ("first", "other"))
    ternary = ("--weights", "ternary")
    assert pascaline("import", tmp_path / "first.npz", *ternary, "-o", first)[0] == 0
    words = ("import", tmp_path / "other.npz", *ternary, "--like", first, "-o", other)
    status, out, _ = pascaline(*words)
    shift = with_room(read_model(first).network).layer.normaliser.shift
    assert status == 0
    assert f"layers[0].normaliser.shift: {shift} as in first, not {shift + 3}" in out
    assert read_model(other).network.layer.normaliser.shift == shift
    assert pascaline("generate", first, *RAM, "-o", tmp_path / "out")[0] == 0
    machine = tmp_path / "out" / "first.json"
    assert pascaline("image", other, "--for", machine, "-o", tmp_path / "a.bin")[0] == 0
