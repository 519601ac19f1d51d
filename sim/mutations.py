"""Model files that are broken in every way that one can think of."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import numpy as np

from pascaline.spec.modelfile import KEY, model_bytes
from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model

__all__ = [
    "BREAKS",
    "MUTATIONS",
    "TEXTS",
    "anything",
    "base_files",
    "described",
    "edited",
    "mutate",
    "text_of",
]

DEEP, LONG, TWICE = "@deep@", "@long@", "@twice@"
"""What JSON from Python never has: deep nesting, thousands of digits, a key that comes twice."""

SIZES = (0, -1, 1, 2, 3, 255, 2049, 1 << 31, 1 << 63, 1 << 64, 10**30, LONG)
NUMBERS = (0.5, -0.0, 1e-320, 1e308, float("inf"), float("-inf"), float("nan"))
TEXTS = (
    "",
    "a" * 5000,
    "\0",
    "\n",
    "a\u2028b",
    "\ud800",
    "é",
    "\U0001f600",
    "../x",
    "binary",
    "fixed99",
)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"": 0}, [None] * 100, DEEP)


def base_files() -> list[bytes]:
    """Good files of small networks that have everything between them."""
    layers: list[dict[str, Any]] = [
        {"hidden": 3, "weights": "binary"},
        {"hidden": 4, "weights": "ternary", "cell_affine": {}},
        {"hidden": 2, "weights": "fixed5", "activation": {"form": "pwl", "segments": 8}},
    ]
    heads: list[dict[str, Any] | None] = [
        None,
        {"classes": 3, "weights": "ternary", "scaled": True},
        {"classes": 2, "weights": "fixed3", "output": "logits"},
    ]
    files = []
    for number, (layer, head) in enumerate(zip(layers, heads, strict=True)):
        plain = {"inputs": 2 + number, "layers": [layer], "head": head}
        network = Network.parse(json.dumps(plain), thing="network")
        rng = np.random.default_rng(number)
        files.append(model_bytes(synthetic_model(f"base-{number}", network, rng)))
    return files


def mutate(good: bytes, rng: Random) -> tuple[str, bytes]:
    """The name of a mutation, and what it makes of a file."""
    name = rng.choice(list(MUTATIONS))
    return name, MUTATIONS[name](good, rng)


def _truncated(good: bytes, rng: Random) -> bytes:
    return good[: rng.randrange(len(good))]


def _flipped(good: bytes, rng: Random) -> bytes:
    broken = bytearray(good)
    for _ in range(rng.choice((1, 1, 1, 2, 8, 64))):
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
    return bytes(broken)


def _spliced(good: bytes, rng: Random) -> bytes:
    """A part of the file is lost, comes twice, or is something else."""
    first = rng.randrange(len(good))
    last = min(len(good), first + rng.choice((1, 2, 8, 100, 1000)))
    middle = rng.choice(
        (b"", good[first:last] * 2, rng.randbytes(last - first), bytes(last - first))
    )
    return good[:first] + middle + good[last:]


def _length(good: bytes, rng: Random) -> bytes:
    length = rng.choice(
        (0, 1, 7, len(good), 1 << 26, 1 << 40, (1 << 64) - 1, rng.randrange(len(good)))
    )
    return length.to_bytes(8, "little") + good[8:]


def _header(good: bytes, rng: Random) -> bytes:
    header, data = _split(good)
    return _join(text_of(edited(header, rng), rng), data)


def _document(good: bytes, rng: Random) -> bytes:
    return described(good, lambda document: edited(document, rng), rng)


def described(good: bytes, change: Callable[[Any], Any], rng: Random) -> bytes:
    """A model file with another description."""
    header, data = _split(good)
    document = json.loads(header["__metadata__"][KEY])
    header["__metadata__"][KEY] = text_of(change(document), rng)
    return _join(json.dumps(header), data)


def _numbers(good: bytes, rng: Random) -> bytes:
    """Numbers of tensors are anything."""
    header, data = _split(good)
    broken = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 10))):
        place = rng.randrange(len(broken))
        size = min(rng.choice((1, 1, 2, 8)), len(broken) - place)
        broken[place : place + size] = rng.randbytes(size)
    return _join(json.dumps(header), bytes(broken))


BREAKS: dict[str, Callable[[bytes, Random], bytes]] = {
    "truncated": _truncated,
    "bits flipped": _flipped,
    "spliced": _spliced,
}
"""Those that do not depend on the format."""

MUTATIONS: dict[str, Callable[[bytes, Random], bytes]] = {
    **BREAKS,
    "length": _length,
    "header": _header,
    "document": _document,
    "numbers": _numbers,
}
"""By name: from a good file and random numbers to another one."""


def _split(good: bytes) -> tuple[dict[str, Any], bytes]:
    end = 8 + int.from_bytes(good[:8], "little")
    return json.loads(good[8:end]), good[end:]


def _join(header: str, data: bytes) -> bytes:
    text = header.encode("utf-8", errors="surrogatepass")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def edited(plain: Any, rng: Random) -> Any:
    """Some of the places in a JSON value are something else, elsewhere, or gone."""
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        holder, key = rng.choice(list(_places(plain)) or [(None, None)])
        if holder is None:
            return anything(rng)
        kind = rng.randrange(6)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict):
            holder[rng.choice((*TEXTS, "hidden", "extra"))] = holder.pop(key)
        elif kind == 2 and isinstance(holder, dict):
            holder[f"{TWICE}{key}"] = anything(rng)
        elif kind == 3 and isinstance(holder[key], int):
            holder[key] += rng.choice((-1, 1, 8, 1 << 20))
        else:
            holder[key] = anything(rng)
    return plain


def _places(plain: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    keys = (
        plain if isinstance(plain, dict) else range(len(plain)) if isinstance(plain, list) else ()
    )
    for key in keys:
        found += [(plain, key), *_places(plain[key])]
    return found


def anything(rng: Random) -> Any:
    """A value that is seldom thought of."""
    return deepcopy(rng.choice(rng.choice((SIZES, NUMBERS, TEXTS, OTHERS))))


def text_of(plain: Any, rng: Random) -> str:
    """JSON of a value that `edited` may have made."""
    depth = rng.choice((100, 1000, 50_000))
    text = json.dumps(plain, ensure_ascii=rng.random() < 0.5)
    text = text.replace(f'"{DEEP}"', "[" * depth + "]" * depth)
    return text.replace(f'"{LONG}"', "9" * rng.choice((100, 5000))).replace(TWICE, "")
