from __future__ import annotations

import io
import json
import pickle
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from pascaline.data import arrays
from pascaline.importers.statedict.file import read_checkpoint
from pascaline.importers.tensorfiles import pickled
from pascaline.spec.errors import InputError

TENSORS = {
    "rnn.weight_ih_l0": np.arange(6, dtype=np.float32).reshape(2, 3) / 3,
    "fc.bias": np.array([1.5, -2.0]),
}

PICKLED = [".pt", ".pth", ".ckpt", ".bin", ".pkl"]


def check(found: dict[str, Any]) -> None:
    assert set(found) == set(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(found[name], tensor)


def refuse(path: Path, text: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}{text}$"):
        read_checkpoint(path)


def torch_file(path: Path, content: Any, **options: Any) -> Path:
    torch = pytest.importorskip("torch")
    torch.save(content, path, **options)
    return path


def torch_state() -> dict[str, Any]:
    torch = pytest.importorskip("torch")
    return {name: torch.from_numpy(tensor) for name, tensor in TENSORS.items()}


def test_safetensors(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "a.safetensors")
    check(read_checkpoint(tmp_path / "a.safetensors").tensors)


def test_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **TENSORS)
    check(read_checkpoint(tmp_path / "a.npz").tensors)
    np.savez_compressed(tmp_path / "b.npz", a=np.asfortranarray(np.arange(6).reshape(2, 3)))
    np.testing.assert_array_equal(
        read_checkpoint(tmp_path / "b.npz").tensors["a"], [[0, 1, 2], [3, 4, 5]]
    )


@pytest.mark.parametrize("suffix", PICKLED)
def test_torch(suffix: str, tmp_path: Path) -> None:
    path = torch_file(tmp_path / f"a{suffix}", torch_state())
    check(read_checkpoint(path).tensors)


