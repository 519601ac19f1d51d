"""Scaling of raw features in an imported model: far offsets, unequal inputs, any reach."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

import pascaline
from tests.importers.floats import tensors_of

INPUTS, CLASSES = 3, 5

SCALED = {
    "an offset": (1.0, 101_350.0),
    "a small offset": (1.0, 20.0),
    "large": (1e5, 0.0),
    "tiny": (1e-9, 0.0),
    "unequal": (np.array([1.0, 1e4, 1e-3]), 0.0),
    "unequal, with offsets": (np.array([1.0, 1e4, 1e-3]), np.array([-1e6, 3.0, 50.0])),
}


def network(path, scale, offset):
    """The same network for features that are scaled and moved, and 40 sequences of these."""
    tensors = tensors_of("gru", inputs=INPUTS, hidden=12, classes=CLASSES)
    weight = tensors["weight_ih_l0"] / (np.ones(INPUTS) * scale)
    tensors["bias_ih_l0"] = tensors["bias_ih_l0"] - weight @ (np.ones(INPUTS) * offset)
    tensors["weight_ih_l0"] = weight
    np.savez(path / "net.npz", **tensors)
    rng = np.random.default_rng(3)
    return [rng.uniform(-1, 1, (10, INPUTS)) * scale + offset for _ in range(40)]


@pytest.mark.parametrize("case", SCALED)
def test_calibration_does_not_lose_to_scale_and_offset(case, tmp_path):
    plain = pascaline.import_network(
        tmp_path / "net.npz", calibrate=network(tmp_path, 1.0, 0.0), bits=8
    )
    assert "fed" not in plain.card
    features = network(tmp_path, *SCALED[case])
    model = pascaline.import_network(tmp_path / "net.npz", calibrate=features, bits=8)
    found = model.card["precision"]
    assert found["snr"] > plain.card["precision"]["snr"] - 3
    assert found["x"]["cut"] == 0
    np.savez(tmp_path / "data.npz", *features)
    beside = pascaline.evaluate(
        model, data=tmp_path / "data.npz", float=tmp_path / "net.npz"
    ).precision
    assert beside["snr"] == pytest.approx(found["snr"])
    assert beside["agreement"] == found["agreement"]


def test_exported_with_its_scaling(tmp_path):
    features = network(tmp_path, *SCALED["an offset"])
    model = pascaline.import_network(tmp_path / "net.npz", calibrate=features, bits=8)
    pascaline.export_network(model, tmp_path / "again.safetensors")
    again = pascaline.import_network(
        tmp_path / "again.safetensors", preprocess=tmp_path / "again.json", reach=1
    )
    assert again.card["preprocess"] == model.card["preprocess"]


def test_rows_with_one_scale_keep_it(tmp_path):
    """Ternary rows stay ternary: all inputs get one gain."""
    features = network(tmp_path, *SCALED["unequal, with offsets"])
    rng = np.random.default_rng(0)
    tensors = dict(np.load(tmp_path / "net.npz"))
    for key in ("weight_ih_l0", "weight_hh_l0"):
        tensors[key] = 1e-4 * rng.integers(-1, 2, tensors[key].shape)
    np.savez(tmp_path / "net.npz", **tensors)
    model = pascaline.import_network(tmp_path / "net.npz", calibrate=features, weights="ternary")
    assert len(set(model.card["preprocess"]["gain"])) == 1


@pytest.mark.parametrize(
    "affine", [{"offset": [0], "gain": [1]}, {"offset": [0] * 3, "gain": [0] * 3}]
)
def test_a_card_with_another_affine(affine, tmp_path):
    features = network(tmp_path, *SCALED["an offset"])
    model = pascaline.import_network(tmp_path / "net.npz", calibrate=features, bits=8)
    broken = replace(model, card=model.card | {"fed": affine})
    np.savez(tmp_path / "data.npz", *features)
    with pytest.raises(pascaline.InputError, match=r"^net: card.fed"):
        pascaline.evaluate(broken, data=tmp_path / "data.npz", float=tmp_path / "net.npz")


@pytest.mark.parametrize("reach", [0.01, 0.3, 1, 100])
def test_a_reach_uses_all_bits(reach, tmp_path):
    """A network for small features is as near as one for features within 1."""
    features = network(tmp_path, reach, 0.0)
    model = pascaline.import_network(tmp_path / "net.npz", reach=reach)
    np.savez(tmp_path / "data.npz", *features)
    found = pascaline.evaluate(model, data=tmp_path / "data.npz", float=tmp_path / "net.npz")
    assert found.precision["agreement"] > 95
    top = model.network.x.interval.hi * model.network.x.lsb
    assert reach / 2 < top + model.network.x.lsb <= 2 * reach


def test_inputs_that_the_file_standardises_are_not_cut(tmp_path):
    """Of a model of Keras; by default four standard deviations go in."""
    h5py = pytest.importorskip("h5py")
    rng, units = np.random.default_rng(0), 4
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        shapes = (INPUTS, units), (units, units), (units,)
        for index, shape in enumerate(shapes):
            file[f"layers/simple_rnn/cell/vars/{index}"] = rng.normal(size=shape)
    mean, variance = [5.0, -300.0, 0.1], [4.0, 900.0, 1e-4]
    settings = [
        ("InputLayer", {"batch_shape": [None, None, INPUTS]}),
        ("Normalization", {"axis": -1, "mean": [[mean]], "variance": [[variance]]}),
        ("SimpleRNN", {"units": units, "activation": "tanh", "use_bias": True}),
    ]
    layers = [
        {"module": "keras.layers", "class_name": kind, "config": {"name": kind.lower(), **one}}
        for kind, one in settings
    ]
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": layers}}
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getvalue())
    model = pascaline.import_network(tmp_path / "net.keras")
    assert str(model.network.x) == "Q2.5"
    (said,) = [line for line in model.card["reading"]["assumed"] if "within" in line]
    assert said.startswith("inputs are within 4, and are cut beyond it, as they are standardised")
    assert str(pascaline.import_network(tmp_path / "net.keras", reach=1).network.x) == "Q0.7"
