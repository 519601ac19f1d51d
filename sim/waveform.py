"""A waveform of all nets of a design, from Icarus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cocotb_tools import runner as cocotb_runner

from pascaline.sim.icarus import Icarus
from pascaline.sim.job import Job, Outcome
from pascaline.sim.runner import build, run
from pascaline.sim.simulator import quiet

__all__ = ["record"]

# From the end of reset on: what happens before is no work.
DUMP = """
  initial begin
    $dumpfile("{file}");
    @(negedge rst);
    $dumpvars(0, {top});
  end
"""


def record(verilog: str, top: str, job: Job, folder: Path) -> tuple[Outcome, Path]:
    """Run a job on a design, in Icarus.

    Parameters
    ----------
    verilog : str
        The design.
    top : str
        Its top module.
    job : Job
        What to do.
    folder : Path
        For all that is made.

    Returns
    -------
    Outcome
        What came out.
    Path
        The waveform, a VCD file, from the end of the first reset on.

    Raises
    ------
    InputError
        If Icarus is not installed or refuses the design.
    """
    simulator = _Recording()
    simulator.check()
    end = verilog.index("endmodule", verilog.index(f"module {top}("))
    dump = DUMP.format(file=simulator.waves, top=top)
    built = build(verilog[:end] + dump + verilog[end:], top, simulator, folder)
    waveform = folder / simulator.waves
    return run(job, built, top, simulator, waves=waveform), waveform


class _Recording(Icarus):
    """Designs record by themselves."""

    waves = "waves.vcd"

    def runner(self) -> Any:
        return quiet(_Runner())

    def recording(self) -> dict[str, Any]:
        return {}


class _Runner(cocotb_runner.Icarus):
    """cocotb's runner, which without waveforms of its own turns off those of the design."""

    def _test_command(self) -> list[list[str]]:
        commands: list[list[str]] = super()._test_command()
        return [[word for word in command if word != "-none"] for command in commands]
