"""A decoder: what is trained, what is frozen, and what golden makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.data import sets
from pascaline.data.edits import Edits
from pascaline.data.evaluate import evaluate
from pascaline.data.sets import DataSet, Part, Parts
from pascaline.golden.network import Golden
from pascaline.importers.draft import draft
from pascaline.importers.freeze import freeze
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.attention import Attention
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.modelfile import read_model
from pascaline.train import tasks
from pascaline.train.options import Options
from pascaline.train.tasks import Task, task
from tests.command import pascaline
from tests.train.formats import WIDE

torch = pytest.importorskip("torch")

from pascaline.spec.preprocess import Preprocess  # noqa: E402
from pascaline.train.decoder import transcribe  # noqa: E402
from pascaline.train.extract import learned  # noqa: E402
from pascaline.train.learn import build_transcriber  # noqa: E402
from pascaline.train.network import pad  # noqa: E402
from pascaline.train.options import Schedule  # noqa: E402
from pascaline.train.recipe import train  # noqa: E402

__all__ = ["pascaline"]

INPUTS, HIDDEN, CLASSES, EMBEDDING, MOST = 3, 6, 4, 5, 6

ATTENTIVE = WIDE.model_copy(
    update={"attention": Attention(score=Format(width=17, frac=10), bits=16)}
)


def make(options: Options, seed: int = 1) -> Any:
    """A network in double precision that gives outputs of many lengths."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_transcriber(
            options,
            inputs=INPUTS,
            hidden=HIDDEN,
            classes=CLASSES,
            embedding=EMBEDDING,
            most=MOST,
            h=ATTENTIVE.h,
        ).double()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter += 0.1 * torch.randn_like(parameter)
            network.head.weight.normal_(0, 1)
            network.decoder.normaliser.bias.normal_(0, 0.5)
            network.eval().clamp()
            # Logits are 0 in the mean.
            x, lengths = pad(make_inputs(), ATTENTIVE.x.lsb)
            targets = torch.randint(0, CLASSES, (MOST, x.shape[1]))
            network.head.bias -= network(x.double(), lengths, targets).mean(dim=(0, 1))
    return network


def make_inputs(count: int = 60) -> list[Any]:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 12, count)
    return [ATTENTIVE.x.quantize(rng.uniform(-1, 1, (steps, INPUTS))) for steps in lengths]


def make_model(network: Any, options: Options) -> Any:
    formats = ATTENTIVE
    if options.head_weights is not None:
        formats = ATTENTIVE.model_copy(update={"head": arithmetic(options.head_weights)})
    description = draft(
        formats,
        inputs=INPUTS,
        hidden=HIDDEN,
        weights=options.arithmetics[0],
        classes=CLASSES,
        cells=options.cells,
        bidirectional=bool(options.bidirectional),
        results="decoded",
        rectified=bool(options.rectified),
        embedding=EMBEDDING,
        most=MOST,
    )
    return freeze(learned(network), description, name="a")


CASES: dict[str, dict[str, Any]] = {
    "lstm": {},
    "forward": {"bidirectional": False},
    "gru": {"cell": "gru"},
    "gru-before": {"cell": "gru-before"},
    "rnn": {"cell": "rnn", "weights": "fixed8", "normaliser": "weightnorm"},
    "layers": {"layers": 2, "weights": "binary"},
    "head": {"head_weights": "ternary", "rectified": True},
}


@pytest.fixture(params=CASES)
def options(request: pytest.FixtureRequest) -> Options:
    return Options(**({"hidden": HIDDEN, "bidirectional": True} | CASES[request.param]))


def test_teacher_forcing_is_transcribing(options: Options) -> None:
    """Told what it has given itself, the network gives the same, each class from those before."""
    network, inputs = make(options), make_inputs()
    x, lengths = pad(inputs, ATTENTIVE.x.lsb)
    with torch.no_grad():
        given = network.transcribe(x.double(), lengths)
        targets = torch.full((MOST, len(given)), -1)
        for row, classes in enumerate(given):
            targets[: len(classes), row] = torch.from_numpy(classes)
        logits = network(x.double(), lengths, targets)
    assert len({len(classes) for classes in given}) > 1
    told = targets != -1
    assert torch.equal(logits.argmax(dim=2)[told], targets[told])
    ended = [classes[-1] == CLASSES - 1 for classes in given]
    assert all(done or len(classes) == MOST for done, classes in zip(ended, given, strict=True))
    assert all(CLASSES - 1 not in classes[:-1] for classes in given)


