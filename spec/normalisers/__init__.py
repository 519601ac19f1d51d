"""Normalisers: what makes pre-activations of the sums of gate rows, one module each.

A normaliser is described by a `spec.normalisers.normaliser.Normaliser`. Its bit-exact model is in
`golden.normalisers`, its hardware in `hdl.normalisers`, under the same key.
"""

from __future__ import annotations

from typing import Annotated

from pascaline.spec.checked import one_of
from pascaline.spec.normalisers.affine import Affine
from pascaline.spec.normalisers.layernorm import LayerNorm
from pascaline.spec.normalisers.normaliser import Normaliser

__all__ = ["NORMALISERS", "AnyNormaliser"]

NORMALISERS: dict[str, type[Normaliser]] = {"affine": Affine, "layernorm": LayerNorm}
"""The normalisers by the name that a description has as its ``kind``."""

AnyNormaliser = Annotated[Normaliser, one_of(NORMALISERS, "affine")]
"""Any of them; without a kind, an affine."""
