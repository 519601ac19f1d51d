"""Inner loops in C++: the same numbers as in NumPy, in fewer passes over memory.

Where they cannot be compiled or the processor lacks AVX2 (`host.compiled`), and with
``PASCALINE_KERNELS=0``, NumPy does the work. So it does where a number may need more than 32 bits.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.host.compiled import compiled

__all__ = ["Kernel", "kernel"]

Kernel = Callable[..., None]
"""Gets arrays of the types that the C++ function has, or None, and integers."""

P, N, W = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "pairs": (P, P, N, N, P, P, N),
    "quads": (P, P, N, N, P, P, N),
    "standardise": (P, P, P, N),
    "affine": (P, P, P, N, W, W, W, P, P, P, N),
    "affine_wide": (P, P, P, N, W, W, W, P, P, P, N),
    "gates": (P, P, P, P, P, P, N),
    "lookup": (P, W, P, P, N, N, N),
}

NOTHING = ctypes.c_char * 0
Argument = NDArray[Any] | int | None


def kernel(name: str, *constants: Argument) -> Kernel | None:
    """One of the functions of ``kernels.cpp``; None if NumPy has to do.

    ``constants`` are its first arguments, whose arrays do not change.
    """
    library = _library()
    if library is None:
        return None
    function = getattr(library, name)
    function.argtypes, function.restype = ARGUMENTS[name], None
    first = [_address(one) for one in constants]

    def call(*arguments: Argument) -> None:
        function(*first, *[_address(one) for one in arguments])

    # The function has only their addresses.
    call.constants = constants  # type: ignore[attr-defined]
    return call


@cache
def _library() -> ctypes.CDLL | None:
    if os.environ.get("PASCALINE_KERNELS") == "0":
        return None
    return compiled(Path(__file__).with_name("kernels.cpp"))


def _address(argument: Argument) -> Any:
    """What ctypes takes for a pointer, or the integer itself."""
    if not isinstance(argument, np.ndarray):
        return argument
    # A third of the time of ``ctypes.data``, which all others need.
    if argument.flags.c_contiguous and argument.flags.writeable:
        return NOTHING.from_buffer(argument)  # type: ignore[arg-type]
    return argument.ctypes.data
