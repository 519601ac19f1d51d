"""Synthesis targets: what Yosys is told, and what its cells mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from pascaline.spec.errors import InputError

__all__ = ["TARGETS", "Target", "target"]

# Enables and resets become gates before plain flip-flops, for which `stat -tech cmos` has a cost;
# memories stay memories and are counted in bits.
GENERIC = """
proc
flatten
opt -full
wreduce
peepopt
opt_clean
alumacc
opt
memory -nomap
opt_clean
opt -fast -full
opt -undriven -fine
techmap
dfflegalize -cell $_DFF_P_ 01
opt -nodffe -nosdff
abc
opt_clean
"""

# Where an FPGA has to make multipliers of LUTs, Booth's take three quarters of what the synthesis
# for the family would make by itself (measured for 8 x 8 to 13 x 10 bits).
BOOTH = """
proc
opt -full
wreduce
peepopt
opt_clean
booth
"""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A family of hardware.

    Attributes
    ----------
    name : str
        What users write.
    title : str
        What it is called in a report.
    script : str
        Yosys commands after the design is read; ``{top}`` is its top module, ``{dsp}`` an option.
    dsp_options : tuple of str
        That option, without and with hard multipliers.
    without_lut_rams : str or None
        What is added to the script if no memory may be in LUTs; ``None``: LUTs hold no memories.
    without_block_rams : str or None
        The same if none may be in block RAMs; ``None``: there are none.
    columns : dict of str to str
        What is counted: a column's name, and a pattern of the cell types that count as one.
    cost : dict of str to int
        What an area is compared by: so much a unit of each of these columns.
    maps_memories : bool
        Whether memories become cells, so that it matters what is in them; else they are counted in
        bits.
    free_registers : bool
        Whether every LUT has a register beside it, so that pipelines cost next to nothing.
    areas : dict of str to float
        Area of each type of cell in um2; empty where cells have none.
    files : dict of str to bytes
        Files that the script needs, by name.
    """

    name: str
    title: str
    script: str
    dsp_options: tuple[str, str] = ("", "")
    without_lut_rams: str | None = None
    without_block_rams: str | None = None
    columns: dict[str, str]
    cost: dict[str, int]
    maps_memories: bool = True
    free_registers: bool = True
    areas: dict[str, float] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def price(self, area: dict[str, int]) -> int:
        """One number for an area, to compare it with others on the same target."""
        return sum(price * area[column] for column, price in self.cost.items())

    @property
    def unit(self) -> str:
        """What `price` counts."""
        return " + ".join(
            column if price == 1 else f"{price} x {column}" for column, price in self.cost.items()
        )

    def in_blocks(self) -> Target:
        """The same with no memory in LUTs: all are in block RAMs, or in registers if tiny.

        Raises
        ------
        InputError
            If LUTs of the target hold no memories anyway.
        """
        if self.without_lut_rams is None:
            rule = f"must be left out: no LUT of {self.title} is a memory"
            raise InputError("--no-lut-rams", rule)
        return replace(self, script=f"{self.script} {self.without_lut_rams}")

    def in_luts(self) -> Target:
        """The same with no memory in block RAMs: all are in LUTs, or in registers.

        Raises
        ------
        InputError
            If the target has no block RAMs.
        """
        if self.without_block_rams is None:
            raise InputError(
                "--no-block-rams", f"must be left out: there are none for {self.title}"
            )
        return replace(self, script=f"{self.script} {self.without_block_rams}")

    def commands(self, top: str, *, dsp: bool) -> str:
        """The script for a top module."""
        # A family without hard multipliers has a script that sees to multipliers itself.
        prepare = BOOTH if any(self.dsp_options) and not dsp else ""
        return (prepare + self.script.format(top=top, dsp=self.dsp_options[dsp])).strip()

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return {name: re.compile(pattern) for name, pattern in self.columns.items()}

    def count(self, cells: dict[str, int]) -> dict[str, int]:
        """Columns of these cells, by type and number."""
        return {
            name: sum(number for type_, number in cells.items() if pattern.fullmatch(type_))
            for name, pattern in self._patterns.items()
        }


TARGETS: dict[str, Target] = {
    known.name: known
    for known in (
        Target(
            name="generic",
            title="generic gates",
            script=GENERIC,
            columns={"gates": r"\$_(?!DFF).*_", "flip_flops": r"\$_DFF_.*"},
            cost={"gate_equivalents": 1},
            maps_memories=False,
            free_registers=False,
        ),
        Target(
            name="ice40",
            title="Lattice iCE40",
            script="synth_ice40 -top {top} {dsp} -no-rw-check",
            dsp_options=("", "-dsp"),
            without_block_rams="-nobram",
            columns={
                "luts": "SB_LUT4",
                "carries": "SB_CARRY",
                "flip_flops": "SB_DFF.*",
                "block_rams": "SB_RAM40_4K.*",
                "multipliers": "SB_MAC16",
            },
            cost={"luts": 1},
        ),
        Target(
            name="ecp5",
            title="Lattice ECP5",
            script="synth_ecp5 -top {top} {dsp} -no-rw-check",
            dsp_options=("-nodsp", ""),
            without_lut_rams="-nolutram",
            without_block_rams="-nobram",
            columns={
                "luts": "LUT4",
                "carries": "CCU2C",
                "flip_flops": "TRELLIS_FF",
                "lut_rams": "TRELLIS_DPR16X4",
                "block_rams": "DP16KD",
                "multipliers": "MULT18X18D",
            },
            # A CCU2C takes the place of two LUTs.
            cost={"luts": 1, "carries": 2},
        ),
        Target(
            name="xilinx",
            title="Xilinx 7 series",
            script="synth_xilinx -top {top} -family xc7 -noiopad -noclkbuf {dsp}",
            dsp_options=("-nodsp", ""),
            without_lut_rams="-nolutram",
            without_block_rams="-nobram",
            columns={
                "luts": "LUT[1-6]",
                "carries": "CARRY4",
                "flip_flops": "FD[RSCP]E(_1)?",
                "lut_rams": "RAM(32|64|128|256).*",
                "block_rams": "RAMB(18|36)E1",
                "multipliers": "DSP48E1",
            },
            cost={"luts": 1},
        ),
    )
}
"""The targets by name."""


def target(name: str) -> Target:
    """The target of that name; that of a cell library is made by `synth.asic.asic_target`."""
    if name == "asic":
        raise InputError("--target asic", "needs --liberty FILE")
    if name not in TARGETS:
        raise InputError("target", f"must be one of {', '.join(TARGETS)}, asic", name)
    return TARGETS[name]
