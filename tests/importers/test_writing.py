"""Models as PyTorch has them, and read again."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pascaline
from pascaline.cli.main import cli
from pascaline.golden.network import Golden
from pascaline.importers.writing.file import written
from pascaline.importers.writing.written import Written
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from tests.golden.test_decoder import make as make_decoder
from tests.importers.test_hadamrnn import paper


def read_again(model: Model, path: Path) -> Model:
    """What `pascaline import` makes of an exported model, with the options that it says."""
    found = pascaline.export_network(model, path)
    output = path.with_name("again.safetensors")
    cli.main(["import", str(path), *found.again, "-o", str(output)], standalone_mode=False)
    return pascaline.load(output)


def results(model: Model, x: list[NDArray[np.int64]]) -> list[NDArray[Any]]:
    return Golden(model).run(x).results


def inputs(model: Model, *lengths: int) -> list[NDArray[np.int64]]:
    rng, limits = np.random.default_rng(3), model.network.x.interval
    return [
        rng.integers(limits.lo, limits.hi + 1, size=(length, model.network.inputs))
        for length in lengths
    ]


def random_of(**described: Any) -> Model:
    return pascaline.random_model(pascaline.make_network(inputs=3, hidden=8, **described))


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("name", ["copy-1000-hadamard", "pixel-hadamard", "sentiment-hadamard"])
def test_hadamrnns_come_back_with_all_integers(name: str, suffix: str, tmp_path: Path) -> None:
    if suffix == ".pt":
        pytest.importorskip("torch")
    model = pascaline.load(name)
    made = read_again(model, tmp_path / f"net{suffix}")
    assert made.network == model.network
    for key, tensor in model.tensors.items():
        np.testing.assert_array_equal(made.tensors[key], tensor)
    assert made.card["preprocess"] == model.card["preprocess"]
    assert made.card["logit_unit"] == pytest.approx(model.card["logit_unit"])


def test_hadamrnns_are_what_the_authors_compute() -> None:
    model = pascaline.load("pixel-hadamard")
    found, x = written(model), inputs(model, 50, 50, 50, 50)
    made = [paper(dict(found.tensors), one * model.network.x.lsb, 512) for one in x]
    np.testing.assert_array_equal(np.argmax(made, axis=1), np.concatenate(results(model, x)))


@pytest.mark.parametrize(
    "described",
    [
        {"cell": "lstm", "classes": 4},
        {"cell": "gru", "layers": 2, "bidirectional": True, "results": "first-of-backward"},
        {"cell": "rnn", "weights": "binary", "recurrent_weights": "ternary", "pooling": "max"},
        {"cell": "rnn-relu", "classes": 3, "results": "every", "output": "logits"},
    ],
)
def test_modules_compute_the_same_when_read_again(
    described: dict[str, Any], tmp_path: Path
) -> None:
    model = random_of(**described)
    made, x = read_again(model, tmp_path / "net.safetensors"), inputs(model, 20, 1, 7)
    assert [one.h for one in made.network.layers] == [one.h for one in model.network.layers]
    # Heads that are drawn need not reach the largest weight, and so are rounded to another unit.
    bodies = [
        replace(
            one,
            network=one.network.model_copy(update={"head": None}),
            tensors={key: of for key, of in one.tensors.items() if not key.startswith("head")},
        )
        for one in (made, model)
    ]
    for one, other in zip(*(results(body, x) for body in bodies), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "name", ["digits-ternary", "digits-gru-ternary", "rows-bilstm-ternary", "digits-binary"]
)
def test_shipped_models_compute_the_same_when_read_again(name: str, tmp_path: Path) -> None:
    model = pascaline.load(name)
    made, x = read_again(model, tmp_path / "net.safetensors"), inputs(model, 30, 12)
    for one, other in zip(results(made, x), results(model, x), strict=True):
        np.testing.assert_array_equal(one, other)
    for key in ("head.weight", "head.bias"):
        np.testing.assert_array_equal(made.tensors[key], model.tensors[key])


def test_torch_computes_what_is_written(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    model = pascaline.load("digits-ternary")
    found = pascaline.export_network(model, tmp_path / "net.pt")
    state = torch.load(tmp_path / "net.pt")
    rnn, fc = torch.nn.LSTM(13, 100).double(), torch.nn.Linear(100, 10).double()
    for module, prefix in ((rnn, "rnn."), (fc, "fc.")):
        own = {key.removeprefix(prefix): one for key, one in state.items() if prefix in key}
        module.load_state_dict(own)
    rng = np.random.default_rng(0)
    x = np.clip(np.rint(rng.normal(size=(24, 20, 13)) * 40), -128, 127).astype(np.int64)
    with torch.no_grad():
        h, _ = rnn(torch.from_numpy(x * model.network.x.lsb).transpose(0, 1))
        classes = fc(h[-1]).argmax(dim=1).numpy()
    made = np.concatenate(results(model, list(x)))
    assert np.count_nonzero(made == classes) >= 22
    assert found.what == "torch.nn.LSTM"


def test_what_is_rounded_anew_is_said() -> None:
    found = written(random_of(weights="fixed4", classes=2))
    assert [line.partition(":")[0] for line in found.notes][:2] == ["weights_x", "weights_h"]
    assert written(pascaline.load("digits-ternary")).notes == ()
    assert isinstance(found, Written)


def test_matrices_that_are_not_quantised_so_are_plain() -> None:
    model = random_of(cell="hadamard", weights="ternary", classes=2)
    network = model.network.model_dump()
    network["head"]["rectified"] = True
    network["layers"][0].update(block=4)
    network["layers"][0]["normaliser"].update(shift=8)
    drawn = pascaline.random_model(network)
    scales = {"layers.0.scale_h": np.full(8, 128)}
    found = written(replace(drawn, tensors=drawn.tensors | scales))
    assert "input_layer.weight" in found.tensors
    assert any(line.startswith("input_layer.weight: real numbers") for line in found.notes)


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "peephole": ({"cell": "lstm-peephole"}, "cell: must be one that PyTorch has a module of, not"),
    "before": ({"cell": "gru-before"}, "cell: must be one that PyTorch has a module of, not"),
    "no head": ({"cell": "hadamard"}, "head: must see max(h, 0) in a HadamRNN"),
    "layers": ({"cell": "hadamard", "layers": 2}, "layers: must be one in a HadamRNN"),
    "pooling": (
        {"cell": "hadamard", "classes": 2, "pooling": "mean"},
        "pooling: must be none in a HadamRNN",
    ),
    "attention": (
        {"cell": "lstm", "pooling": "attention"},
        "pooling: must be none, max or mean in other formats",
    ),
    "directions": (
        {"cell": "hadamard", "bidirectional": True},
        "layer: must have one direction in a HadamRNN",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused(name: str) -> None:
    described, text = REFUSALS[name]
    with pytest.raises(InputError, match=f"^{re.escape(text)}"):
        written(random_of(**described))


def test_a_decoder_is_refused() -> None:
    with pytest.raises(InputError, match=r"^decoder: must be left out: no module of PyTorch"):
        written(make_decoder({}))


def test_refused_by_layer() -> None:
    plain = {"hidden": 4, "weights": "ternary"}
    for layers, text in (
        ([plain | {"cell_affine": {}}], "cell_affine: must be left out"),
        ([plain | {"initial": True}], "initial states: must be zero"),
        ([plain, plain | {"hidden": 5}], "layers: must be of one cell"),
        (
            [plain | {"kind": "rnn", "function": "linear", "h": {"width": 8, "frac": 4}}],
            "cell: must be one that PyTorch",
        ),
    ):
        network: dict[str, Any] = {
            "inputs": 3,
            "layers": tuple({"kind": "lstm"} | one for one in layers),
        }
        with pytest.raises(InputError, match=f"^{text}"):
            written(pascaline.random_model(network))


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    text = f"{path}: must end with .safetensors, .pt, .pth, not '.onnx'"
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        pascaline.export_network(pascaline.load("tiny-rnn"), path)
