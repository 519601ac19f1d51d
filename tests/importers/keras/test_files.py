"""Files of Keras that are damaged, forged, or of older versions."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.importers.keras import hdf5
from pascaline.importers.sources import read_foreign
from pascaline.spec.errors import InputError
from tests.importers.keras.models import L, computed, functional, keras, raw, sequential

h5py = pytest.importorskip("h5py")

pytestmark = pytest.mark.filterwarnings("ignore")

MUTATED = 200
"""Mutated files of each form."""


@pytest.fixture(scope="module")
def model() -> Any:
    return sequential(
        L.Normalization(),
        L.Bidirectional(L.LSTM(3, return_sequences=True)),
        L.BatchNormalization(),
        L.GRU(4),
        L.Dense(2, activation="softmax"),
    )


@pytest.fixture(scope="module")
def folder(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("keras")
    model.save(found / "net.keras")
    model.save(found / "net.h5")
    functional(L.LSTM(3), L.Dense(2)).save(found / "line.keras")
    return found


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes flipped, cut off, left out, doubled or set to extremes."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 6))):
        at, size = int(rng.integers(len(data))), int(rng.integers(1, 9))
        match int(rng.integers(6)):
            case 0:
                data[at] ^= 1 << int(rng.integers(8))
            case 1:
                data[at : at + size] = rng.bytes(size)
            case 2:
                data[at : at + size] = b"\xff" * size
            case 3:
                data[at : at + size] = bytes(size)
            case 4:
                del data[at : at + size]
            case _:
                del data[max(at, 16) :]
    return bytes(data)


def twisted(value: Any, rng: np.random.Generator) -> Any:
    """JSON with one value somewhere replaced by another one."""
    odd: list[Any] = [None, -1, 0, 1e308, 10**40, True, "", "x" * 5000, [], {}, [[]], "linear"]
    if isinstance(value, dict | list) and value and rng.random() < 0.93:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = keys[int(rng.integers(len(keys)))]
        changed = value.copy()
        changed[key] = twisted(value[key], rng)
        return changed
    return odd[int(rng.integers(len(odd)))]


def is_clear(path: Path) -> bool:
    """Whether a file is read, or refused in one line (anything else raises); true if refused."""
    line = ""
    try:
        foreign = read_foreign(path)
    except InputError as error:
        line = str(error)
    if line:
        assert line.startswith(str(path))
        assert "\n" not in line
        assert len(line) < 900
        return True
    assert all(np.isfinite(part.weight_x).all() for part in foreign.network.layers[0].parts)
    return False


@pytest.mark.parametrize("form", ["archive", "weights", "whole", "config", "line"])
def test_mutated_files_are_read_or_refused_in_one_line(
    form: str, folder: Path, tmp_path: Path
) -> None:
    rng, refused = np.random.default_rng(17), 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    suffix = ".h5" if form == "whole" else ".keras"
    source = folder / ("line.keras" if form == "line" else f"net{suffix}")
    content = source.read_bytes()
    for index in range(MUTATED):
        path = tmp_path / f"{index}{suffix}"
        if form in ("archive", "whole"):
            path.write_bytes(damaged(content, rng))
        else:
            parts = members(source)
            if form == "weights":
                parts["model.weights.h5"] = damaged(parts["model.weights.h5"], rng)
            else:
                config = twisted(json.loads(parts["config.json"]), rng)
                parts["config.json"] = json.dumps(config).encode()
            zipped(path, parts)
        refused += is_clear(path)
        path.unlink()
    assert refused > MUTATED // 10
    # In kilobytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_no_file(tmp_path: Path) -> None:
    for suffix in (".keras", ".h5", ".hdf5"):
        with pytest.raises(InputError, match=r"no such file$"):
            read_foreign(tmp_path / f"net{suffix}")


def refused(path: Path, text: str) -> None:
    with pytest.raises(InputError, match=text) as found:
        read_foreign(path)
    assert str(found.value).startswith(str(path))


def changed(folder: Path, tmp_path: Path, change: Callable[[Any], None]) -> Path:
    """An archive whose variables were changed through h5py."""
    parts = members(folder / "net.keras")
    file = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(file, "r+") as hdf5:
        change(hdf5)
    return zipped(tmp_path / "net.keras", parts | {"model.weights.h5": file.getvalue()})


KERNEL = "layers/gru/cell/vars/0"


def replaced(make: Callable[[Any], None]) -> Callable[[Any], None]:
    def change(hdf5: Any) -> None:
        del hdf5[KERNEL]
        make(hdf5)

    return change


def external(hdf5: Any) -> None:
    place = [("/etc/hostname", 0, h5py.h5f.UNLIMITED)]
    hdf5.create_dataset(KERNEL, (6, 12), "f4", external=place)


def virtual(hdf5: Any) -> None:
    layout = h5py.VirtualLayout((6, 12), "f4")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "a", (6, 12))
    hdf5.create_virtual_dataset(KERNEL, layout)


FORGED: dict[str, tuple[Callable[[Any], None], str]] = {
    "external link": (
        lambda hdf5: hdf5.__setitem__(KERNEL, h5py.ExternalLink("/tmp/other.h5", "/a")),
        "must not be a link",
    ),
    "soft link": (
        lambda hdf5: hdf5.__setitem__(KERNEL, h5py.SoftLink("/layers/dense/vars/0")),
        "must not be a link",
    ),
    "data elsewhere": (external, "must be kept in the file itself"),
    "virtual data": (virtual, "must be kept in the file itself"),
    "huge": (
        lambda hdf5: hdf5.create_dataset(KERNEL, (1 << 40, 1 << 20), "f4", chunks=(1, 64)),
        r"shape must be \[6, 12\]",
    ),
    "texts": (
        lambda hdf5: hdf5.create_dataset(KERNEL, (6, 12), h5py.string_dtype()),
        "must hold real numbers",
    ),
    "complex": (lambda hdf5: hdf5.create_dataset(KERNEL, (6, 12), "c8"), "must hold real numbers"),
    "not finite": (
        lambda hdf5: hdf5.create_dataset(KERNEL, data=np.full((6, 12), np.nan)),
        r"kernel\[0, 0\]: must be finite, not nan",
    ),
    "missing": (lambda hdf5: None, "kernel: variable is missing"),
    "a group": (lambda hdf5: hdf5.create_group(KERNEL), "kernel: variable is missing"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_variables(name: str, folder: Path, tmp_path: Path) -> None:
    make, text = FORGED[name]
    path = changed(folder, tmp_path, replaced(make))
    refused(path, f"GRU .*{text}|layers/gru/cell/vars/0: {text}")


def test_surplus_variable(folder: Path, tmp_path: Path) -> None:
    path = changed(folder, tmp_path, lambda hdf5: hdf5.create_dataset(KERNEL[:-1] + "3", (1,)))
    refused(path, "GRU .*has a variable that is not understood, not 'cell/vars/3'")


def test_compressed_variables_are_read(model: Any, folder: Path, tmp_path: Path) -> None:
    def change(hdf5: Any) -> None:
        values = hdf5[KERNEL][()]
        del hdf5[KERNEL]
        hdf5.create_dataset(KERNEL, data=values, compression="gzip", shuffle=True, fletcher32=True)

    path = changed(folder, tmp_path, change)
    first = computed(read_foreign(path), raw(model))
    np.testing.assert_array_equal(first, computed(read_foreign(folder / "net.keras"), raw(model)))


def test_zip_bomb(folder: Path, tmp_path: Path) -> None:
    parts = members(folder / "net.keras")
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", parts["model.weights.h5"])
        archive.writestr("config.json", bytes((1 << 26) + 1))
    refused(path, "config.json: must have at most 67108864 bytes, not 67108865")


def test_deep_json(folder: Path, tmp_path: Path) -> None:
    parts = members(folder / "net.keras")
    parts["config.json"] = b"[" * 200_000
    refused(zipped(tmp_path / "net.keras", parts), "must have a configuration in JSON")


def test_weights_alone(model: Any, tmp_path: Path) -> None:
    model.save_weights(tmp_path / "net.weights.h5")
    refused(tmp_path / "net.weights.h5", "must be a whole model: attribute model_config is missing")


def as_keras_2(config: dict[str, Any]) -> dict[str, Any]:
    """The same configuration in the words of Keras 2."""
    layers = []
    for one in config["config"]["layers"]:
        settings = {key: value for key, value in one["config"].items() if key != "dtype"}
        settings["dtype"] = "float32"
        if "batch_shape" in settings:
            settings["batch_input_shape"] = settings.pop("batch_shape")
        if one["class_name"] == "Bidirectional":
            settings["layer"] = {key: settings["layer"][key] for key in ("class_name", "config")}
            del settings["backward_layer"]
        old = {"class_name": one["class_name"], "config": settings}
        if "inbound_nodes" in one:
            nodes = [node["args"][0]["config"]["keras_history"] for node in one["inbound_nodes"]]
            old |= {"name": one["name"], "inbound_nodes": [[[*node, {}]] for node in nodes]}
        layers.append(old)
    made = config["config"] | {"layers": layers}
    for end in ("input_layers", "output_layers"):
        if isinstance(made.get(end, [[]])[0], str):
            made[end] = [made[end]]
    return {"class_name": config["class_name"], "config": made}


@pytest.mark.parametrize("kind", ["Sequential", "Model", "no input layer", "list"])
def test_files_of_keras_2(kind: str, model: Any, tmp_path: Path) -> None:
    one, path = model, tmp_path / "net.hdf5"
    if kind == "Model":
        one = functional(L.Bidirectional(L.LSTM(3)), L.Dense(2, activation="softmax"))
    if kind == "no input layer":
        one = sequential(L.LSTM(3), L.Dense(2, activation="softmax"))
    one.save(path)
    with h5py.File(path, "r+") as hdf5:
        config = as_keras_2(json.loads(hdf5.attrs["model_config"]))
        if kind == "Model":
            config["class_name"] = "Model"
        if kind == "no input layer":
            shape = config["config"]["layers"].pop(0)["config"]["batch_input_shape"]
            config["config"]["layers"][0]["config"]["batch_input_shape"] = shape
        if kind == "list":
            config["config"] = config["config"]["layers"]
        del hdf5.attrs["model_config"]
        hdf5.attrs["model_config"] = json.dumps(config).encode()
        for name in hdf5["model_weights"]:
            group = hdf5["model_weights"][name]
            names = group.attrs["weight_names"]
            for old in names:
                group.move(old, f"{old}:0")
            del group.attrs["weight_names"]
            group.attrs["weight_names"] = np.array([f"{old}:0".encode() for old in names], "S")
    x = raw(one)
    z = computed(read_foreign(path), x)
    found = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(found, one.predict(x, verbose=0), rtol=0, atol=1e-6)


def test_files_of_keras_2_13(model: Any, folder: Path, tmp_path: Path) -> None:
    parts = members(folder / "net.keras")
    file = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(file, "r+") as hdf5:
        hdf5.move("layers", "_layer_checkpoint_dependencies")
    path = zipped(tmp_path / "net.keras", parts | {"model.weights.h5": file.getvalue()})
    one, other = (computed(read_foreign(at), raw(model)) for at in (path, folder / "net.keras"))
    np.testing.assert_array_equal(one, other)


def test_keras_is_not_loaded(folder: Path) -> None:
    """Neither Keras nor TensorFlow is asked for what a file means."""
    code = (
        "import sys; from pathlib import Path\n"
        "from pascaline.importers.sources import read_foreign\n"
        f"read_foreign(Path({str(folder / 'net.keras')!r}))\n"
        "sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'torch')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert keras.__version__.startswith("3.")


def test_a_file_that_the_library_never_comes_back_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
    content = bytearray(path.read_bytes())
    # The size of the first object in the heap of texts: 16 less than none leads back to it.
    at = content.index(b"GCOL") + 24
    content[at : at + 8] = (2**64 - 16).to_bytes(8, "little")
    path.write_bytes(content)
    monkeypatch.setattr(hdf5, "PATIENCE", 2)
    with pytest.raises(InputError, match=r"must be an HDF5 file \(reading it did not end in 2 s"):
        read_foreign(path)
