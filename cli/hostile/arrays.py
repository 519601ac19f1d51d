"""Hostile ``.npy``, ``.npz`` and ``.safetensors`` files of arrays."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from pascaline.cli.hostile.places import broken, written
from pascaline.data.recordings import read_recordings
from pascaline.data.unlabelled import read_unlabelled
from pascaline.importers.sources import read_foreign
from pascaline.measure.hostile import Attempt
from pascaline.sim.mutations import edited, text_of

__all__ = ["draw_npy", "draw_npz", "draw_safetensors", "read_npz"]

KINDS = (
    "<f4", "<f8", ">f2", "<i8", "|u1", "|b1", "|O", "<c16", "<U5", "<U2147483647", "|S0", "|V0",
    "|V2147483647", "<M8[s]", "<f16", "<f999", "f4,f4", "", "\0",
)  # fmt: skip
"""Types that a header may name."""

SIZES = (0, 1, -1, 3, 1 << 31, 1 << 32, 37 << 30, 1 << 62, 1 << 63, 1 << 64, 10**30)

LITERALS = (
    "(3,)", "3", "()", "None", "True", "(1.5,)", "('a',)", "(" * 500, "[" * 100_000, "9" * 5000,
    "(" + "1," * 100 + ")", "{}", "__import__('os')", "(-1, -1)", "\xff", "1e400",
)  # fmt: skip

NAMES = (".npy", "../x.npy", "/x.npy", "a\0b.npy", "features.npy", "a[/b].npy", "é.npy", "x" * 5000)

BOMB = 300 << 20


def draw_npy(rng: Random, folder: Path) -> Attempt:
    """A file of an array."""
    good = _npy(_array(rng))
    if rng.random() < 0.4:
        name, content = broken(good, rng)
    elif rng.random() < 0.2:
        name, content = "values", _npy(_odd(rng, _array(rng)))
    else:
        name, content = "header", _header(good, rng)
    return written(rng, folder / "x.npy", name, content)


def draw_npz(rng: Random, folder: Path) -> Attempt:
    """A file of recordings, of a network, or of sequences."""
    kind = rng.choice(("recordings", "network", "sequences"))
    members = {f"{name}.npy": _npy(array) for name, array in _arrays(kind, rng).items()}
    name, content = _MUTATIONS[rng.choice(list(_MUTATIONS))](members, rng)
    attempt = written(rng, folder / "x.npz", name, content)
    return Attempt(attempt.mutation, (kind, attempt.subject), attempt.named)


def draw_safetensors(rng: Random, folder: Path) -> Attempt:
    """A file of a network in the format of safetensors."""
    content = save({name: np.ascontiguousarray(a) for name, a in _arrays("network", rng).items()})
    if rng.random() < 0.3:
        return written(rng, folder / "x.safetensors", *broken(content, rng))
    size = 8 + int.from_bytes(content[:8], "little")
    header = edited(json.loads(content[8:size]), rng)
    text = text_of(header, rng).encode("utf-8", errors="surrogatepass")
    made = len(text).to_bytes(8, "little") + text + content[size:]
    return written(rng, folder / "x.safetensors", "header", made)


def read_npz(subject: tuple[str, Path]) -> None:
    """Read a file as what it is said to be."""
    kind, path = subject
    readers: dict[str, Any] = {
        "recordings": read_recordings,
        "network": read_foreign,
        "sequences": read_unlabelled,
    }
    readers[kind](path)


def _arrays(kind: str, rng: Random) -> dict[str, NDArray[Any]]:
    if kind == "recordings":
        return {"features": np.zeros((7, 2)), "lengths": np.array([3, 4]), "labels": np.arange(2)}
    if kind == "sequences":
        return {"a": np.zeros((3, 2)), "b": np.ones((2, 4, 2))}
    return {
        "weight_ih_l0": np.ones((12, 2)),
        "weight_hh_l0": np.ones((12, 3)),
        "bias_ih_l0": np.ones(12),
        "bias_hh_l0": np.ones(12),
        "fc.weight": np.ones((5, 3)),
        "fc.bias": np.ones(5),
    }


def _array(rng: Random) -> NDArray[Any]:
    shape = rng.choice(((4,), (4, 2), (2, 4, 2), (0,), (0, 2), (3, 0), (), (1, 1, 1, 1)))
    return np.zeros(shape, dtype=rng.choice(("<f4", "<f8", "<i8", "|u1")))


def _odd(rng: Random, array: NDArray[Any]) -> NDArray[Any]:
    """An array of the wrong type, shape or values."""
    kind = rng.choice(("<f4", "<f8", "<i8", "<u8", "|b1", "<c16", "<U5", "|S3", "<M8[s]", "<f2"))
    value = rng.choice((0, -1, 1, 1e308, -1e308, np.nan, np.inf, 1 << 62, 1e-320))
    shape = rng.choice((array.shape, (), (0,), (2, 0), array.shape[::-1], (1, *array.shape)))
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        try:
            return np.full(shape, value).astype(kind)
        except (ValueError, OverflowError):
            return np.zeros(shape, dtype=kind)


def _npy(array: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=True)
    return content.getvalue()


def _header(good: bytes, rng: Random) -> bytes:
    """The header says something else."""
    size = 10 + int.from_bytes(good[8:10], "little")
    kind, shape = repr(rng.choice(KINDS)), repr(tuple(rng.choices(SIZES, k=rng.randrange(4))))
    order = rng.choice(("True", "False", "0", "None"))
    if rng.random() < 0.3:
        kind = rng.choice((kind, *LITERALS, "[('a', '<f4')]", "('<f4', (2147483647,))"))
        shape, order = rng.choice((shape, *LITERALS)), rng.choice((order, *LITERALS))
    text = f"{{'descr': {kind}, 'fortran_order': {order}, 'shape': {shape}}}"
    if rng.random() < 0.1:
        text = rng.choice((*LITERALS, "", text * 2, text[:-1]))
    encoded = text.encode("latin-1") + b"\n"
    version = rng.choice((b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x09"))
    wide = version != b"\x01\x00"
    length = rng.choice((len(encoded),) * 4 + (0, 1 << 15, (1 << 32) - 1))
    head = struct.pack("<I", length) if wide else struct.pack("<H", min(length, 65_535))
    return good[:6] + version + head + encoded + good[size:]


def _zipped(members: dict[str, bytes], rng: Random, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(content, "w", kind) as file:
        for name, member in members.items():
            file.writestr(name, member)
    return content.getvalue()


def _broken(members: dict[str, bytes], rng: Random) -> tuple[str, bytes]:
    return broken(_zipped(members, rng), rng)


def _headers(members: dict[str, bytes], rng: Random) -> tuple[str, bytes]:
    name = rng.choice(list(members))
    return "header", _zipped(members | {name: _header(members[name], rng)}, rng)


def _values(members: dict[str, bytes], rng: Random) -> tuple[str, bytes]:
    name = rng.choice(list(members))
    found = np.load(io.BytesIO(members[name]))
    return "values", _zipped(members | {name: _npy(_odd(rng, found))}, rng)


def _names(members: dict[str, bytes], rng: Random) -> tuple[str, bytes]:
    found = dict(members)
    first = rng.choice(list(found))
    found[rng.choice(NAMES)] = found[first] if rng.random() < 0.5 else found.pop(first)
    return "names", _zipped(found, rng)


def _sizes(members: dict[str, bytes], rng: Random) -> tuple[str, bytes]:
    """Sizes, flags and methods of the directory are not true; encryption is among the flags."""
    good = bytearray(_zipped(members, rng, rng.choice((0, 8, 12, 14))))
    at = good.find(b"PK\x01\x02")
    while rng.random() < 0.5 and (after := good.find(b"PK\x01\x02", at + 1)) > 0:
        at = after
    place, size = rng.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (42, 4)))
    value = rng.choice((0, 1, 8, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 1 << 31, rng.getrandbits(32)))
    good[at + place : at + place + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    return "directory", bytes(good)


def _bomb(members: dict[str, bytes], rng: Random) -> tuple[str, bytes]:
    if rng.random() < 0.8:  # Most are small: packing the large ones takes a second.
        many = {f"{number}.npy": members[next(iter(members))] for number in range(3000)}
        return "many members", _zipped(members | many, rng)
    header = _npy(np.zeros((0, 2)))[:10]
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({BOMB // 8}, 2), }}"
    member = header[:8] + struct.pack("<H", 118) + text.ljust(117).encode() + b"\n" + bytes(BOMB)
    return "bomb", _zipped(members | {"features.npy": member}, rng)


_MUTATIONS: dict[str, Any] = {
    name: made
    for weight, name, made in (
        (8, "broken", _broken),
        (8, "header", _headers),
        (6, "values", _values),
        (3, "names", _names),
        (8, "directory", _sizes),
        (1, "bomb", _bomb),
    )
    for name in (f"{name} {number}" for number in range(weight))
}
"""As often as they are there."""
