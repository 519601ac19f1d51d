"""Colours of the page: of Okabe and Ito, which people with any kind of sight can tell apart."""

from __future__ import annotations

__all__ = [
    "BLUE",
    "DARK",
    "GREEN",
    "GREY",
    "LIGHT",
    "ORANGE",
    "PURPLE",
    "SKY",
    "TRACK",
    "VERMILION",
    "shade",
]

BLUE = "#0072b2"
SKY = "#56b4e9"
ORANGE = "#e69f00"
GREEN = "#009e73"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"
DARK = "#1b2733"
GREY = "#5b6874"
LIGHT = "#a9b4be"
TRACK = "#e9edf1"

PALE, FULL = (0xF6, 0xF9, 0xFC), (0x8C, 0xBF, 0xE6)
"""Both under dark text."""


def shade(share: float) -> str:
    """A colour for 0 to 1, from pale to full."""
    parts = (round(low + (high - low) * share) for low, high in zip(PALE, FULL, strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)
