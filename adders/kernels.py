"""The search in C++: a state of sums that moves change.

Where it cannot be compiled (`host.compiled`), and with ``PASCALINE_KERNELS=0``, there is none, and
`greedy` does what it can.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pascaline.adders.sums import Sums
from pascaline.host.compiled import compiled
from pascaline.spec.formats import Interval

__all__ = ["OUT", "Search", "available", "library", "source"]

SOURCE, *HEADERS = (
    Path(__file__).with_name(name)
    for name in (
        "kernels.cpp",
        "moves.h",
        "sharing.h",
        "state.h",
        "widths.h",
        "pairs.h",
        "full.h",
        "fours.h",
        "draws.h",
    )
)

DEEPEST = 38
"""Of limits; no sum is as deep, and loads of sums that are have no place in 64 bits."""

OUT = 0.5
"""Of all moves, the part that takes a term out of a sum."""

P, N, R = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "adders_new": (P, (N, N, P, P, P, N, P, ctypes.c_uint64)),
    "adders_greedy": (None, (P,)),
    "adders_anneal": (None, (P, N, R, R, R)),
    "adders_loosen": (None, (P, N)),
    "adders_tighten": (None, (P, N)),
    "adders_cost": (N, (P,)),
    "adders_sums": (N, (P,)),
    "adders_terms": (N, (P,)),
    "adders_give": (None, (P, P, P)),
    "adders_end": (None, (P,)),
    "fours_new": (P, (N, N, P, ctypes.c_uint64)),
    "fours_anneal": (None, (P, N, R, R)),
    "fours_give": (None, (P, P)),
    "fours_end": (None, (P,)),
    "full_new": (P, (N, N, P, ctypes.c_uint64)),
    "full_anneal": (None, (P, N, R, R)),
    "full_nodes": (N, (P,)),
    "full_give": (None, (P, P)),
    "full_end": (None, (P,)),
}


@cache
def source() -> bytes:
    """All that the search is made of."""
    return b"".join(file.read_bytes() for file in (SOURCE, *HEADERS))


def available() -> bool:
    """Whether there is a search in C++."""
    return library() is not None


@cache
def library() -> ctypes.CDLL | None:
    """The functions in C++; None where there are none."""
    if os.environ.get("PASCALINE_KERNELS") == "0":
        return None
    found = compiled(SOURCE, *HEADERS)
    if found is not None:
        for name, (result, arguments) in FUNCTIONS.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    return found


class Search:
    """Sums that are shared better and better.

    Parameters
    ----------
    sums : Sums
        What to begin with.
    limit : int, optional
        Adders in a row that no output exceeds.
    ranges : sequence of Interval, optional
        Of each input, if the bits of all adders are to be few, and not their number. If numbers are
        so large that `Sums.bounds` has none, adders are counted none the less.
    seed : int
        Of what is drawn at random.
    """

    def __init__(
        self,
        sums: Sums,
        *,
        limit: int | None,
        ranges: Sequence[Interval] | None = None,
        seed: int,
    ) -> None:
        functions = library()
        assert functions is not None
        self._library = functions
        self.given = sums
        first, terms = np.ascontiguousarray(sums.first), np.ascontiguousarray(sums.terms)
        kept = sums.kept
        bounds = None if ranges is None else sums.bounds(ranges)
        self._state = functions.adders_new(
            sums.inputs,
            len(sums),
            first.ctypes.data,
            terms.ctypes.data,
            kept.ctypes.data,
            -1 if limit is None else min(limit, DEEPEST),
            None if bounds is None else bounds.ctypes.data,
            seed,
        )
        weakref.finalize(self, functions.adders_end, self._state)

    def greedy(self) -> None:
        """Share pairs, those first that most sums have."""
        self._library.adders_greedy(self._state)

    def anneal(self, moves: int, start: float, end: float, out: float = OUT) -> None:
        """Try so many moves; one more adder is taken with a chance that goes from start to end.

        Of the moves, `out` is the part that takes a term out of a sum.
        """
        self._library.adders_anneal(self._state, moves, start, end, out)

    def loosen(self, more: int) -> None:
        """Let outputs be deeper."""
        self._library.adders_loosen(self._state, more)

    def tighten(self, less: int) -> None:
        """Bring outputs back to a depth."""
        self._library.adders_tighten(self._state, less)

    @property
    def adders(self) -> int:
        """Of all sums."""
        found: int = self._library.adders_cost(self._state)
        return found

    def sums(self) -> Sums:
        """What has been found."""
        first = np.zeros(self._library.adders_sums(self._state) + 1, np.int64)
        terms = np.zeros(self._library.adders_terms(self._state), np.int64)
        self._library.adders_give(self._state, first.ctypes.data, terms.ctypes.data)
        return Sums(self.given.inputs, first, terms, self.given.outputs, self.given.pinned)
