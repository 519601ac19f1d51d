"""Signals that say what others mean: they compile for every kind of machine, and are right."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from pywellen import Waveform

import pascaline
from pascaline.hdl.decode import Phase
from pascaline.hdl.verilog import generate
from pascaline.sim.meaning import meaning
from pascaline.spec.model import Model
from pascaline.spec.stages.decode import PHASES
from tests.models import make_chains, make_design, make_model
from tests.sim.machines import tool_of

CHAINS = make_chains()
KINDS = ("alone", "mean, both directions", "residual, last", "decoder, on a bus")
NAMES = ("no", 'a "b" 5%', "Ä")


@pytest.mark.parametrize("name", KINDS)
def test_they_compile_in_every_machine(name, tmp_path):
    tool_of("icarus")
    design = CHAINS[name]
    made = meaning(design, generate(design).text)
    (tmp_path / "design.v").write_text(made.verilog)
    command = [shutil.which("iverilog"), "-g2012", "-Wall", "-t", "null", "-s", design.name]
    said = subprocess.run(
        [*command, "design.v"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert "meaning" not in said.stderr
    titles = [part.title for part in made.parts]
    assert titles[0].startswith("features, ")
    assert titles[1].startswith("results")
    assert titles[-1] == "phases"
    nets = [net.path.rpartition(".")[2] for part in made.parts for net, _ in part.nets]
    assert {f"x_{index}" for index in range(design.network.inputs)} <= set(nets)
    phases = [name for name in nets if name.endswith("phase")]
    cores = len(design.cores) + 2 * (design.network.decoder is not None)
    assert len(set(phases)) == len(phases) == cores


def test_phases_of_the_decoder_are_those_of_its_hardware():
    assert [phase.name.lower() for phase in Phase] == list(PHASES)


@pytest.fixture
def signals(tmp_path):
    """Record sequences of a model; what each signal is, from change to change."""

    def call(model, sequences, **machine):
        tool_of("icarus")
        design = make_design(model, **machine)
        path = tmp_path / "run.fst"
        found = pascaline.simulate(design, sequences, sim="icarus", waves=path)
        assert found.good
        inside = f"{design.name}.meaning."
        known = {
            signal.full_name.removeprefix(inside): [value for _, value in signal.tv]
            for signal in Waveform(str(path)).all_vars()
            if signal.full_name.startswith(inside)
        }
        return design, found, known

    return call


def text(number, width):
    return number.to_bytes(width, "big").decode().strip()


def changes(values):
    return [one for one, before in zip(values, [None, *values], strict=False) if one != before]


def named(**network):
    """A model whose classes have names."""
    model = make_model(inputs=5, head={"classes": 3, "weights": "ternary"} | network)
    card = {"data": {"names": list(NAMES)}}
    return Model(name="named", network=model.network, tensors=model.tensors, card=card)


SEQUENCES = [np.arange(-60, 60, 8).reshape(3, 5), 7 * np.arange(5).reshape(1, 5)]


@pytest.mark.parametrize("ports", ["stream", "axi"])
def test_features_classes_and_phases(signals, ports):
    design, found, known = signals(named(), SEQUENCES, units=2, simd=2, ports=ports)
    for index in range(5):
        taken = [0, *(row[index] / 128 for one in SEQUENCES for row in one)]
        assert known[f"x_{index}"] == changes(taken)
    classes = [text(value, max(map(len, NAMES))) for value in known["class_name"]]
    shown = [NAMES[result] if NAMES[result].isascii() else str(result) for result in found.results]
    assert classes == changes(["-", *shown])
    phases = [text(value, len("restore")) for value in known["phase"]]
    assert set(phases) <= {"x read", "h read", "wait", "finish", "idle"}
    # A tile reads x and then h, in each of the four steps.
    assert phases.count("x read") == 4 * design.cores[0].program.tiles


def test_logits_and_the_class_that_is_best(signals):
    _, found, known = signals(named(output="logits"), SEQUENCES, units=2, simd=2)
    first, last = np.reshape(found.results, (2, 3))
    for index in range(3):
        assert known[f"logit_{index}"] == changes([0, first[index], last[index]])
    best = [NAMES[int(np.argmax(one))] for one in (first, last)]
    best = [name if name.isascii() else str(NAMES.index(name)) for name in best]
    assert [text(value, max(map(len, NAMES))) for value in known["class_name"]] == changes(
        ["-", *best]
    )


def test_h_has_its_format(signals):
    design, found, known = signals(make_model(hidden=3, inputs=5), SEQUENCES, units=2, simd=2)
    one = 2.0 ** -design.cores[-1].layer.h.frac
    # Two beats of two elements each; what is beyond the vector is 0.
    vectors = np.reshape(found.results, (2, 4))
    for index in range(3):
        assert known[f"h_{index}"] == changes([0, *(h[index] * one for h in vectors)])
    assert not re.search("class_name", " ".join(known))