def test_torch_from_before_zip_files(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch_file(path, torch_state(), _use_new_zipfile_serialization=False)
    check(read_checkpoint(path).tensors)


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model", "net"])
def test_wrappers(key: str, tmp_path: Path) -> None:
    state = {name: tensor.requires_grad_() for name, tensor in torch_state().items()}
    optimiser = {"state": {0: {"step": 3}}, "param_groups": [{"lr": 0.1}]}
    path = torch_file(tmp_path / "a.ckpt", {"epoch": 3, key: state, "optimizer": optimiser})
    found = read_checkpoint(path)
    check(found.tensors)
    assert found.left_out == ("epoch", "optimizer")


def test_dicts_in_dicts(tmp_path: Path) -> None:
    one, other = (torch_file(tmp_path / f"{name}.pt", {}) for name in "ab")
    state = torch_state()
    nested = {"rnn": {"weight_ih_l0": state["rnn.weight_ih_l0"]}, "fc": {"bias": state["fc.bias"]}}
    check(read_checkpoint(torch_file(one, {"state_dict": {"model": nested}, "lr": 1})).tensors)
    both = {"model": state, "ema": state, "epoch": 3}
    found = read_checkpoint(torch_file(other, both), "ema.")
    assert list(found.tensors) == ["ema.rnn.weight_ih_l0", "ema.fc.bias"]
    assert found.left_out == ("epoch", "model.rnn.weight_ih_l0", "model.fc.bias")


def test_part(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **TENSORS)
    found = read_checkpoint(tmp_path / "a.npz", "rnn.")
    assert list(found.tensors) == ["rnn.weight_ih_l0"]
    assert found.left_out == ("fc.bias",)
    text = r"^part: must be how the name of a tensor begins, not 'lstm'$"
    with pytest.raises(InputError, match=text):
        read_checkpoint(tmp_path / "a.npz", "lstm")


BITS = {"BF16": 0x3FC0, "F16": 0x3E00, "I16": 3, "U16": 3}
VALUES = {"BF16": 1.5, "F16": 1.5, "I16": 3, "U16": 3}


def safetensors(path: Path, kind: str, data: bytes, shape: list[int]) -> Path:
    header = json.dumps({"a": {"dtype": kind, "shape": shape, "data_offsets": [0, len(data)]}})
    path.write_bytes(len(header).to_bytes(8, "little") + header.encode() + data)
    return path


@pytest.mark.parametrize("kind", BITS)
def test_types_of_safetensors(kind: str, tmp_path: Path) -> None:
    data = BITS[kind].to_bytes(2, "little") * 2
    found = read_checkpoint(safetensors(tmp_path / "a.safetensors", kind, data, [1, 2]))
    assert found.tensors["a"].tolist() == [[VALUES[kind]] * 2]


@pytest.mark.parametrize("kind", ["F8_E4M3", "F8_E5M2", "BOOL", "C64"])
def test_other_types_of_safetensors(kind: str, tmp_path: Path) -> None:
    size = 8 if kind == "C64" else 1
    path = safetensors(tmp_path / "a.safetensors", kind, bytes(size), [1])
    refuse(path, f": a: must hold real numbers of 8 to 64 bits and no float8, not '{kind}'")


@pytest.mark.parametrize("kind", ["bfloat16", "float16", "int8", "uint16", "int64"])
def test_types_of_torch(kind: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = torch_file(tmp_path / "a.pt", {"a": torch.tensor([1, 3]).to(getattr(torch, kind))})
    assert read_checkpoint(path).tensors["a"].tolist() == [1, 3]


def strange() -> dict[str, tuple[Any, str]]:
    torch = pytest.importorskip("torch")
    ones, real = torch.ones(2), "must hold real numbers of 8 to 64 bits and no float8, not"
    return {
        "sparse": (torch.eye(3).to_sparse(), "must be a plain tensor, not 'sparse_coo'"),
        "csr": (torch.eye(3).to_sparse_csr(), "must be a plain tensor, not 'sparse_csr'"),
        "meta": (
            ones.to("meta"),
            "must be a plain tensor, not 'without values (on the device meta)'",
        ),
        "quantised": (
            torch.quantize_per_tensor(ones, 0.1, 0, torch.qint8),
            "must be a plain tensor, not 'quantised (qint8)'",
        ),
        "nested": (
            torch.nested.nested_tensor([ones, torch.ones(3)]),
            "must be a plain tensor, not 'nested'",
        ),
        "complex": (torch.ones(2, dtype=torch.complex64), f"{real} 'complex64'"),
        "bool": (torch.ones(2, dtype=torch.bool), f"{real} 'bool'"),
        "float8": (ones.to(torch.float8_e5m2), f"{real} 'float8_e5m2'"),
        "number": (3, "must be a tensor, not 'int'"),
        "array": ([1.0], "must be a tensor, not 'list'"),
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [
        *("sparse", "csr", "meta", "quantised", "nested", "complex", "bool", "float8"),
        *("number", "array"),
    ],
)
def test_strange_tensors_of_torch(name: str, tmp_path: Path) -> None:
    tensor, text = strange()[name]
    refuse(torch_file(tmp_path / "a.pt", {"a": tensor}), f": a: {re.escape(text)}")


def test_parameters_and_views(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    base = torch.arange(6.0).reshape(2, 3)
    tensors = {"a": torch.nn.Parameter(base), "b": base.T, "c": torch.ones(1).expand(4)}
    found = read_checkpoint(torch_file(tmp_path / "a.pt", tensors)).tensors
    assert found["a"].tolist() == base.tolist()
    assert found["b"].tolist() == base.T.tolist()
    assert found["c"].tolist() == [1.0] * 4


def test_unknown_suffix(tmp_path: Path) -> None:
    every = ", ".join([".safetensors", ".npz", *PICKLED])
    refuse(tmp_path / "a.onnx", rf": must end with {re.escape(every)}, not '\.onnx'")


@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".pt"])
def test_no_file(suffix: str, tmp_path: Path) -> None:
    refuse(tmp_path / f"a{suffix}", r": no such file")
    (tmp_path / f"b{suffix}").mkdir()
    refuse(tmp_path / f"b{suffix}", r": cannot be read \(Is a directory\)")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"something else", bytes(100)])
def test_bad_files(content: bytes, tmp_path: Path) -> None:
    for suffix, kind in ((".safetensors", "a safetensors file"), (".npz", "an npz file")):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(content)
        refuse(path, rf": must be {kind}.*\(.*\)")


def test_npz_with_objects(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.array([None]))
    refuse(tmp_path / "a.npz", r": must be an npz file of numbers \(objects are not numbers\)")


def test_npz_that_is_one_array(tmp_path: Path) -> None:
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    refuse(tmp_path / "a.npz", r": must be an npz file of numbers \(.*\)")


