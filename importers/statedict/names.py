"""Names of tensors: which parameter of which module each is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pascaline.spec.errors import InputError

__all__ = ["MOST_LAYERS", "Names", "natural", "sort_names", "tokens"]

MOST_LAYERS = 8
"""Layers that a network may have."""

RECURRENT = re.compile(
    r"(?:(?P<module>.*?)[./_])?(?P<kind>weight|bias|(?i:[wb]))_(?P<of>ih|hh|hr)"
    r"(?:_l(?P<layer>\d{1,6}))?(?P<reverse>_reverse)?"
)
"""A parameter of ``nn.LSTM`` and its kind, of ``nn.LSTMCell``, or one with a short name (w_ih)."""

DENSE = re.compile(r"(?:(?P<module>.*)[./_])?(?P<kind>weight|bias|(?i:[wb]))")
"""A parameter of a dense layer, or of any other module that has these."""

COUNTERS = ("num_batches_tracked", "epoch", "step", "global_step")
"""Numbers that no layer computes with."""

KINDS = {"w": "weight", "b": "bias"}


class Names(NamedTuple):
    """Names of tensors, sorted.

    Attributes
    ----------
    recurrent : dict of str to dict of str to str
        By module, and then by parameter, as ``weight_ih_l0``, the name of the tensor.
    dense : dict of str to dict of str to str
        The same of ``weight`` and ``bias`` of what is not recurrent.
    short : tuple of str
        Recurrent modules whose parameters have short names, which are not PyTorch's.
    counters : tuple of str
        Tensors that no layer computes with.
    """

    recurrent: dict[str, dict[str, str]]
    dense: dict[str, dict[str, str]]
    short: tuple[str, ...]
    counters: tuple[str, ...]


def sort_names(names: Iterable[str]) -> Names:
    """Sort the names of tensors by module, in their order.

    Raises
    ------
    InputError
        For a name that is no parameter of a recurrent module or of a dense layer.
    """
    recurrent: dict[str, dict[str, str]] = {}
    dense: dict[str, dict[str, str]] = {}
    short: dict[str, None] = {}
    counters: list[str] = []
    for name in names:
        group = dense
        if tokens(name)[-1:] == ["emb"] or tokens(name)[-1:] == ["embedding"]:
            module, parameter = name, "weight"
        elif match := RECURRENT.fullmatch(name):
            module, group = match["module"] or "", recurrent
            parameter = _parameter(name, match)
            if len(match["kind"]) == 1:
                short[module] = None
        elif name.rpartition(".")[2] in COUNTERS:
            counters.append(name)
            continue
        elif match := DENSE.fullmatch(name):
            module, kind = match["module"] or "", match["kind"].lower()
            parameter = KINDS.get(kind, kind)
        else:
            raise InputError(name, "tensor is not part of an LSTM, GRU or RNN or of its head")
        found = group.setdefault(module, {})
        if parameter in found:
            raise InputError(name, f"must not be there beside {found[parameter]}")
        found[parameter] = name
    return Names(recurrent, dense, tuple(short), tuple(counters))


def natural(name: str) -> list[tuple[int, str]]:
    """A key to sort names by, in which numbers count as such."""
    return [
        (int(part), "") if part.isdigit() else (-1, part)
        for part in re.split(r"([0-9]{1,9})", name)
    ]


def tokens(name: str) -> list[str]:
    """Words of a name, in small letters and without digits."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]


def _parameter(name: str, match: re.Match[str]) -> str:
    if match["of"] == "hr":
        raise InputError(name, "a projection is not supported")
    layer, kind = int(match["layer"] or 0), match["kind"].lower()
    if layer >= MOST_LAYERS:
        raise InputError(name, f"more than {MOST_LAYERS} layers are not supported")
    return f"{KINDS.get(kind, kind)}_{match['of']}_l{layer}{match['reverse'] or ''}"
