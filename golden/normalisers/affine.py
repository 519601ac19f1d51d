"""The affine of `spec.normalisers.affine`, bit-exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pascaline.golden.affine import Affine
from pascaline.golden.normalisers.normaliser import Normaliser
from pascaline.golden.rounding import Integers
from pascaline.spec.cells.layer import Layer

__all__ = ["RowAffine"]


class RowAffine(Normaliser):
    """A scale for each sum of a row and a bias."""

    def __init__(
        self,
        layer: Layer,
        scales: Mapping[str, Integers],
        bounds: Mapping[str, Sequence[int]],
        bias: Integers,
    ) -> None:
        self._names = list(scales)
        self._affine = Affine(
            list(scales.values()),
            [bounds[name] for name in self._names],
            bias,
            layer.normaliser.shift,
            layer.pre,
        )

    def __call__(self, sums: Mapping[str, Integers]) -> Integers:
        return self._affine(*(sums[name] for name in self._names))
