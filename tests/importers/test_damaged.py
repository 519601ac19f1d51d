"""Damaged files of tensors: each is read, or refused in one line."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from pascaline.importers.foreign import Reading
from pascaline.importers.sources import read_foreign
from pascaline.importers.statedict.reader import foreign_of
from pascaline.spec.errors import InputError
from tests.importers.test_statedict import dense, recurrent

FILES = 120
"""Damaged files of each kind."""

TENSORS = recurrent("rnn.", 3, 4, both=True) | dense("fc", 8, 2)


def torch_bytes(*, new: bool) -> bytes:
    torch = pytest.importorskip("torch")
    file = io.BytesIO()
    state = {name: torch.from_numpy(tensor) for name, tensor in TENSORS.items()}
    torch.save({"model": state, "epoch": 3}, file, _use_new_zipfile_serialization=new)
    return file.getvalue()


def npz_bytes(write: Callable[..., None]) -> bytes:
    file = io.BytesIO()
    write(file, **TENSORS)
    return file.getvalue()


KINDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "safetensors": (".safetensors", lambda: save(TENSORS)),
    "npz": (".npz", lambda: npz_bytes(np.savez)),
    "compressed": (".npz", lambda: npz_bytes(np.savez_compressed)),
    "torch": (".pt", lambda: torch_bytes(new=True)),
    "old torch": (".ckpt", lambda: torch_bytes(new=False)),
}


def refused(read: Callable[[], Any]) -> bool:
    """Whether it is; any other exception is a failure."""
    try:
        read()
    except InputError as error:
        text = str(error)
        assert "\n" not in text
        assert len(text) < 900
        return True
    return False


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(content)
    how = rng.integers(5)
    if how == 0:
        return bytes(data[: rng.integers(len(data))])
    if how == 1:
        at = rng.integers(len(data))
        del data[at : at + rng.integers(1, 30)]
    elif how == 2:
        at = rng.integers(len(data))
        data[at:at] = rng.bytes(rng.integers(1, 30))
    else:
        # Most of what decides lies at both ends.
        reach = min(len(data), 600)
        for _ in range(rng.integers(1, 6)):
            at = rng.integers(reach)
            data[at if how == 3 else -1 - at] = rng.integers(256)
    return bytes(data)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_bytes(kind: str, tmp_path: Path) -> None:
    suffix, make = KINDS[kind]
    content, rng, count = make(), np.random.default_rng(1), 0
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert not refused(lambda: read_foreign(path))
    for _ in range(FILES):
        path.write_bytes(damaged(content, rng))
        count += refused(lambda: read_foreign(path))
    assert count > FILES // 3


def remade(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A zip file with other members; their checksums are right."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
    return file.getvalue()


@pytest.mark.parametrize("kind", ["npz", "torch"])
def test_damaged_members(kind: str, tmp_path: Path) -> None:
    suffix, make = KINDS[kind]
    content, rng, count = make(), np.random.default_rng(2), 0
    path = tmp_path / f"a{suffix}"

    def change(name: str, data: bytes) -> bytes:
        return damaged(data, rng) if data and ("pkl" in name or rng.integers(4) == 0) else data

    for _ in range(FILES):
        path.write_bytes(remade(content, change))
        count += refused(lambda: read_foreign(path))
    assert count > FILES // 3


KINDS_OF_NUMBERS = ["f2", "f4", "f8", "i1", "u8", "c16", "?", "S3", "O", "M8[s]", "V4", "i4,f4"]


def test_wrong_tensors() -> None:
    """Other types, shapes and names; some missing, some twice."""
    rng, count = np.random.default_rng(3), 0
    names = list(TENSORS)
    for _ in range(600):
        tensors: dict[str, Any] = dict(TENSORS)
        name, other = names[rng.integers(len(names))], names[rng.integers(len(names))]
        how, tensor = rng.integers(7), tensors.pop(name)
        if how == 0:
            kind = KINDS_OF_NUMBERS[rng.integers(len(KINDS_OF_NUMBERS))]
            tensors[name] = np.zeros(tensor.shape, dtype=kind)
        elif how == 1:
            tensors[name] = tensor.T
        elif how == 2:
            tensors[name] = np.zeros([(), (0,), (3, 0), (2, 2, 2), (16,)][rng.integers(5)])
        elif how == 3:
            at = rng.integers(len(name))
            tensors[name[:at] + "gv0_.w"[rng.integers(6)] + name[at + 1 :]] = tensor
        elif how == 4:
            tensors |= {name: tensor, f"second.{other}": tensor}
        elif how == 5:
            tensor = tensor.copy()
            tensor.flat[rng.integers(tensor.size)] = [np.nan, np.inf, -np.inf, 1e300][
                rng.integers(4)
            ]
            tensors[name] = tensor
        reading = Reading(head=[None, "none", "fc"][rng.integers(3)])
        with np.errstate(over="ignore", invalid="ignore"):
            count += refused(lambda: foreign_of(tensors, reading))  # noqa: B023
    assert count > 400
