"""Pooling by attention: what is trained, what is frozen, and what golden makes of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.data.evaluate import evaluate
from pascaline.data.sets import DataSet
from pascaline.golden.network import Golden
from pascaline.importers.draft import Formats, draft
from pascaline.importers.freeze import freeze
from pascaline.spec.attention import Attention
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.modelfile import read_model
from pascaline.train.options import Options
from tests.command import pascaline
from tests.train.formats import WIDE

torch = pytest.importorskip("torch")

from pascaline import nn  # noqa: E402
from pascaline.train.attention import AttentionPooling, weighted  # noqa: E402
from pascaline.train.extract import learned  # noqa: E402
from pascaline.train.learn import build  # noqa: E402
from pascaline.train.network import pad  # noqa: E402
from pascaline.train.recipe import train  # noqa: E402

__all__ = ["pascaline"]

INPUTS, HIDDEN, CLASSES, STEPS, BATCH = 4, 10, 3, 9, 40

ATTENTIVE = WIDE.model_copy(
    update={
        "attention": Attention(
            query=Format(width=16, frac=11), score=Format(width=17, frac=10), bits=16
        )
    }
)

H = Format(width=8, frac=7)


def make(options: Options, formats: Formats = ATTENTIVE, reach: float = 2.0) -> Any:
    """A network in double precision, its query far from where it starts."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        sizes = {"inputs": INPUTS, "hidden": HIDDEN, "classes": CLASSES}
        network = build(options, **sizes, attention=formats.attention).double()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter += 0.1 * torch.randn_like(parameter)
            network.attention.query.normal_(0, reach)
    return network.eval()


def make_model(network: Any, options: Options, formats: Formats = ATTENTIVE, **more: Any) -> Any:
    description = draft(
        formats,
        inputs=INPUTS,
        hidden=HIDDEN,
        weights=options.arithmetics[0],
        classes=CLASSES,
        cells=options.cells,
        bidirectional=bool(options.bidirectional),
        pooling="attention",
        **more,
    )
    return freeze(learned(network), description, name="a")


def make_inputs(x: Format = ATTENTIVE.x) -> list[Any]:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, STEPS + 1, BATCH)
    return [x.quantize(rng.uniform(-1, 1, (steps, INPUTS))) for steps in lengths]


def softmax_mean(every: Any, query: Any) -> Any:
    """Of one sequence (steps, outputs), as textbooks have it, but with powers of two."""
    powers = 2.0 ** (every @ query)
    return (powers[:, None] * every).sum(dim=0) / powers.sum()


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
def test_is_a_softmax_of_base_2(bidirectional: bool) -> None:
    network = make(Options(hidden=HIDDEN, pooling="attention", bidirectional=bidirectional))
    x, lengths = pad(make_inputs(), ATTENTIVE.x.lsb)
    with torch.no_grad():
        every, _, _ = network.stack[0](x.double(), lengths)
        query = network.attention.met
        seen = [softmax_mean(every[:n, row], query) for row, n in enumerate(lengths.tolist())]
        # What comes behind a sequence does not matter.
        x[lengths.min() :, lengths.argmin()] = 1e3
        found, _ = network(x.double(), lengths)
        torch.testing.assert_close(found, network.head(torch.stack(seen)))
        alone, _ = network(x[:3, :1].double())
        first, _ = network(x[:3, :1].double(), torch.tensor([3]))
        torch.testing.assert_close(alone, first)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("cell", ["lstm", "gru", "hadamard", "lstm-hadamard"])
def test_freezing_and_rounding_are_the_machine_s(cell: str, bidirectional: bool) -> None:
    chosen = {"cell": cell, "hidden": HIDDEN, "bidirectional": bidirectional}
    options = Options(**chosen, pooling="attention")
    network, inputs = make(options), make_inputs()
    model = make_model(network, options, output="logits")
    x, lengths = pad(inputs, ATTENTIVE.x.lsb)
    network.round(model.network)
    with torch.no_grad():
        found = network(x.double(), lengths)[0].numpy()
    integers = np.concatenate(Golden(model).run(inputs).results) * model.card["logit_unit"]
    assert np.abs(found - integers).max() < 0.003 * np.abs(found).max()
    # Not because all steps count alike.
    even = {"pooling.query": np.zeros_like(model.query)}
    plain = type(model)(name="a", network=model.network, tensors=model.tensors | even)
    others = np.concatenate(Golden(plain).run(inputs).results) * model.card["logit_unit"]
    assert np.abs(found - others).max() > 0.05 * np.abs(found).max()


def test_decides_as_the_network_does_in_8_bits() -> None:
    formats, options = Formats(), Options(hidden=HIDDEN, pooling="attention", bidirectional=True)
    network, inputs = make(options, formats), make_inputs(formats.x)
    model = make_model(network, options, formats)
    network.round(model.network)
    x, lengths = pad(inputs, formats.x.lsb)
    with torch.no_grad():
        classes = network(x.double(), lengths)[0].numpy().argmax(axis=1)
    assert len(set(classes.tolist())) > 1
    assert (np.concatenate(Golden(model).run(inputs).results) == classes).mean() >= 0.95


def test_gradient() -> None:
    torch.manual_seed(0)
    vectors = torch.randn(5, 3, 4, dtype=torch.float64, requires_grad=True)
    query = torch.randn(4, dtype=torch.float64, requires_grad=True)
    active = torch.arange(5)[:, None] < torch.tensor([1, 3, 5])
    assert torch.autograd.gradcheck(
        lambda q, v: weighted(v @ q, v, active), (query, vectors), check_undefined_grad=False
    )


