"""Functions of one variable, of which machines have tables, lines or pieces."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format

__all__ = ["FUNCTIONS", "Function", "exact"]

Function = str | Callable[[float], float]
"""The name of one of `FUNCTIONS`, or any function from a real number to a real number."""


def _sigmoid(z: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * z))


def _gelu(z: float) -> float:
    return 0.5 * z * (1.0 + math.erf(z * math.sqrt(0.5)))


def _softplus(z: float) -> float:
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": _sigmoid,
    "tanh": math.tanh,
    "exp": math.exp,
    "gelu": _gelu,
    "softplus": _softplus,
}
"""The functions by name; cells have the first two."""


def exact(function: Function, values: Sequence[float], pre: Format) -> list[float]:
    """Real values of a function for numbers in units of the last place of a format.

    Raises
    ------
    InputError
        If there is no function of that name, or no finite value of one of them.
    """
    if isinstance(function, str):
        if function not in FUNCTIONS:
            raise InputError("function", f"must be one of {', '.join(FUNCTIONS)}", function)
        function = FUNCTIONS[function]
    found = []
    for value in values:
        real = value * pre.lsb
        try:
            result = float(function(real))
        except Exception as error:  # A user's function may raise anything.
            said = str(error) or type(error).__name__
            raise InputError("function", f"must have a value at {real}", said) from None
        if not math.isfinite(result):
            raise InputError("function", f"must be finite at {real}", str(result))
        found.append(result)
    return found