def test_what_follows_a_sequence_does_not_matter(options: Options) -> None:
    network, (first, *_) = make(options), make_inputs()
    long = np.concatenate([first, np.full_like(first, 9999), first])
    x, lengths = pad([long, first], ATTENTIVE.x.lsb)
    x[len(first) :, 1] = 1e3
    alone, _ = pad([first], ATTENTIVE.x.lsb)
    targets = torch.tensor([[0, 0], [2, 2], [1, 1]])
    with torch.no_grad():
        found = network(x.double(), lengths, targets)[:, 1:]
        torch.testing.assert_close(found, network(alone.double(), None, targets[:, 1:]))


def test_freezing_and_rounding_are_the_machine_s(options: Options) -> None:
    network, inputs = make(options), make_inputs()
    model = make_model(network, options)
    network.round(model.network)
    with torch.no_grad():
        network.double()
        x, lengths = pad(inputs, ATTENTIVE.x.lsb)
        given = network.transcribe(x.double(), lengths)
    golden = Golden(model).run(inputs).results
    same = [one.tolist() == other.tolist() for one, other in zip(given, golden, strict=True)]
    assert np.mean(same) >= 0.95
    assert len({tuple(one.tolist()) for one in golden}) > 3


def test_gradient() -> None:
    """Of what stands for a class, through scores and contexts; and through rounding."""
    options = Options(hidden=HIDDEN, bidirectional=True, weights="float")
    network, inputs = make(options), make_inputs(8)
    x, lengths = pad(inputs, ATTENTIVE.x.lsb)
    targets = torch.randint(0, CLASSES, (4, 8))

    def loss() -> Any:
        logits = network(x.double(), lengths, targets).flatten(0, 1)
        return torch.nn.functional.cross_entropy(logits, targets.flatten())

    def gradients() -> list[Any]:
        network.zero_grad()
        torch.autograd.backward(loss())
        return [one.grad.clone() for one in network.parameters()]

    # Real numbers, as if nothing were rounded: what a class stands for is, always.
    network._h = Format(width=32, frac=28)
    exact = gradients()
    for parameter, found in zip(network.parameters(), exact, strict=True):
        along = torch.randn_like(parameter)
        with torch.no_grad():
            ends = []
            for step in (1e-5, -1e-5):
                parameter += step * along
                ends.append(float(loss()))
                parameter -= step * along
        assert float((found * along).sum()) == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-5)
    network._h = ATTENTIVE.h
    network.round(make_model(network, options).network)
    for one, other in zip(exact, gradients(), strict=True):
        assert float((one - other).norm()) < 0.03 * float(one.norm()) + 1e-4


def test_shadows_are_clamped() -> None:
    network = make(Options(hidden=HIDDEN))
    with torch.no_grad():
        network.embedding.fill_(5.0)
        network.decoder.shadow_x.fill_(5.0)
    network.clamp()
    assert network.met.max() == ATTENTIVE.h.interval.hi * ATTENTIVE.h.lsb
    assert network.decoder.shadow_x.max() == 1


def test_nothing_learned() -> None:
    options, one = Options(hidden=HIDDEN), make(Options(hidden=HIDDEN))
    found = learned(one)
    object.__setattr__(found, "decoder", None)
    description = make_model(one, options).network
    with pytest.raises(InputError, match=r"^decoder: has not been learned$"):
        freeze(found, description, name="a")