def test_gradient_passes_rounding() -> None:
    """It is that of the real numbers that the rounded ones are near to."""
    torch.manual_seed(0)
    pooling, every = AttentionPooling(6, Attention()).double(), torch.rand(7, 5, 6).double()
    towards = torch.randn(5, 6).double()

    def gradient(h: Format | None) -> Any:
        pooling.zero_grad()
        torch.autograd.backward((pooling(every, None, h) * towards).sum())
        return pooling.query.grad.clone()

    with torch.no_grad():
        pooling.query.normal_(0, 1)
    exact = gradient(None)
    pooling.rounding = pooling.formats
    rounded = gradient(H)
    assert exact.norm() > 0.01
    assert not torch.equal(exact, rounded)
    assert float((exact - rounded).norm() / exact.norm()) < 0.05


def test_query_is_a_number_of_its_format() -> None:
    pooling = AttentionPooling(3, Attention())
    assert pooling.query.abs().max() < 1
    with torch.no_grad():
        pooling.query.copy_(torch.tensor([-100.0, 0.7, 100.0]))
    pooling.clamp()
    assert (pooling.met * 256).tolist() == [-2048, math.floor(0.7 * 256 + 0.5), 2047]


def test_point_of_the_query_is_where_it_fits() -> None:
    formats, options = Formats(), Options(hidden=HIDDEN, pooling="attention")
    network = make(options, formats)
    with torch.no_grad():
        network.attention.query[:2] = torch.tensor([-8.0, 0.3])
        inside = make_model(network, options, formats)
        assert inside.network.attention == Attention()
        assert inside.query[:2].tolist() == [-2048, 77]
        network.attention.formats = Attention(query=Format(width=16, frac=8))
        network.attention.query[0] = 20.0
        wider = make_model(network, options, formats)
        assert wider.network.attention.query == Format(width=12, frac=6)
        assert wider.query[:2].tolist() == [1280, 19]
        # Seven bits of h and one of the query are those of a score.
        network.attention.formats = Attention(query=Format(width=16, frac=1))
        network.attention.query[0] = 1024.0
        text = r"^pooling\.query\[0\]: must fit Q10\.1, not 1024"
        with pytest.raises(InputError, match=text):
            make_model(network, options, formats)


def test_no_query() -> None:
    options = Options(hidden=HIDDEN)
    network = build(options, inputs=INPUTS, hidden=HIDDEN, classes=CLASSES)
    with pytest.raises(InputError, match=r"^pooling\.query: has not been learned$"):
        make_model(network, options)


def test_export(tmp_path: Path) -> None:
    """Of a loop of one's own, whose softmax has base e."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net, fc = nn.LSTM(INPUTS, 16, bidirectional=True), nn.Linear(32, CLASSES)
        query = torch.nn.Parameter(torch.randn(32))
        with torch.no_grad():
            fc.bias.zero_()
    model = nn.export(
        net,
        tmp_path / "a.safetensors",
        head=fc,
        pooling="attention",
        query=query * math.log2(math.e),
        output="logits",
    )
    assert model.network.attention == Attention()
    inputs = model.network.x.quantize(np.random.default_rng(0).uniform(-1, 1, (60, 8, INPUTS)))
    x = torch.from_numpy(inputs.swapaxes(0, 1) * model.network.x.lsb).float()
    with torch.no_grad():
        every, _ = net.eval()(x)
        weights = torch.softmax(every @ query, dim=0)
        logits = fc((weights[..., None] * every).sum(dim=0)).numpy()
    found = np.concatenate(Golden(model).run(list(inputs)).results) * model.card["logit_unit"]
    assert np.abs(found - logits).max() < 0.03 * np.abs(logits).max()


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"pooling": "attention"}, "query: must be given if pooling is attention, and only then"),
        ({"query": [0.0] * 8}, "query: must be given if pooling is attention, and only then"),
        ({"pooling": "attention", "query": [[0.0] * 8]}, r"query: shape must be \[8\], not \[1, 8"),
        ({"pooling": "attention", "query": [np.nan] * 8}, r"pooling\.query\[0\]: must be finite"),
    ],
)
def test_what_is_not_exported(chosen: dict[str, Any], text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"^{text}"):
        nn.export(nn.LSTM(INPUTS, 8), tmp_path / "a.safetensors", **chosen)


def test_command_line(pascaline: Any, tones: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    words = ["train", "tones", "--pooling", "attention", "--bidirectional", "--hidden", 12]
    status, shown, _ = pascaline(*words, "--seed", 3, "--device", "cpu", "-o", path)
    assert status == 0
    model = read_model(path)
    assert f"integer  {evaluate(model)} held-out" in shown
    assert "--bidirectional --pooling attention --weights ternary" in model.card["command"]
    assert model.card["accuracy"]["integer"]["correct"] > 54
    assert model.query is not None
    assert np.abs(model.query).max() > 64
    status, _, error = pascaline(*words, "-o", path, "--keep-float", tmp_path / "b.safetensors")
    assert status == 2
    assert error == "pascaline: keep_float: must be left out: no file that is read has attention\n"


def test_training_goes_on_with_the_query(tones: DataSet, tmp_path: Path) -> None:
    """A query that is clamped stays within its range whatever the rate."""
    options = Options(hidden=6, pooling="attention", rate=1.0, epochs=2, device="cpu")
    model = train("tones", options, tmp_path / "a.safetensors")
    assert model.network.attention is not None
    assert np.abs(model.query).max() <= model.network.attention.query.interval.magnitude
    assert model.network.attention.query.frac == Attention().query.frac
