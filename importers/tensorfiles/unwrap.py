"""The ``state_dict`` within what a trainer keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pascaline.spec.errors import InputError

__all__ = ["WRAPPERS", "State", "unwrap"]

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
"""What trainers call it."""

DEEPEST, MOST = 8, 100_000
"""How deep dicts may lie in each other, and how many tensors there may be."""


class State(NamedTuple):
    """Tensors by name, and names of what is beside them."""

    tensors: dict[str, Any]
    left_out: tuple[str, ...]


def unwrap(path: Path, loaded: object, tensor: type) -> State:
    """Find the tensors; dicts in dicts become names with dots.

    What is beside a key of `WRAPPERS` (epoch, optimiser) is left out, but for a further
    ``state_dict``.

    Parameters
    ----------
    path : Path
        Names the file in messages.
    loaded : object
        What is in the file.
    tensor : type
        The class of tensors.

    Raises
    ------
    InputError
        If there is no ``state_dict``, or if anything in it is not a tensor, which is named.
    """
    left_out: list[str] = []
    for _ in range(DEEPEST):
        if not isinstance(loaded, Mapping):
            break
        inner = [key for key in WRAPPERS if isinstance(loaded.get(key), Mapping)]
        if not inner:
            break
        nets = [key for key in loaded if key in inner or _is_network(loaded[key], tensor)]
        left_out += [str(key) for key in loaded if key not in nets]
        if len(nets) > 1:
            loaded = {key: loaded[key] for key in nets}
            break
        loaded = loaded[inner[0]]
    if not isinstance(loaded, Mapping):
        raise InputError(str(path), "must be a state_dict", type(loaded).__name__)
    tensors: dict[str, Any] = {}
    for name, value in _leaves(path, loaded, ()):
        if not isinstance(value, tensor):
            raise InputError(f"{path}: {name}", "must be a tensor", type(value).__name__)
        if name in tensors:
            raise InputError(f"{path}: {name}", "must be there once")
        tensors[name] = value
        if len(tensors) > MOST:
            raise InputError(str(path), f"must have at most {MOST:,} tensors")
    return State(tensors, tuple(left_out))


def _leaves(
    path: Path, state: Mapping[Any, Any], above: tuple[str, ...]
) -> Iterator[tuple[str, object]]:
    if len(above) == DEEPEST:
        raise InputError(f"{path}: {'.'.join(above)}", f"must lie in at most {DEEPEST} dicts")
    for key, value in state.items():
        if not isinstance(key, str):
            raise InputError(f"{path}: {key!r}", "must be a name", type(key).__name__)
        if isinstance(value, Mapping) and value:
            yield from _leaves(path, value, (*above, key))
        else:
            yield ".".join((*above, key)), value


def _is_network(value: object, tensor: type) -> bool:
    """Whether it is a state_dict with a matrix, and so no state of an optimiser."""
    if not isinstance(value, Mapping):
        return False
    tensors: list[Any] = [one for one in value.values() if isinstance(one, tensor)]
    return len(tensors) == len(value) and any(one.dim() > 1 for one in tensors)
