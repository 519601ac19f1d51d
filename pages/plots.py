"""Plots as SVG to stand in a page: the same numbers give the same text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from pascaline.pages.colours import BLUE, DARK, GREY, LIGHT, ORANGE, PAINT, TRACK

__all__ = ["bars", "pareto"]

STAR = {"color": ORANGE, "markeredgecolor": DARK}

WIDTH = 360
"""Units of a plot: pixels on a phone."""

LETTER = 7
"""Units of a digit, at most."""

SVG = "http://www.w3.org/2000/svg"
HREF = "{http://www.w3.org/1999/xlink}href"

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # Text stays text, in the page's font.
    "svg.hashsalt": "pascaline",
    "font.size": 12,
    "text.color": DARK,
    "text.parse_math": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": DARK,
    "xtick.color": DARK,
    "ytick.color": DARK,
}


def bars(
    title: str, values: Mapping[str, float], labels: Mapping[str, str], limit: float | None = None
) -> Markup:
    """A bar for each value, from the top down.

    Parameters
    ----------
    title : str
        For those who cannot see it, and unique in a page.
    values : dict of str to float
        By what stands to the left of the bar.
    labels : dict of str to str
        What stands to the right of it.
    limit : float, optional
        A full bar; else the largest value is one.
    """
    full = limit or max(*values.values(), 0) or 1
    with _style():
        figure = Figure(figsize=(WIDTH / 72, (26 * len(values) + 4) / 72))
        room = 0.03 + max(map(len, labels.values())) * LETTER / WIDTH
        axes = figure.add_axes((0.285, 0, 0.715 - room, 1))
        names = list(values)
        axes.barh(names, [full] * len(names), height=0.58, color=TRACK)
        axes.barh(names, [min(value, full) for value in values.values()], height=0.58, color=BLUE)
        for place, name in enumerate(names):
            axes.text(full * 1.04, place, labels[name], va="center")
        axes.set(xlim=(0, full), ylim=(len(names) - 0.5, -0.5), xticks=[])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return _svg(figure, title)


def pareto(
    title: str,
    *,
    others: Sequence[tuple[float, float]],
    best: Sequence[tuple[float, float]],
    this: tuple[float, float] | None,
    names: tuple[str, str],
) -> Markup:
    """Machines as points; the Pareto front is joined by a line.

    If other numbers speak for some of its machines, it has no line, which would go up and down.

    Parameters
    ----------
    title : str
        For those who cannot see it, and unique in a page.
    others, best : sequence of (float, float)
        The points.
    this : (float, float) or None
        The point to be marked.
    names : (str, str)
        Of the axes.
    """
    points = [*others, *best, *([this] if this else [])]
    with _style():
        figure = Figure(figsize=(WIDTH / 72, 290 / 72))
        axes = figure.add_axes((0.2, 0.155, 0.77, 0.735))
        falls = all(one[1] >= other[1] for one, other in pairwise(sorted(best)))
        kinds: list[tuple[str, Sequence[tuple[float, float]], dict[str, Any]]] = [
            ("another is better", others, {"marker": "o", "ms": 5, "lw": 0, "color": LIGHT}),
            ("Pareto", best, {"marker": "o", "ms": 5.5, "lw": 1.4 * falls, "color": BLUE}),
            ("this machine", [this] if this else [], {"marker": "*", "ms": 13, "lw": 0} | STAR),
        ]
        for name, some, style in kinds:
            if some:
                axes.plot(*zip(*sorted(some), strict=True), label=name, **style)
        for axis, name, place in zip((axes.xaxis, axes.yaxis), names, (0, 1), strict=True):
            axis.set_label_text(name)
            seen = [point[place] for point in points]
            if min(seen) > 0 and max(seen) > 4 * min(seen):
                (axes.set_xscale, axes.set_yscale)[place]("log")
                axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=6))
                axis.set_minor_locator(LogLocator(subs=()))
            else:
                axis.set_major_locator(MaxNLocator(5))
            axis.set_major_formatter(FuncFormatter(_tick))
        axes.grid(color=TRACK)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1.02, 0.99),
            ncols=3,
            frameon=False,
            handletextpad=0.2,
            columnspacing=0.9,
        )
        return _svg(figure, title)


def _tick(value: float, _place: int | None) -> str:
    for unit, sign in ((1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{sign}"
    return f"{value:,g}" if value < 1 else f"{value:,.0f}"


@contextmanager
def _style() -> Iterator[None]:
    """Matplotlib as it comes, whatever a user has set, and `STYLE`."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def _svg(figure: Figure, title: str) -> Markup:
    """A figure as an element of a page: no style and no name in it that others could meet."""
    file = io.BytesIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    root = ElementTree.fromstring(file.getvalue())
    prefix = re.sub(r"\W+", "-", title)
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', file.getvalue().decode()))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        if element.get("id") in used:
            element.set("id", f"{prefix}-{element.get('id')}")
        else:
            element.attrib.pop("id", None)
        for name, value in element.attrib.items():
            if name == HREF:
                value = f"#{prefix}-{value[1:]}"
            value = value.replace("url(#", f"url(#{prefix}-")
            if name == "style":
                value = re.sub(r"#[0-9a-f]{6}", lambda found: PAINT.get(found[0], found[0]), value)
            element.set(name, re.sub(r"font: ([\d.]+px)[^;]*", r"font-size: \1", value))
    for name in ("width", "height", "version"):
        del root.attrib[name]
    root.attrib |= {"class": "plot", "role": "img", "aria-label": title}
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt"}
    heading = ElementTree.Element(f"{{{SVG}}}title")
    heading.text = title
    root.insert(0, heading)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", HREF[1:].partition("}")[0])