def read_words(content: bytes) -> Parts:
    """Two to four blocks of steps, each with one large input of three: which ones, then 3."""
    rng = np.random.default_rng(int(content))

    def part(count: int) -> Part:
        sequences, labels = [], []
        for _ in range(count):
            classes = rng.integers(0, 3, rng.integers(2, 5))
            steps = np.repeat(classes, 3)
            sequence = rng.normal(0, 20, (len(steps), 3))
            sequence[np.arange(len(steps)), steps] += 150
            # A gap, so that equal neighbours are two.
            sequence[2::3] = rng.normal(0, 20, (len(classes), 3))
            sequences.append(sequence.astype(np.float32))
            labels.append(np.append(classes, 3))
        return Part(sequences, labels)

    return Parts(part(600), part(60))


@pytest.fixture
def words(tones: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    made = DataSet(**{**vars(tones), "name": "words", "classes": 4, "read": read_words})
    learns = Task(
        name="words",
        data="words",
        preprocess=lambda part: Preprocess.standard(part.sequences),
        schedule=Schedule(epochs=25, batch=30, rate=0.02),
        hidden=16,
        results="decoded",
        embedding=4,
        most=6,
    )
    monkeypatch.setitem(sets.DATA_SETS, made.name, made)
    monkeypatch.setitem(tasks.TASKS, learns.name, learns)


def test_command_line(pascaline: Any, words: None, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    chosen = ["words", "--bidirectional", "--device", "cpu", "-o", path]
    status, shown, _ = pascaline("train", *chosen)
    assert status == 0
    model = read_model(path)
    score, accuracy = evaluate(model), model.card["accuracy"]
    assert isinstance(score, Edits)
    assert accuracy["integer"] == score.card()
    assert score.rate < 0.1
    assert abs(accuracy["float"]["edits"] - score.edits) <= 4
    assert f"integer  {score} held-out" in shown
    status, shown, _ = pascaline("evaluate", path)
    # Some inputs are beyond what training makes the ends of x, which is said first.
    cut, result = shown.splitlines()
    assert (status, result) == (0, f"a: {score} on held-out, integer arithmetic")
    assert " are beyond x (Q0.7)" in cut
    status, _, _ = pascaline("generate", path, "--units", 1, "--simd", 2, "-o", tmp_path / "v")
    assert status == 0


def test_normalisers_and_draws(words: None, tmp_path: Path) -> None:
    """Statistics of the decoder's sums are taken, and taken anew for the weights of the model."""
    chosen = {"stochastic": True, "rule": "ardakani", "normaliser": "batchnorm", "dropout": 0.1}
    options = Options(**chosen, epochs=2, device="cpu")
    model = train("words", options, tmp_path / "a.safetensors")
    assert model.card["accuracy"]["integer"]["sequences"] == 60


def test_resume(words: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pascaline.train import fit

    def kill(stage: str, done: int, total: int, note: str = "") -> None:
        if done == 20:
            raise KeyboardInterrupt

    options = Options(epochs=2, device="cpu", bidirectional=True)
    whole, parted = tmp_path / "a" / "w.safetensors", tmp_path / "b" / "w.safetensors"
    train("words", options, whole)
    monkeypatch.setattr(fit, "PATIENCE", -1)
    with pytest.raises(KeyboardInterrupt):
        train("words", options, parted, progress=kill)
    train("words", options, parted, resume=True)
    assert parted.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"pooling": "mean"}, "pooling: must be none for a task with a decoder, not 'mean'"),
        ({"cell": "hadamard"}, "cell: must have a recurrent matrix and functions .*'hadamard'"),
        ({"cell": "lstm,rnn-linear"}, "cell: must have a recurrent matrix .*, not 'rnn-linear'"),
    ],
)
def test_refused(chosen: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=f"^{text}$"):
        Options(**chosen).settled(task("connected"))


def test_no_file_of_real_numbers(words: None, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^keep_float: must be left out for a task with a decod"):
        train("words", Options(), tmp_path / "a.safetensors", keep_float=tmp_path / "b")


def test_transcribing_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from pascaline.train import decoder

    network, inputs = make(Options(hidden=HIDDEN)).float(), make_inputs()
    whole = transcribe(network, inputs, lsb=ATTENTIVE.x.lsb)
    monkeypatch.setattr(decoder, "AT_ONCE", 7)
    parts = transcribe(network, inputs, lsb=ATTENTIVE.x.lsb)
    assert all(map(np.array_equal, whole, parts))
