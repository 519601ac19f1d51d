"""Random numbers for models and descriptions: for tests, for fuzzing, to size machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.formats import Format

if TYPE_CHECKING:
    from pascaline.spec.normalisers.normaliser import Normaliser

__all__ = ["draw_biases", "draw_format", "nearest"]


def draw_biases(
    rng: np.random.Generator, normaliser: Normaliser, to: Format, count: int, part: int
) -> NDArray[np.int64]:
    """Biases of a normaliser.

    Parameters
    ----------
    rng : Generator
        Where they come from.
    normaliser : Normaliser
        The normaliser.
    to : Format
        What its results are narrowed to.
    count : int
        How many.
    part : int
        Their standard deviation is 1 / ``part``, as a number of format ``to``.

    Returns
    -------
    (count,)
        The biases.
    """
    unit = float(1 << (to.frac + normaliser.shift))
    return nearest(rng.normal(0, unit / part, count), normaliser.biases.hi)


def draw_format(
    rng: np.random.Generator,
    width: tuple[int, int],
    frac: tuple[int, int],
    *,
    signed: bool = True,
) -> dict[str, Any]:
    """The description of a format; ``width`` and ``frac`` are first and one past the last."""
    drawn = {"width": int(rng.integers(*width)), "frac": int(rng.integers(*frac))}
    return drawn | {"signed": signed}


def nearest(values: NDArray[np.float64], limit: int) -> NDArray[np.int64]:
    """The nearest integers whose magnitudes are at most ``limit``."""
    return np.clip(np.round(values), -limit, limit).astype(np.int64)
