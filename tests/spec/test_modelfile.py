import contextlib
import hashlib
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pascaline import models
from pascaline.spec.errors import InputError
from pascaline.spec.modelfile import (
    model_bytes,
    model_hash,
    pack,
    read_model,
    unpack,
    write_model,
)
from tests.golden.networks import STACKS
from tests.golden.networks import model as make_stack
from tests.models import make_model


@pytest.fixture
def model():
    return make_model(head={"classes": 2, "weights": "fixed5"}, hidden=5)


@pytest.fixture
def path(model, tmp_path):
    path = tmp_path / "m.safetensors"
    write_model(model, path)
    return path


def rewrite(path, *, tensors=None, document=None, metadata=None):
    """Write the file again with some of its content changed."""
    stored = load_file(path) | (tensors or {})
    header = json.loads(path.read_bytes()[8 : 8 + int.from_bytes(path.read_bytes()[:8], "little")])
    content = json.loads(header["__metadata__"]["pascaline"])
    if document is not None:
        content = document(content)
    save_file(
        stored, path, metadata={"pascaline": json.dumps(content)} if metadata is None else metadata
    )


@pytest.mark.parametrize("weights", ["binary", "ternary", "fixed3", "fixed12"])
@pytest.mark.parametrize("columns", [1, 3, 8])
def test_pack_and_unpack(weights, columns, rng):
    model = make_model(weights=weights, inputs=columns)
    kind = model.network.layers[0].weights
    codes = kind.encode(model.tensors["layers.0.weight_x"])
    packed = pack(codes, kind.bits)
    assert packed.shape == (16, -(-columns * kind.bits // 8))
    assert np.array_equal(unpack(packed, kind.bits, columns), codes)


def test_round_trip(model, path):
    back = read_model(path)
    assert (back.name, back.network, back.card) == (model.name, model.network, model.card)
    assert back.tensors.keys() == model.tensors.keys()
    for name, tensor in model.tensors.items():
        assert np.array_equal(back.tensors[name], tensor)


@pytest.mark.parametrize("name", STACKS)
def test_round_trip_of_stacks(name, tmp_path):
    model = make_stack([*STACKS[name], {"weights_x": "exp4", "weights_h": "binary"}])
    write_model(model, tmp_path / "m.safetensors")
    back = read_model(tmp_path / "m.safetensors")
    assert back.network == model.network
    for name, tensor in model.tensors.items():
        assert np.array_equal(back.tensors[name], tensor)


def test_files_from_before_there_were_other_cells(path):
    """An LSTM layer without a kind and with one arithmetic for both matrices."""
    new = read_model(path)

    def older(content):
        [layer] = content["network"]["layers"]
        layer["weights"] = layer.pop("weights_x")
        for name in ("kind", "weights_h", "bidirectional"):
            del layer[name]
        del content["network"]["pooling"]
        return content

    rewrite(path, document=older)
    assert read_model(path).network == new.network


def test_same_model_same_bytes(model, path, tmp_path):
    write_model(read_model(path), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_hash_is_that_of_the_file(model, path):
    """Also of one that another tool wrote; a model that is changed has one of its own."""
    written = hashlib.sha256(path.read_bytes()).hexdigest()
    assert model_hash(model) == model_hash(read_model(path)) == written
    rewrite(path, document=lambda content: dict(reversed(content.items())))
    other = read_model(path)
    assert other.file_hash == hashlib.sha256(path.read_bytes()).hexdigest() != written
    assert model_hash(pickle.loads(pickle.dumps(other))) == model_hash(other) == other.file_hash
    assert model_hash(replace(other, name=model.name)) == written


def test_ternary_file_is_two_bits_a_weight(tmp_path):
    write_model(make_model(hidden=128, inputs=128), tmp_path / "m.safetensors")
    weights, scalars = 4 * 128 * 256 * 2 // 8, 3 * 4 * 128 * 8
    assert (
        weights + scalars < (tmp_path / "m.safetensors").stat().st_size < weights + scalars + 3000
    )


def error_of(path):
    with pytest.raises(InputError) as error:
        read_model(path)
    text = str(error.value)
    assert "\n" not in text
    assert text.startswith(str(path))
    return text.removeprefix(str(path))


def test_missing(tmp_path):
    assert error_of(tmp_path / "none.safetensors") == ": no such file"


def test_folder(tmp_path):
    assert error_of(tmp_path) == ": cannot be read (Is a directory)"


@pytest.mark.parametrize("length", [0, 4, 100, -1])
def test_truncated(path, length):
    path.write_bytes(path.read_bytes()[:length])
    assert error_of(path).startswith(": must be a safetensors file (")


def test_long_messages_of_a_library_are_cut(path):
    header = b'"' + b"a" * 5000 + b'"'
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    text = error_of(path)
    assert text.startswith(": must be a safetensors file (")
    assert len(text) < 500


def test_garbage(path, rng):
    path.write_bytes(rng.bytes(1000))
    assert error_of(path).startswith(": must be a safetensors file (")


def test_no_flipped_bit_of_the_header_is_more_than_one_line(path, rng):
    good = path.read_bytes()
    refused = 0
    for place in rng.choice(int.from_bytes(good[:8], "little") + 8, 300, replace=False):
        broken = bytearray(good)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(broken))
        with contextlib.suppress(InputError):
            read_model(path)
            continue
        assert error_of(path)
        refused += 1
    assert refused > 200


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (lambda d: d | {"version": 2}, ": version: must be 1, not '2'"),
        (
            lambda d: {k: v for k, v in d.items() if k != "version"},
            ": version: must be 1, not 'null'",
        ),
        (lambda d: [], ": version: must be 1, not 'null'"),
        (
            lambda d: d | {"name": "a b"},
            ": name: must be a letter, then letters, digits, - or _, not 'a b'",
        ),
        (lambda d: d | {"extra": 1}, ": extra: extra inputs are not permitted, not 1"),
        (lambda d: d | {"\x7f": 1}, r": \x7f: extra inputs are not permitted, not 1"),
        (lambda d: d | {"a" * 99: 1}, f": {'a' * 40}...: extra inputs are not permitted, not 1"),
        (lambda d: d | {"version": "9" * 99}, f": version: must be 1, not '\"{'9' * 39}...'"),
        (
            lambda d: d | {"network": d["network"] | {"inputs": 400}},
            ": layers.0.weight_x: stored shape must be [20, 100], not [20, 1]",
        ),
        (
            lambda d: d | {"network": d["network"] | {"head": None}},
            ": head.bias: tensor is not part of the network",
        ),
    ],
)
def test_document(path, document, text):
    rewrite(path, document=document)
    assert error_of(path) == text


