"""A waveform of all nets of a design, from Icarus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cocotb_tools import runner as cocotb_runner

from pascaline.sim.job import Job, Outcome
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import Icarus

__all__ = ["record"]

# From the end of reset on: what happens before is no work.
DUMP = """
  initial begin
    $dumpfile("{path}");
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
    waveform = folder.resolve() / "waves.vcd"
    end = verilog.index("endmodule", verilog.index(f"module {top}("))
    source = folder / "design.v"
    dump = DUMP.format(path=waveform, top=top)
    source.write_text(verilog[:end] + dump + verilog[end:], encoding="utf-8")
    built = build(source, top, simulator, folder)
    return run(job, built, top, simulator), waveform


class _Recording(Icarus):
    def runner(self) -> Any:
        runner = _Runner()
        runner.log.disabled = True
        return runner


class _Runner(cocotb_runner.Icarus):
    """cocotb's runner, which without waveforms of its own turns off those of the design."""

    def _test_command(self) -> list[list[str]]:
        commands: list[list[str]] = super()._test_command()
        return [[word for word in command if word != "-none"] for command in commands]
