"""Colours of the page: of Okabe and Ito, which people with any kind of sight can tell apart."""

from __future__ import annotations

__all__ = [
    "BLUE",
    "DARK",
    "GREEN",
    "GREY",
    "LIGHT",
    "ORANGE",
    "PAINT",
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

PAINT = {DARK: "var(--ink)", GREY: "var(--soft)", LIGHT: "var(--dim)", TRACK: "var(--track)"}
"""What follows the page into the dark, by its colour in the light."""


def shade(share: float) -> str:
    """A colour for 0 to 1, from pale to full: the page's own, in the dark as in the light."""
    return f"color-mix(in srgb, var(--full) {round(100 * share)}%, var(--faint))"