def test_npz_that_says_more_than_it_holds(tmp_path: Path) -> None:
    header = io.BytesIO()
    shape = (10_000_000_000,)
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": shape}
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("a.npy", header.getvalue() + bytes(8))
    text = r"an array \[10000000000\] of float32 has 40000000000 bytes, not 8"
    refuse(tmp_path / "a.npz", rf": must be an npz file of numbers \({text}\)")


@pytest.mark.parametrize("suffix", [".npz", ".pt"])
def test_zip_bombs(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if suffix == ".pt":
        pytest.importorskip("torch")
    monkeypatch.setattr(arrays, "ALWAYS", 10_000)
    path = tmp_path / f"a{suffix}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", bytes(20_000))
    refuse(path, ": must hold at most 14,400 bytes when it is unpacked, not '20,000'")


@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".pt"])
def test_large_files(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    with path.open("wb") as file:
        file.truncate(40 << 30)
    pytest.importorskip("torch")
    refuse(path, ": must have at most 2,147,483,648 bytes, not '42,949,672,960'")


def test_large_safetensors(tmp_path: Path) -> None:
    header = {"a": {"dtype": "F32", "shape": [10**10], "data_offsets": [0, 4 * 10**10]}}
    text = json.dumps(header).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    refuse(path, r": must be a safetensors file \(.*\)")


def test_tensors_that_repeat_their_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    path = torch_file(tmp_path / "a.pt", {"a": torch.ones(1).expand(10**10)})
    refuse(path, ": must hold at most 2,147,483,648 bytes, not '40,000,000,000'")


def test_large_storage_of_an_old_file(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "a.pt"
    torch_file(path, {"a": torch.ones(77)}, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    assert content.count(b"K\x4dN") == 1  # The number of elements, and no view.
    path.write_bytes(content.replace(b"K\x4dN", b"J\x00\x00\x00\x7fN"))
    refuse(path, ": must hold all 2,130,706,432 elements of a tensor")


def test_shape_beyond_the_storage(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for new in (True, False):
        path = tmp_path / f"{new}.pt"
        torch_file(path, {"a": torch.ones(3, 5)}, _use_new_zipfile_serialization=new)
        content = path.read_bytes()
        assert content.count(b"K\x03K\x05\x86") == 1
        large = content.replace(b"K\x03K\x05\x86", b"K\xf3K\xf5\x86")
        path.write_bytes(large)
        refuse(path, r": must (be a state_dict \(.*\)|hold all values of its tensors)")


def test_torch_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "a.pt").write_bytes(b"")
    text = r": needs PyTorch to be read; without it, save it as \.safetensors or \.npz"
    refuse(tmp_path / "a.pt", text)


class Trap:
    """Pickled code; reading it must not run it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("pickled code has run",))


def test_torch_runs_no_code(tmp_path: Path) -> None:
    torch_file(tmp_path / "a.pt", {"a": Trap()})
    refuse(tmp_path / "a.pt", r": must be a state_dict \(it holds a .*[Ff]ail, which is code: .*\)")
    (tmp_path / "b.pkl").write_bytes(pickle.dumps(Trap()))
    refuse(tmp_path / "b.pkl", r": must be a state_dict \(.*\)")


def test_modules(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = torch_file(tmp_path / "a.pt", torch.nn.LSTM(2, 3))
    text = "it holds a torch.nn.modules.rnn.LSTM, which is code: save its state_dict() alone"
    refuse(path, rf": must be a state_dict \({re.escape(text)}\)")


@pytest.mark.filterwarnings("ignore")
def test_torchscript(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 3)), tmp_path / "a.pt")
    refuse(tmp_path / "a.pt", r": must be a state_dict, not TorchScript: save .*")


def test_torch_without_tensors(tmp_path: Path) -> None:
    refuse(torch_file(tmp_path / "a.pt", [1, 2]), r": must be a state_dict, not 'list'")
    refuse(torch_file(tmp_path / "b.pt", {"epoch": 3}), r": epoch: must be a tensor, not 'int'")
    refuse(torch_file(tmp_path / "c.pt", {3: 3}), r": 3: must be a name, not 'int'")
    deep: dict[str, Any] = {}
    deep["a"] = deep
    refuse(torch_file(tmp_path / "d.pt", deep), r": a\.a.*: must lie in at most 8 dicts")


def test_reasons_are_short() -> None:
    for text in ("", "Weights only load failed. Do this\nand that", "One. Two."):
        assert "\n" not in pickled._reason(ValueError(text))
    assert pickled._reason(ValueError("")) == "ValueError"
    assert pickled._reason(ValueError("One. Two.")) == "One."
