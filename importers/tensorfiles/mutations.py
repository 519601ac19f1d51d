"""State_dicts that hold what is seldom thought of, as ``torch.save`` writes them."""

from __future__ import annotations

import io
import os
import warnings
from random import Random
from typing import Any

__all__ = ["prepare", "strange_state"]

KEYS: tuple[Any, ...] = (
    0, (1, 2), None, True, "", "\0", "a[/b]", "x" * 5000, "\u2028", 1.5, b"x", "lstm", frozenset(),
)  # fmt: skip


class Code:
    """What runs a program when it is unpickled by a reader that lets it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (99,)


def prepare() -> None:
    """Import what is needed; in forks, threads of others are not there."""
    import torch

    torch.set_num_threads(1)
    _saved({"x": torch.zeros(1)}, legacy=False)


def strange_state(rng: Random) -> tuple[str, bytes]:
    """What is strange about a file, and its content; ``good`` if nothing is."""
    state, name = _state(), "good"
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        name = _edit(state, rng)
    loaded: Any = state
    if rng.random() < 0.2:
        name, loaded = _wrapped(state, rng)
    try:
        with warnings.catch_warnings(action="ignore"):
            return name, _saved(loaded, legacy=rng.random() < 0.3)
    except Exception:  # Some cannot even be written.
        return "good", _saved(_state(), legacy=rng.random() < 0.5)


def _state() -> dict[Any, Any]:
    import torch

    return {
        "weight_ih_l0": torch.ones(12, 2),
        "weight_hh_l0": torch.ones(12, 3),
        "bias_ih_l0": torch.ones(12),
        "bias_hh_l0": torch.ones(12),
        "fc.weight": torch.ones(5, 3),
        "fc.bias": torch.ones(5),
    }


def _saved(loaded: Any, *, legacy: bool) -> bytes:
    import torch

    content = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        torch.save(loaded, content, _use_new_zipfile_serialization=not legacy)
    return content.getvalue()


def _edit(state: dict[Any, Any], rng: Random) -> str:
    """Change an entry; what is wrong with it."""
    key = rng.choice(list(state))
    if rng.random() < 0.3:
        state[rng.choice(KEYS)] = state.pop(key)
        return "key"
    with warnings.catch_warnings(action="ignore"):
        name, value = _value(rng, state[key])
    state[key] = value
    return name


def _value(rng: Random, tensor: Any) -> tuple[str, Any]:
    import torch

    plain = isinstance(tensor, torch.Tensor) and not tensor.is_nested and tensor.numel() < 100
    shape = tuple(tensor.shape) if plain else (2, 3)
    makers: dict[str, Any] = {
        "sparse": lambda: torch.ones(shape).to_sparse(),
        "compressed": lambda: torch.ones(4, 3).to_sparse_csr(),
        "quantised": lambda: torch.quantize_per_tensor(torch.ones(shape), 0.1, 0, torch.qint8),
        "meta": lambda: torch.ones(shape, device="meta"),
        "nested": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
        "expanded": lambda: torch.ones(1).expand(10**5, 10**5),
        "strided": lambda: torch.ones(8).as_strided((10**5, 10**4), (0, 0)),
        "complex": lambda: torch.ones(shape, dtype=torch.complex64),
        "conjugate": lambda: torch.ones(shape, dtype=torch.complex64).conj(),
        "negative": lambda: torch.ones(shape, dtype=torch.complex64).conj().imag,
        "bool": lambda: torch.ones(shape, dtype=torch.bool),
        "half": lambda: torch.ones(shape, dtype=torch.float16),
        "brain": lambda: torch.ones(shape, dtype=torch.bfloat16),
        "float8": lambda: torch.ones(shape).to(torch.float8_e5m2),
        "nan": lambda: torch.full(shape, rng.choice((float("nan"), float("inf"), 3e38, -3e38))),
        "integer": lambda: torch.full(shape, rng.choice((0, 1, -(1 << 62)))),
        "shape": lambda: torch.ones(rng.choice(((), (0,), (2, 0), (1, 1, 1), (12,), (3, 12)))),
        "parameter": lambda: torch.nn.Parameter(torch.ones(shape)),
        "text": lambda: "x",
        "number": lambda: rng.choice((None, 1, 2.5, True, 10**40)),
        "list": lambda: [tensor],
        "dict": lambda: {"a": {"b": tensor}, 0: tensor},
        "code": Code,
        "circle": _circle,
        "deep": _deep,
        "many": lambda: {str(number): tensor for number in range(3000)},
        "module": lambda: torch.nn.LSTM(2, 3),
        "array": lambda: torch.ones(shape).numpy(),
    }
    name = rng.choice(list(makers))
    return name, makers[name]()


def _wrapped(state: dict[Any, Any], rng: Random) -> tuple[str, Any]:
    kind = rng.choice(("list", "trainer", "twice", "tensor", "nothing", "deep", "module"))
    if kind == "trainer":
        return kind, {"state_dict": state, "epoch": 3, rng.choice(KEYS): 1}
    if kind == "twice":
        return kind, {"state_dict": state, "model": state}
    values: dict[str, Any] = {
        "list": [state],
        "tensor": next(iter(state.values())),
        "nothing": None,
        "deep": {"model": _deep()},
        "module": Code(),
    }
    return kind, values[kind]


def _circle() -> dict[str, Any]:
    made: dict[str, Any] = {}
    made["a"] = made
    return made


def _deep() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(200):
        made = {"a": made}
    return made