@pytest.mark.parametrize(
    ("tensors", "text"),
    [
        (
            {"layers.0.bias": np.zeros(20, np.float32)},
            ": layers.0.bias: must be stored as I64, not 'F32'",
        ),
        (
            {"layers.0.bias": np.full(20, np.nan)},
            ": layers.0.bias: must be stored as I64, not 'F64'",
        ),
        (
            {"layers.0.bias": np.zeros(19, np.int64)},
            ": layers.0.bias: stored shape must be [20], not [19]",
        ),
        (
            {"layers.0.weight_x": np.full((20, 1), 0b10, np.uint8)},
            ": layers.0.weight_x[0, 0]: must be a ternary weight, -1 to 1, not -2",
        ),
        (
            {"layers.0.weight_x": np.full((20, 1), 0b01000000, np.uint8)},
            ": layers.0.weight_x: unused bits at the end of a row must be 0",
        ),
        (
            {"layers.0.scale_x": np.full(20, 1 << 40)},
            ": layers.0.scale_x[0]: must be -32768 to 32767, not 1099511627776",
        ),
        ({"more": np.zeros(1)}, ": more: tensor is not part of the network"),
    ],
)
def test_tensors(path, tensors, text):
    rewrite(path, tensors=tensors)
    assert error_of(path) == text


def test_metadata(path):
    rewrite(path, metadata={})
    assert error_of(path) == ": must have a 'pascaline' entry in its metadata"
    rewrite_source = load_file(path)
    save_file(rewrite_source, path, metadata={"pascaline": "{"})
    assert error_of(path).startswith(": its 'pascaline' metadata: must be JSON (")
    save_file(rewrite_source, path, metadata={"pascaline": "[" * 100000})
    assert error_of(path).startswith(": its 'pascaline' metadata: must be JSON (")


def test_missing_tensor(path):
    stored = load_file(path)
    del stored["layers.0.scale_h"]
    header = path.read_bytes()
    metadata = json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")])["__metadata__"]
    save_file(stored, path, metadata=metadata)
    assert error_of(path) == ": layers.0.scale_h: tensor is missing"


def test_path_that_cannot_be_written(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"m.safetensors: cannot be written \(.*\)$"):
        write_model(model, tmp_path / "file" / "m.safetensors")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_shipped_files_are_written_again_byte_for_byte():
    """What descriptions have got since they were written is left out where it is not used."""
    files = sorted(models.SAMPLE.parent.glob("*.safetensors"))
    assert files
    for file in files:
        assert model_bytes(read_model(file)) == file.read_bytes(), file.name
