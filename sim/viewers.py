"""Layouts of a waveform for its viewers: a save file of GTKWave, a command file of Surfer."""

from __future__ import annotations

import io
import math
import re

from vcd.gtkw import GTKWSave

from pascaline.sim.clocking import PERIOD
from pascaline.sim.hierarchy import Net
from pascaline.sim.signals import Part

__all__ = ["gtkwave", "surfer"]

GTKWAVE_FORMATS = {
    "signed": "signed",
    "unsigned": "dec",
    "hex": "hex",
    "ascii": "ascii",
    "real": "dec",
}
SURFER_FORMATS = {"signed": "Signed", "unsigned": "Unsigned", "ascii": "ASCII"}


FRAMES = 4
"""Of 200 pixels, for a waveform; a zoom of GTKWave is the time of one."""


def gtkwave(waveform: str, parts: list[Part], cycles: float) -> str:
    """A save file (``gtkwave run.fst run.gtkw``): a group for each part.

    Parameters
    ----------
    waveform : str
        Name of the file of the waveform, beside the save file.
    parts : list of Part
        What is to be shown.
    cycles : float
        So many from the start on are to be seen at first.
    """
    text = io.StringIO()
    save = GTKWSave(text)
    save.dumpfile(waveform, abspath=False)
    save.zoom_markers(-math.log2(cycles * 1000 * PERIOD / FRAMES))  # Times are in picoseconds.
    for part in parts:
        with save.group(part.title):
            for net, shown in part.nets:
                name = net.path.rpartition(".")[2] if shown == "ascii" else None
                save.trace(_with_range(net, shown), name, datafmt=GTKWAVE_FORMATS[shown])
    return text.getvalue()


def _with_range(net: Net, shown: str) -> str:
    return net.path if net.width == 1 or shown == "real" else f"{net.path}[{net.width - 1}:0]"


def surfer(parts: list[Part]) -> str:
    """A command file (``surfer run.fst --command-file run.sucl``): a divider before each part.

    A divider is added by one word, a second one would be an error and no divider; any name is
    given by a renaming. That, and the formats of numbers, come when all rows are there: a row is
    told by its place, and new rows would go below one that has the focus.
    """
    rows: list[str] = []
    changes: list[str] = []
    for part in parts:
        word = re.sub(r"\W+", "_", part.title)
        if word != part.title:
            changes += [f"item_focus {_place(len(rows))}", f"item_rename {part.title}"]
        rows.append(f"divider_add {word}")
        for net, shown in part.nets:
            if shown in SURFER_FORMATS:
                changes += [
                    f"item_focus {_place(len(rows))}",
                    f"item_set_format {SURFER_FORMATS[shown]}",
                ]
            rows.append(f"variable_add {net.path}")
    return "\n".join([*rows, *changes, "item_unfocus", "zoom_fit", ""])


def _place(row: int) -> str:
    """A row's place as Surfer writes it: hexadecimal, with the letters a to p as digits."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in f"{row:x}")
