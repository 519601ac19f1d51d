"""Power of a machine of library cells, by OpenSTA."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from pascaline.synth.liberty import LIBERTY, Library
from pascaline.synth.timing import CLOCK, PREFIX, Gates, run_opensta
from pascaline.synth.yosys import statistics

__all__ = ["cell_models", "known_start", "power"]

MODELS = f"""
read_liberty -ignore_miss_func -ignore_miss_dir -ignore_miss_data_latch {LIBERTY}
opt_expr
opt_clean -purge
write_verilog -noattr models.txt
"""

# OpenSTA of 2019 cannot be told the activity of a single pin, but of all at once. Power is linear
# in it, so each cell is asked for with no activity and with one change a cycle.
SCRIPT = f"""
read_liberty {LIBERTY}
read_liberty memories.lib
read_verilog logic.v
link_design {{top}}
set_cmd_units -time ns
create_clock -name clock -period {{period}} [get_ports {CLOCK}]
set_power_activity -global -activity {{activity}}
report_power -digits 6 -instances [get_cells -hierarchical *]
"""

STATE = re.compile(r"^  reg (\w+);$", re.M)
"""A flip-flop or latch in the model of a cell."""

ROW = re.compile(r"^ +(\S+) +(\S+) +(\S+) +(\S+) (\S+)$", re.M)


def cell_models(library: Library, cache: Path) -> str:
    """Verilog of what each cell of a library does, without delays."""
    models: str = statistics("", MODELS, cache, {LIBERTY: library.text})["models"]
    return models


def known_start(models: str) -> str:
    """Models of cells whose flip-flops start with random bits, the same ones each time.

    From an unknown bit gates may not find out that they reset it: mapped logic may have the or of a
    bit and its complement, which is 1 in a chip, and unknown in a simulation.

    Parameters
    ----------
    models : str
        As `cell_models` gives them.
    """
    return STATE.sub(r"\g<0>\n  initial \1 = $random;", models)


def power(machine: Gates, library: Library, clock_mhz: float, activity: dict[str, float]) -> float:
    """Power of a machine in mW; memories have none.

    Parameters
    ----------
    machine : Gates
        The machine.
    library : Library
        What it is made of.
    clock_mhz : float
        Its clock.
    activity : dict of str to float
        Changes a cycle of each output of each cell, by its path.

    Raises
    ------
    InputError
        If OpenSTA is not there or fails.
    """
    outputs = defaultdict(list)
    for path, changes in activity.items():
        outputs[path.rpartition("/")[0]].append(changes)
    idle, busy = (_cells(machine, library, clock_mhz, activity) for activity in (0, 1))
    return 1000 * sum(
        idle[cell] + (busy[cell] - idle[cell]) * sum(changes) / len(changes)
        for cell, changes in outputs.items()
    )


def _cells(machine: Gates, library: Library, clock_mhz: float, activity: int) -> dict[str, float]:
    """Power of each cell in W, by its path."""
    script = SCRIPT.format(top=machine.top, period=1000 / clock_mhz, activity=activity)
    log = run_opensta(machine, library, script)
    return {
        path: float(total)
        for *_, total, path in ROW.findall(log)
        if path.rpartition("/")[2].startswith(PREFIX)
    }
