"""Every command takes every model, shipped or not; what it cannot do is one line."""

import json
from pathlib import Path

import click
import numpy as np
import pytest

from pascaline.cli.main import cli
from pascaline.data.evaluate import evaluate
from pascaline.measure.samples import take_samples
from pascaline.spec.modelfile import read_model
from pascaline.spec.preprocess import rule_of
from tests.models import make_design
from tests.ownmodels import CLASSES, NAMES, learned, make_folder, make_own_models
from tests.sim.machines import tool_of

REFUSED = {
    ("evaluate", "brought"): "brought: card.data.name: is missing",
    ("measure activations", "brought"): "brought: card.data.name: is missing",
    ("measure attention", None): "must have attention",
    ("measure states", None): "must have one linear layer with a transform",
}
"""What a command says of a model that it is not for; ``None``: of all."""

HEAVY = ("explore", "measure faults", "measure loading", "measure ports", "measure simulators")
"""What synthesises or simulates several machines."""

SLOW = ("image", "report")
"""What takes seconds: tried on one model, on the others among the long tests."""

WORDS = {
    "activation": ("{model}", "--form", "pieces16", "-o", "other.safetensors"),
    "evaluate": ("{model}",),
    "explore": ("{model}", "--units", "1", "--simd", "1", "--jobs", "1"),
    "export": ("{model}", "-o", "float.safetensors"),
    "generate": ("{model}", "-o", "generated"),
    "image": ("{model}", "--for", "loaded/{name}.json", "-o", "weights.bin"),
    "measure activations": ("--models", "{model}", "--forms", "table"),
    "measure adders": ("--models", "{model}", "--effort", "0"),
    "measure attention": ("--models", "{model}"),
    "measure faults": ("{model}", "--count", "1", "--sim", "icarus", "--ports", "axi"),
    "measure loading": ("{model}", "--target", "generic"),
    "measure ports": ("{model}", "--sequences", "1", "--sim", "icarus"),
    "measure simulators": ("{model}", "--steps", "40000", "--icarus-steps", "4000"),
    "measure states": ("{model}",),
    "report": ("{model}",),
    "run": ("{model}", "{data}"),
    "show": ("{model}",),
    "simulate": ("{model}", "--sim", "icarus", "--samples", "2"),
}
"""The words behind each command that takes a model."""

DATA = {"folder": "waves/flat/0.csv", "text": "words.txt", "brought": "waves/flat/0.csv"}


