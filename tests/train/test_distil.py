from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pascaline
from pascaline.importers.plain import run_layers
from pascaline.spec.errors import InputError
from tests.command import pascaline as command
from tests.importers.floats import foreign_of, tensors_of

__all__ = ["command"]

torch = pytest.importorskip("torch")

INPUTS = 12


def features_of(*lengths: int, latent: int = 5) -> list[Any]:
    """Sequences that hang together, as real ones do, in their steps and in their inputs."""
    rng = np.random.default_rng(1)
    mix, made = rng.normal(size=(latent, INPUTS)) / latent**0.5, []
    for length in lengths:
        hidden = rng.normal(size=(length, latent))
        for step in range(1, length):
            hidden[step] = 0.8 * hidden[step - 1] + 0.6 * hidden[step]
        made.append(hidden @ mix + 0.02 * rng.normal(size=(length, INPUTS)))
    return made


def teacher(folder: Path, cell: str, **sizes: Any) -> Path:
    path = folder / "teacher.npz"
    np.savez(path, **tensors_of(cell, inputs=INPUTS, **sizes))
    return path


def snr(path: Path, model: Any, features: list[Any], **reading: Any) -> float:
    """Decibels of h, measured here."""
    from pascaline.importers.foreign import Reading
    from pascaline.importers.sources import read_foreign

    found = read_foreign(path, Reading(result="every", **reading)).network
    exact = [run_layers(found, x[:, None])[0][:, 0] for x in features]
    layer, x = model.network.layer, model.network.x
    made = pascaline.run(model, [x.quantize(one) for one in features]).results
    noise = sum(np.square(h * layer.h.lsb - e).sum() for h, e in zip(made, exact, strict=True))
    return float(10 * np.log10(sum(np.square(e).sum() for e in exact) / noise))


def test_better_than_quantising(tmp_path: Path) -> None:
    """By far than `--quantize`, and clearly than with `--calibrate`, too."""
    path, features = teacher(tmp_path, "lstm", hidden=24), features_of(*(50,) * 200)
    options = {"epochs": 80, "batch": 64, "rate": 0.005, "device": "cpu", "result": "every"}
    model = pascaline.nn.distil(path, features, **options)
    held_out = features[-40:]
    reach = max(float(np.abs(one).max()) for one in features)
    plain = pascaline.import_network(
        path, weights="ternary", quantize=True, reach=reach, bits=12, result="every"
    )
    found = model.card["distilled"]
    after = snr(path, model, held_out)
    assert after == pytest.approx(found["after"]["snr"], abs=0.01)
    assert after > snr(path, plain, held_out) + 6
    assert found["after"]["snr"] > found["before"]["snr"] + 1.5


@pytest.mark.parametrize(
    ("cell", "weights"),
    [
        ("lstm", "ternary"),
        ("lstm", "binary"),
        ("gru", "ternary"),
        ("gru", "fixed4"),
        ("gru-before", "exp3"),
        ("rnn", "binary"),
        ("rnn", "pow2i1f4"),
    ],
)
def test_begins_where_calibration_ends(cell: str, weights: str) -> None:
    """With hardly any learning the model stays what it was before."""
    found = distilled(cell, weights, rate=1e-9, result="every").card["distilled"]
    assert found["after"]["snr"] == pytest.approx(found["before"]["snr"], abs=0.3)


@pytest.mark.parametrize("result", ["last", "every", "max", "mean", "first-of-backward"])
def test_heads_of_both_directions(result: str) -> None:
    sizes = {"layers": 2, "both": True, "classes": 3}
    model = distilled("gru", "ternary", result=result, rate=0.01, epochs=12, **sizes)
    found = model.card["distilled"]
    assert model.card["curve"][-1][1] < model.card["curve"][0][1]
    assert model.card["precision"]["results"] == (99 if result == "every" else 4)
    assert found["data"]["sequences"] == {"train": 12, "held-out": 4}


def distilled(
    cell: str, weights: str, *, result: str, rate: float, epochs: int = 1, **sizes: Any
) -> Any:
    """A small model of a small network, by the function that the public one calls."""
    from pascaline.importers.calibrate.said import Said
    from pascaline.train.distil import distil
    from pascaline.train.distillation import Distillation

    chosen = {"weights": weights, "rate": rate, "epochs": epochs, "batch": 8, "length": 16}
    options = Distillation.parse(chosen | {"device": "cpu"}, thing="distil")
    return distil(
        foreign_of(cell, result=result, hidden=8, inputs=INPUTS, **sizes),
        features_of(*(20, 30, 30, 19) * 4),
        options,
        said=Said(({},) * sizes.get("layers", 1)),
        name="little",
    )


def test_the_same_seed_gives_the_same_model(tmp_path: Path) -> None:
    path, features = teacher(tmp_path, "gru", hidden=6), features_of(*(20,) * 6)
    one, two, other = (
        pascaline.nn.distil(path, features, epochs=3, batch=2, seed=seed, device="cpu")
        for seed in (0, 0, 1)
    )
    assert one.card == two.card
    assert all(np.array_equal(one.tensors[key], two.tensors[key]) for key in one.tensors)
    assert one.card["curve"] != other.card["curve"]


def test_command(command: Any, tmp_path: Path) -> None:
    path = teacher(tmp_path, "gru", hidden=6, classes=3)
    np.save(tmp_path / "data.npy", np.stack(features_of(*(20,) * 6)))
    output = tmp_path / "tuned.safetensors"
    options = ["--epochs", 2, "--device", "cpu", "--format", "h=Q0.9", "--head", "fc"]
    status, out, err = command(
        "distil", path, "--data", tmp_path / "data.npy", "-o", output, *options
    )
    assert (status, err) == (0, "")
    assert "Distillation, on held-out sequences" in out
    assert [file.name for file in tmp_path.glob("*.training")] == []
    card = pascaline.load(output).card
    assert card["command"] == (
        "pascaline distil teacher.npz --weights ternary --bits 12 --epochs 2 --batch 16"
        " --length 200 --rate 0.01 --seed 0 --data data.npy --head fc --format h=Q0.9"
        " -o tuned.safetensors"
    )
    assert len(card["distilled"]["teacher"]["sha256"]) == 64
    assert pascaline.load(output).network.layer.h.frac == 9


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"weights": "nothing"}, "distil: weights: must be binary, "),
        ({"bits": 3}, "distil: bits: should be greater than or equal to 4, not 3"),
        ({"formats": {"nothing": "Q0.7"}}, "format nothing: must be of "),
        ({"few": 1}, "data: must be at least 2 sequences, since the last fifth is held out, not 1"),
        ({"cell": "gru-before", "inputs": 5}, r"features\[0\]: shape must be \[steps, 5\]"),
    ],
)
def test_refusals(tmp_path: Path, options: dict[str, Any], text: str) -> None:
    inputs, few = options.pop("inputs", INPUTS), options.pop("few", 6)
    path = tmp_path / "teacher.npz"
    np.savez(path, **tensors_of("gru", inputs=inputs, hidden=4))
    with pytest.raises(InputError, match=f"^{text}"):
        pascaline.nn.distil(path, features_of(*(9,) * few), **options)
