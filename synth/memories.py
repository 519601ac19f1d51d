"""Memories beside the logic: as black boxes for Yosys, and as a timing analyser is told of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Roms", "black_boxes", "is_memory", "memory_library", "words_in_files"]

ROM = re.compile(
    r"^(?P<head>module (?P<name>\w+_rom_[0-9a-f]{8})\(.*?)(?P<body>^  reg .*?)^endmodule\n",
    re.M | re.S,
)
"""A read-only memory in the Verilog of a machine: its ports, and what is in it."""

WORDS = re.compile(r"^  reg \[(\d+):0\] words\w* \[0:(\d+)\];", re.M)
"""A memory in it."""

CONTENTS = re.compile(
    r"^  initial begin\n(?P<words>(?:    words\w*\[\d+\] = \d+'h[0-9a-f]+;\n)+)  end\n", re.M
)
"""What is in it."""

WORD = re.compile(r"(words\w*)\[\d+\] = \d+'h([0-9a-f]+);")

HEADER = """library (memories) {
  delay_model : table_lookup;
  time_unit : "1ns";
  voltage_unit : "1V";
  current_unit : "1mA";
  leakage_power_unit : "1nW";
  pulling_resistance_unit : "1kohm";
  capacitive_load_unit (1, pf);
  input_threshold_pct_rise : 50;
  input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50;
  output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20;
  slew_lower_threshold_pct_fall : 20;
  slew_upper_threshold_pct_rise : 80;
  slew_upper_threshold_pct_fall : 80;
"""

BUS = """  type (word_{width}) {{
    base_type : array;
    data_type : bit;
    bit_width : {width};
    bit_from : {high};
    bit_to : 0;
    downto : true;
  }}
"""

ZERO = 'timing () {{ related_pin : "{clock}"; timing_type : {type}; {tables} }}'


@dataclass(frozen=True)
class Roms:
    """The read-only memories of a machine.

    Attributes
    ----------
    verilog : str
        Their modules.
    bits : dict of str to int
        Bits of each module.
    """

    verilog: str = ""
    bits: dict[str, int] = field(default_factory=dict)


def black_boxes(verilog: str) -> tuple[str, Roms]:
    """Verilog with black boxes in the place of read-only memories, and these memories.

    Where memories are counted in bits, what is in them is nothing to the logic; but Yosys would
    read and carry along every word.
    """
    found = list(ROM.finditer(verilog))
    bits = {
        match["name"]: sum(
            (int(width) + 1) * (int(last) + 1) for width, last in WORDS.findall(match["body"])
        )
        for match in found
    }
    boxed = ROM.sub("(* blackbox *)\n\\g<head>endmodule\n", verilog)
    return boxed, Roms("".join(match[0] for match in found), bits)


def words_in_files(verilog: str) -> tuple[str, dict[str, str]]:
    """Verilog that reads what is in read-only memories from files, and these files by name.

    Yosys makes statements and wires of every word that is assigned, which takes longer than all
    its synthesis of a small machine; words from a file become one constant.
    """
    files: dict[str, str] = {}

    def moved(match: re.Match[str]) -> str:
        found = WORD.findall(match["words"])
        name = f"words{len(files)}.hex"
        files[name] = "".join(f"{word}\n" for _, word in found)
        return f'  initial $readmemh("{name}", {found[0][0]});\n'

    return CONTENTS.sub(moved, verilog), files


def is_memory(module: dict[str, Any]) -> bool:
    """Whether a mapped module is one that only holds memories."""
    cells = module["cells"].values()
    return "blackbox" in module["attributes"] or any(c["type"].startswith("$mem") for c in cells)


def memory_library(netlist: dict[str, Any], clock: str) -> str:
    """A Liberty file of a netlist's memories: no delay, no setup time, no load, no power.

    Their inputs are registered by the clock, and their outputs come from registers.

    Parameters
    ----------
    netlist : dict
        Modules as Yosys' ``write_json`` gives them.
    clock : str
        Name of the clock of each.
    """
    memories = {name: module for name, module in netlist.items() if is_memory(module)}
    widths = {
        len(port["bits"]) for module in memories.values() for port in module["ports"].values()
    }
    types = [BUS.format(width=width, high=width - 1) for width in sorted(widths)]
    cells = [
        "\n".join(
            [
                f'  cell ("{name}") {{',
                "    area : 0;",
                *(_pin(port, found, clock) for port, found in module["ports"].items()),
                "  }\n",
            ]
        )
        for name, module in memories.items()
    ]
    return "".join([HEADER, *types, *cells, "}\n"])


def _pin(name: str, port: dict[str, Any], clock: str) -> str:
    if port["direction"] == "input":
        direction, type_ = "input", "setup_rising"
        tables = "rise_constraint fall_constraint"
    else:  # Yosys calls some that are also used inside inout.
        direction, type_ = "output", "rising_edge"
        tables = "cell_rise cell_fall rise_transition fall_transition"
    zeros = " ".join(f'{table} (scalar) {{ values ("0"); }}' for table in tables.split())
    timing = (
        "clock : true;" if name == clock else ZERO.format(clock=clock, type=type_, tables=zeros)
    )
    width = len(port["bits"])
    kind = f'bus ("{name}") {{ bus_type : word_{width};' if width > 1 else f'pin ("{name}") {{'
    return f"    {kind} direction : {direction}; capacitance : 0; {timing} }}"
