"""The normalisers of `spec.normalisers` as hardware, one module each.

Each is made for a unit, `NORMALISERS[kind](unit)`, and adds its logic to the module of that unit:
``pre(m, sums, row, scales, bias, biases, name=...)`` is a pre-activation,
``unit.layer.normaliser.latency`` cycles after the sums.
"""

from pascaline.hdl.normalisers.affine import RowAffine

__all__ = ["NORMALISERS"]

NORMALISERS = {"affine": RowAffine, "layernorm": RowAffine}
"""The normalisers by the same names as in `spec.normalisers.NORMALISERS`.

What layer norm does before is in `hdl.norm`.
"""
