"""Numbers and names as the page writes them."""

from __future__ import annotations

from typing import Any

__all__ = ["number", "words"]


def number(value: Any) -> str:
    """A number with its thousands apart, to three decimals; small ones to three digits."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value and abs(value) < 0.1:
            return f"{value:.3g}"
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return str(value)


SPELLED = {
    "lut": "LUT",
    "luts": "LUTs",
    "rams": "RAMs",
    "um2": "\N{MICRO SIGN}m\N{SUPERSCRIPT TWO}",
}
"""Words that people write in another way."""


def words(name: str) -> str:
    """The name of a field, for people."""
    return " ".join(SPELLED.get(word, word) for word in name.replace("_", " ").split(" "))
