from __future__ import annotations

import pickle
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from pascaline.importers.checkpoint import read_checkpoint
from pascaline.spec.errors import InputError

TENSORS = {
    "rnn.weight_ih_l0": np.arange(6, dtype=np.float32).reshape(2, 3) / 3,
    "fc.bias": np.array([1.5, -2.0]),
}


def check(found: dict[str, Any]) -> None:
    assert set(found) == set(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(found[name], tensor)


def test_safetensors(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "a.safetensors")
    check(read_checkpoint(tmp_path / "a.safetensors"))


def test_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **TENSORS)
    check(read_checkpoint(tmp_path / "a.npz"))


@pytest.mark.parametrize("suffix", [".pt", ".pth"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_torch(suffix: str, wrapped: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / f"a{suffix}"
    state = {name: torch.from_numpy(tensor) for name, tensor in TENSORS.items()}
    torch.save({"state_dict": state, "epoch": 3} if wrapped else state, path)
    check(read_checkpoint(path))


def refuse(path: Path, text: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}{text}$"):
        read_checkpoint(path)


def test_unknown_suffix(tmp_path: Path) -> None:
    text = r": must end with \.safetensors, \.npz, \.pt, \.pth, not '\.onnx'"
    refuse(tmp_path / "a.onnx", text)


@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".pt"])
def test_no_file(suffix: str, tmp_path: Path) -> None:
    refuse(tmp_path / f"a{suffix}", r": cannot be read \(No such file or directory\)")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"something else", bytes(100)])
def test_bad_files(content: bytes, tmp_path: Path) -> None:
    for suffix, kind in (
        (".safetensors", "a safetensors file of types that NumPy has"),
        (".npz", "an npz file"),
    ):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(content)
        refuse(path, rf": must be {kind}.*\(.*\)")


def test_npz_with_objects(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.array([None]))
    refuse(tmp_path / "a.npz", r": must be an npz file of numbers \(.*\)")


def test_npz_that_is_one_array(tmp_path: Path) -> None:
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    refuse(tmp_path / "a.npz", r": must be an npz file of numbers \(.*\)")


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
    torch = pytest.importorskip("torch")
    torch.save({"a": Trap()}, tmp_path / "a.pt")
    refuse(tmp_path / "a.pt", r": must be a state_dict \(.*\)")
    (tmp_path / "b.pt").write_bytes(pickle.dumps(Trap()))
    refuse(tmp_path / "b.pt", r": must be a state_dict \(.*\)")


def test_torch_without_tensors(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save([1, 2], tmp_path / "a.pt")
    refuse(tmp_path / "a.pt", r": must be a state_dict, not 'list'")
    torch.save({"epoch": 3}, tmp_path / "b.pt")
    refuse(tmp_path / "b.pt", r": epoch: must be a tensor, not 'int'")
