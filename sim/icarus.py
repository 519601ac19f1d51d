"""Icarus Verilog: how it is found, and how it builds a design."""

from __future__ import annotations

import shutil
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from cocotb_tools import runner as cocotb_runner

from pascaline.host.tools import run_tool
from pascaline.sim.simulator import DESIGN, Simulator, quiet
from pascaline.spec.errors import InputError
from pascaline.spec.scratch import temporary

__all__ = ["Icarus"]

HINT = "apt install iverilog"

BUILT = "sim.vvp"
"""As cocotb's runner calls it."""

DUMP = """module {top}__waves();
initial begin
    $dumpfile("{file}");
    $dumpvars(0, {top});
end
endmodule
"""


class Icarus(Simulator):
    """Icarus Verilog, from the system."""

    name = "icarus"
    unknowns = True
    _flags: ClassVar[list[str]] = ["-g2012"]
    _times = "+timescale+1ns/1ps\n"

    def check(self) -> None:
        if shutil.which("iverilog") is None:
            raise InputError(self.name, f"is not installed ({HINT})")

    @property
    def identity(self) -> str:
        return " ".join(["icarus", _version(), *self._flags, self._times, DUMP])

    def build(self, verilog: str, top: str, folder: Path, *, waves: bool) -> None:
        command = ["iverilog", *self._flags, "-o", BUILT, "-s", top, "-f", "options", DESIGN]
        with temporary() as work:
            (work / DESIGN).write_text(verilog, encoding="utf-8")
            (work / "options").write_text(self._times, encoding="utf-8")
            if waves:
                dump = DUMP.format(file=self.waves, top=top)
                (work / "waves.v").write_text(dump, encoding="utf-8")
                command += ["-s", f"{top}__waves", "waves.v"]
            run_tool(command, folder=work, hint=HINT, first=True)
            shutil.move(work / BUILT, folder / BUILT)

    def runner(self) -> Any:
        return quiet(cocotb_runner.Icarus())

    def recording(self) -> dict[str, Any]:
        return {"waves": True}


@cache
def _version() -> str:
    with temporary() as folder:
        said = run_tool(["iverilog", "-V"], folder=folder, hint=HINT)
    return f"{said.splitlines()[0]} cocotb {version('cocotb')}"