def commands(group, before=()):
    """All commands of a group and of those in it, by their names."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        words = (*before, name)
        if isinstance(command, click.Group):
            yield from commands(command, words)
        else:
            yield " ".join(words), command


def test_every_command_that_takes_a_model_is_here():
    taking = {
        name
        for name, command in commands(cli)
        if {"model", "models"} & {parameter.name for parameter in command.params}
    }
    assert taking == set(WORDS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("own")
    make_own_models(path)
    return path


CASES = [
    pytest.param(command, name, marks=[pytest.mark.long] if long else [])
    for command in WORDS
    for name in NAMES
    for long in [command in HEAVY or (command in SLOW and name != NAMES[0])]
]


@pytest.mark.parametrize(("command", "name"), CASES)
def test_every_command_takes_every_model(command, name, made, pascaline, monkeypatch):
    monkeypatch.chdir(made)
    model = f"{name}.safetensors"
    if command == "image":
        assert pascaline("generate", model, "-o", "loaded", "--weights", "ram")[0] == 0
    words = [word.format(model=model, name=name, data=DATA[name]) for word in WORDS[command]]
    if "icarus" in words:
        tool_of("icarus")
    status, out, err = pascaline(*command.split(), *words)
    refusal = REFUSED.get((command, name)) or REFUSED.get((command, None))
    if refusal is None:
        assert (status, err) == (0, "")
        assert out
    else:
        assert (status, out) == (2, "")
        assert err.startswith("pascaline: ")
        assert refusal in err
        assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "inputs", "source", "count"),
    [
        ("folder", None, "held-out part of waves", 3),
        ("text", None, "held-out part of words.txt", 4),
        ("brought", None, "random, seed 0", 4),
        ("folder", "waves", "waves", 4),
        ("brought", "waves", "waves", 4),
        ("folder", "waves/flat/0.csv", "waves/flat/0.csv", 1),
        ("text", "words.txt", "words.txt", 4),
    ],
)
def test_what_is_simulated(name, inputs, source, count, made, monkeypatch):
    monkeypatch.chdir(made)
    design = make_design(read_model(Path(f"{name}.safetensors")))
    found = take_samples(design, 4, 0, inputs and Path(inputs))
    assert (found.source, len(found.sequences)) == (source, count)
    if inputs == "waves":
        assert found.labels == [0, 0, 1, 2]


def test_data_that_are_elsewhere(made, pascaline, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    model = made / "folder.safetensors"
    found = take_samples(make_design(read_model(model)), 2, 0, None)
    assert found.source == "random, seed 0; waves is not in this folder"
    status, _, err = pascaline("evaluate", model)
    rule = "was trained on waves, which is not in this folder: name data (--data)"
    assert (status, err) == (2, f"pascaline: folder: {rule}\n")
    assert pascaline("evaluate", model, "--data", made / "waves")[0] == 0


def test_data_that_have_changed(monkeypatch, tmp_path):
    make_own_models(tmp_path)
    np.savetxt(tmp_path / "waves" / "flat" / "new.csv", np.zeros((4, 2)), delimiter=",")
    monkeypatch.chdir(tmp_path)
    said = "waves has changed since folder was trained on it: what is held out, too"
    with pytest.warns(UserWarning, match=said):
        evaluate(read_model(Path("folder.safetensors")))


def test_own_data_are_no_data_set_of_the_same_name(pascaline, monkeypatch, tmp_path):
    make_folder(tmp_path / "digits")
    learned(tmp_path, "mine", "digits")
    monkeypatch.chdir(tmp_path)
    status, out, err = pascaline("evaluate", "mine.safetensors", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["samples"] == 3


def test_what_is_cut_is_counted_and_said(made, pascaline, monkeypatch, tmp_path):
    """One input in a hundred is ten times as far as x reaches: no reason to warn, but said."""
    far = np.zeros((50, 2))
    far[7, 0] = 20 / rule_of(read_model(made / "folder.safetensors")).gain[0] / 2
    for name in CLASSES[:2]:
        (tmp_path / "far" / name).mkdir(parents=True)
        np.save(tmp_path / "far" / name / "0.npy", far)
    monkeypatch.chdir(made)
    model, data = "folder.safetensors", tmp_path / "far"
    words = ["evaluate", model, "--data", data, "--part", "all"]
    status, out, err = pascaline(*words, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["cut"]["cut"], found["cut"]["total"]) == (2, 200)
    assert found["cut"]["factor"] == pytest.approx(10, rel=0.05)
    assert [(one["name"], one["of"]) for one in found["by_class"]] == [("fall", 1), ("flat", 1)]
    said = "1.00% of inputs (2 of 200) are beyond x (Q0.7), up to "
    assert said in " ".join(pascaline(*words)[1].split())
    samples = take_samples(make_design(read_model(Path(model))), 2, 0, data)
    assert samples.beyond.cut == 2


def test_classes_are_said(made, pascaline, monkeypatch):
    tool_of("icarus")
    monkeypatch.chdir(made)
    assert "0 fall, 1 flat, 2 rise" in pascaline("show", "folder.safetensors")[1]
    words = ["simulate", "folder.safetensors", "--sim", "icarus", "--samples", 2, "--json"]
    assert json.loads(pascaline(*words)[1])["classes"] == list(CLASSES)
    found = json.loads(pascaline("generate", "folder.safetensors", "-o", "named", "--json")[1])
    assert found["classes"] == list(CLASSES)
    assert found["features"]["format"] == "Q0.7"
