"""Classes of the sequences of a file: those of the golden model, and of the Verilog."""

from dataclasses import replace

import numpy as np
import pytest

import pascaline
from pascaline import models
from pascaline.data.evaluate import predict
from pascaline.data.mfcc import mfcc
from pascaline.data.recordings import read_recordings
from pascaline.measure import recognition
from pascaline.measure.recognition import Pieces
from pascaline.sim.job import Outcome
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import Preprocess, quantize
from tests.models import make_design, make_model
from tests.sim.machines import tool_of
from tests.waves import tone, wav

HEAD = {"classes": 3, "weights": "ternary"}
ATTENTION = {"pooling": "attention", "attention": {}}


def carded(model, *, steps=None, **card):
    rule = Preprocess.uniform(model.network.inputs, gain=0.004, steps=steps)
    more = {"preprocess": rule.model_dump(mode="json"), "logit_unit": 0.25} | card
    return replace(model, card=model.card | more)


@pytest.fixture
def model():
    return carded(make_model(inputs=13, head=HEAD, hidden=5), data={"names": ["a", "b", "c"]})


@pytest.fixture
def path(tmp_path):
    (tmp_path / "x.wav").write_bytes(wav(tone()))
    return tmp_path / "x.wav"


def test_recordings_have_the_classes_that_are_evaluated():
    """Those that are shipped are held out, and are to the bit what models are measured on."""
    model, recordings = pascaline.load("digits-ternary"), read_recordings(models.SAMPLE)
    wanted = quantize(recordings.sequences, model)
    inputs = pascaline.read_inputs(model, models.SAMPLE)
    assert all(np.array_equal(one, two) for one, two in zip(inputs, wanted, strict=True))
    found = pascaline.run_file(model, models.SAMPLE).answers
    classes = [answer.classes[0] for answer in found]
    assert classes == predict(model, wanted).tolist()
    wrong = {161, 222, 306, 311, 332, 375, 456}  # As its card says.
    hits = [one == two for one, two in zip(classes, recordings.labels, strict=True)]
    assert hits == [index not in wrong for index in range(len(classes))]


def test_sound_becomes_integers(model, path):
    [found] = pascaline.read_inputs(model, path)
    [wanted] = quantize([mfcc(np.round(tone() * 32768) / 32768)], model)
    assert np.array_equal(found, wanted)


def test_an_answer(model, path):
    [answer] = pascaline.run_file(model, path).answers
    inputs = pascaline.read_inputs(model, path)
    [[logits]] = pascaline.run(with_logits(model), inputs).results
    second, first = np.sort(logits)[-2:]
    assert answer.classes == (int(np.argmax(logits)),)
    assert answer.names == ("abc"[answer.classes[0]],)
    assert answer.margin == 0.25 * (first - second)
    assert (answer.sequence, answer.steps, answer.verilog) == (0, (0, 16), None)


def with_logits(model):
    head = model.network.head.model_copy(update={"output": "logits"})
    return replace(model, network=model.network.model_copy(update={"head": head}))


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        ({}, [(0, 7)]),
        ({"every": 3}, [(0, 3), (0, 6), (0, 7)]),
        ({"every": 7}, [(0, 7)]),
        ({"every": 9}, [(0, 7)]),
        ({"window": 5}, [(0, 5), (1, 6), (2, 7)]),
        ({"window": 4, "every": 2}, [(0, 4), (2, 6), (3, 7)]),
        ({"window": 9}, [(0, 7)]),
    ],
)
def test_pieces(model, tmp_path, pieces, wanted):
    """Of each, the class is that of its steps alone, whatever state they start from."""
    features = np.random.default_rng(1).normal(0, 100, (7, 13))
    np.save(tmp_path / "x.npy", features)
    found = pascaline.run_file(model, tmp_path / "x.npy", **pieces).answers
    assert [answer.steps for answer in found] == wanted
    [x] = quantize([features], model)
    alone = [pascaline.run(model, [x[start:end]]).results[0][0] for start, end in wanted]
    assert [answer.classes[0] for answer in found] == alone


