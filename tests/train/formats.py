"""Formats so wide that rounding hardly counts."""

from pascaline.importers.draft import Formats
from pascaline.spec.arithmetic import Fixed
from pascaline.spec.formats import Format

__all__ = ["WIDE"]

WIDE = Formats(
    x=Format(width=16, frac=14),
    h=Format(width=16, frac=14),
    pre=Format(width=16, frac=11),
    sigmoid=Format(width=16, frac=14),
    tanh=Format(width=16, frac=14),
    cell=Format(width=24, frac=20),
    state=Format(width=24, frac=22),
    scale_width=24,
    head=Fixed(16),
)
