"""Normalisers: what makes pre-activations of the sums of gate rows, one module each.

A normaliser is described by a `spec.normalisers.normaliser.Normaliser`. Its bit-exact model is in
`golden.normalisers`, its hardware in `hdl.normalisers`, under the same key.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from pascaline.spec.normalisers.affine import Affine
from pascaline.spec.normalisers.normaliser import Normaliser

__all__ = ["NORMALISERS", "AnyNormaliser"]

NORMALISERS: dict[str, type[Normaliser]] = {"affine": Affine}
"""The normalisers by the name that a description has as its ``kind``."""


def _kind(given: Any) -> str:
    kind = given.get("kind", "affine") if isinstance(given, dict) else getattr(given, "kind", "")
    return kind if isinstance(kind, str) else ""


AnyNormaliser = Annotated[
    Annotated[Affine, Tag("affine")],
    Discriminator(
        _kind,
        custom_error_type="kind",
        custom_error_message=f"kind must be {' or '.join(NORMALISERS)}",
    ),
]
"""Any of them; without a kind, an affine."""