@pytest.mark.parametrize(
    ("sim", "pieces"), [("icarus", {"every": 3}), ("verilator", {"window": 6, "every": 5})]
)
def test_verilog_says_the_same(model, tmp_path, sim, pieces):
    tool_of(sim)
    rng = np.random.default_rng(2)
    np.savez(tmp_path / "x.npz", one=rng.normal(0, 100, (9, 13)), two=rng.normal(0, 90, (4, 13)))
    found = pascaline.run_file(make_design(model), tmp_path / "x.npz", sim=sim, **pieces)
    assert found.compared.good
    assert found.compared.values == 2 * len(found.answers)
    assert all(answer.verilog == answer.classes for answer in found.answers)
    assert found.answers == [
        replace(answer, verilog=answer.classes)
        for answer in pascaline.run_file(model, tmp_path / "x.npz", **pieces).answers
    ]


@pytest.mark.parametrize(
    "network",
    [
        {"results": "every", "head": HEAD | {"output": "logits"}},
        {"layer": {"bidirectional": True}, **ATTENTION},
    ],
)
def test_other_networks_in_verilog(path, network):
    tool_of("icarus")
    model = carded(make_model(**{"inputs": 13, "head": HEAD} | network))
    found = pascaline.run_file(make_design(model, longest=20), path, sim="icarus")
    assert found.compared.good
    every = [(0, k + 1) for k in range(16)]
    assert [one.steps for one in found.answers] == (every if "results" in network else every[-1:])
    assert all(answer.verilog == answer.classes for answer in found.answers)


def test_a_difference_is_seen(model, path, monkeypatch):
    """A simulation that gives something else, and ends too early."""
    classes = [one.classes[0] for one in pascaline.run_file(model, path, every=8).answers]

    def other(*_, **__):
        return "", Outcome(results=[(classes[0] + 1) % 3], values=2, mismatches=1)

    monkeypatch.setattr(recognition, "run_design", other)
    found = pascaline.run_file(make_design(model), path, sim="verilator", every=8)
    assert not found.compared.good
    assert [one.verilog for one in found.answers] == [((classes[0] + 1) % 3,), ()]


def test_more_steps_than_in_training(tmp_path, path):
    model = carded(make_model(inputs=13, head=HEAD), steps=10)
    with pytest.warns(
        UserWarning, match=r"x\.wav: of 16 steps the first 10 count, as in training$"
    ):
        [answer] = pascaline.run_file(model, path).answers
    assert answer.steps == (0, 10)
    assert [one.steps for one in pascaline.run_file(model, path, every=8).answers] == [
        (0, 8),
        (0, 16),
    ]


def test_what_is_cut_is_counted_once(tmp_path):
    """Of all steps, where all count, though training has seen fewer of each sequence."""
    model = carded(make_model(inputs=13, head=HEAD), steps=10)
    features = np.random.default_rng(3).normal(0, 300, (40, 13))
    np.savez(tmp_path / "x.npz", one=features)
    with pytest.warns(UserWarning, match=r" of 520\) are beyond x ") as said:
        found = pascaline.run_file(model, tmp_path / "x.npz", every=8)
    assert str(said[0].message) == f"test: {found.beyond}"
    assert found.beyond.total == features.size


@pytest.mark.parametrize(
    ("network", "machine", "options", "line"),
    [
        ({"head": None}, None, {}, "test: must have a head to tell classes"),
        ({}, None, {"every": 0}, "run_file: every: should be greater than or equal to 1, not 0"),
        ({"results": "every"}, None, {"every": 2}, "every: must be left out: test has several"),
        ({"results": "every"}, None, {"window": 2}, "window: must be left out: test has several"),
        (ATTENTION, None, {"every": 2}, "every: needs a window: test has no result before it has"),
        ({}, {"streams": 2}, {}, "streams: must be 1 to follow a sequence, not 2"),
        (
            {"layer": {"bidirectional": True}},
            {"longest": 8},
            {},
            "inputs: must have at most 8 steps (--longest), not 16",
        ),
        ({"inputs": 12}, None, {}, "x.wav: features[0]: shape must be [steps, 12] with"),
    ],
)
def test_what_is_refused(path, network, machine, options, line):
    model = carded(make_model(**{"inputs": 13, "head": HEAD} | network))
    subject = model if machine is None else make_design(model, **machine)
    with pytest.raises(InputError) as error:
        pascaline.run_file(subject, path, **options, sim=machine and "verilator")
    assert line in str(error.value)


def test_pieces_of_a_sequence_that_is_too_short():
    assert Pieces(window=4).of(1) == [(0, 1)]
    assert Pieces(every=4).of(1) == [(0, 1)]
