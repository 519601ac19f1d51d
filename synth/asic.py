"""The target of a cell library: adders out of its full adders, the rest by ABC for area."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pascaline.synth.adders import adder_map
from pascaline.synth.liberty import LIBERTY, Library
from pascaline.synth.targets import Target

__all__ = ["CellTarget", "asic_target"]

ADDERS = "adders.v"

# Multipliers become Booth's before adders are looked for, and adders are mapped before Yosys makes
# $alu cells of them. Enables and resets become gates, which ABC can merge with others. Memories
# stay memories, in modules of their own. Of ABC's ways to map, this is the smallest (measured).
SCRIPT = """
proc
flatten
opt -full
wreduce
peepopt
opt_clean
booth
{adders}
opt
alumacc
{compressors}
opt
memory -nomap
opt_clean
opt -fast -full
opt -undriven -fine
setattr -set submod "memory" t:$mem_v2
submod
techmap
opt -fast
dfflegalize -cell $_DFF_P_ 01
opt -nodffe -nosdff
dfflibmap {unwanted} -liberty {liberty}
opt
abc {unwanted} -liberty {liberty} -script "+strash;ifraig;scorr;dc2;dch;amap,-m"
setundef -zero
{ties}
splitnets
opt_clean -purge
write_json netlist.json
"""


@dataclass(frozen=True, kw_only=True)
class CellTarget(Target):
    """A target of library cells.

    Attributes
    ----------
    library : Library
        The cells.
    """

    library: Library


def asic_target(library: Library) -> CellTarget:
    """The target of a cell library.

    Its columns are the area in um2 (taking the library's unit of area for that), cells, flip-flops
    and full adders.
    """
    adder = library.full_adder
    mapping = f"techmap -map {ADDERS}"
    ties = [
        f"{option} {' '.join(library.ties[value])}"
        for value, option in enumerate(("-locell", "-hicell"))
        if value in library.ties
    ]
    return CellTarget(
        library=library,
        name="asic",
        title=library.name,
        script=SCRIPT.format(
            adders=f"{mapping} t:$add t:$sub t:$neg" if adder else "",
            compressors=f"{mapping} t:$fa" if adder else "",
            unwanted=" ".join(f"-dont_use {cell}" for cell in library.unwanted),
            liberty=LIBERTY,
            ties=f"hilomap -singleton {' '.join(ties)} t:$mem_v2 %m %n" if ties else "",
        ),
        columns={
            "cells": "|".join(map(re.escape, library.areas)),
            "flip_flops": "|".join(map(re.escape, library.flip_flops)),
            "full_adders": re.escape(adder.cell) if adder else "(?!)",
        },
        cost={"area_um2": 1},
        maps_memories=False,
        free_registers=False,
        areas=library.areas,
        files={LIBERTY: library.text} | ({ADDERS: adder_map(adder).encode()} if adder else {}),
    )
