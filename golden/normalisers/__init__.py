"""The normalisers of `spec.normalisers`, bit-exact, one module each."""

from __future__ import annotations

from pascaline.golden.normalisers.affine import RowAffine
from pascaline.golden.normalisers.normaliser import Normaliser

__all__ = ["NORMALISERS", "Normaliser"]

NORMALISERS: dict[str, type[Normaliser]] = {"affine": RowAffine, "layernorm": RowAffine}
"""The normalisers by the same names as in `spec.normalisers.NORMALISERS`.

What layer norm does before is in `golden.standard`.
"""
