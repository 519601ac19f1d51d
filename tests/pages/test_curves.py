from __future__ import annotations

import math

import pytest

from pascaline.pages.curves import BARS, WIDTH, draw, sparkline


def test_sparkline_is_logarithmic() -> None:
    assert sparkline([8.0, 4.0, 2.0, 1.0]) == "█▅▃▁"
    assert sparkline([1.0, 1.0]) == "▁▁"


def test_long_curves_are_averaged() -> None:
    falling = [math.exp(-index / 100) for index in range(1000)]
    line = sparkline(falling)
    assert len(line) == WIDTH
    assert [BARS.index(bar) for bar in line] == sorted(map(BARS.index, line), reverse=True)


def test_what_is_no_number_is_worst() -> None:
    assert sparkline([1.0, math.nan, math.inf]) == "▁██"


@pytest.mark.filterwarnings("default")
def test_plot_is_the_same_every_time() -> None:
    curve = [(1, 2.0), (10, 0.5)]
    made = draw(curve, "a: loss")
    assert made.startswith("<?xml")
    assert "<!-- a: loss -->" in made
    assert "dc:date" not in made
    assert draw(curve, "a: loss") == made
