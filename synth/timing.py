"""Timing of a machine of library cells, by OpenSTA."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pascaline.host.cache import remembered
from pascaline.host.tools import run_tool
from pascaline.spec.errors import InputError
from pascaline.spec.scratch import temporary
from pascaline.synth.buffers import buffered
from pascaline.synth.liberty import LIBERTY, Library
from pascaline.synth.memories import memory_library
from pascaline.synth.report import Report
from pascaline.synth.yosys import statistics

__all__ = ["Gates", "Timing", "analyse", "gates", "opensta_version", "run_opensta"]

CLOCK = "clk"
"""Name of the clock in each module."""

HINT = "apt install opensta"

PREFIX = "u_"
"""Before the names of all library cells."""

# OpenSTA of 2019 reads no signed nets and no concatenations on the left.
VERILOG = """
read_json mapped
write_verilog -noattr -noexpr -nohex -nodec -simple-lhs whole.txt
select t:$mem_v2 %m %n
write_verilog -selected -noattr -noexpr -nohex -nodec -simple-lhs logic.txt
"""

CONSTRAINTS = f"""
read_liberty {LIBERTY}
read_liberty memories.lib
read_verilog logic.v
link_design {{top}}
set_cmd_units -time ns
create_clock -name clock -period {{period}} [get_ports {{clock}}]
set_input_delay 0 -clock clock [get_ports {{{{{{inputs}}}}}}]
set_output_delay 0 -clock clock [get_ports {{{{{{outputs}}}}}}]
report_checks -path_delay max -digits 4
"""


@dataclass(frozen=True, kw_only=True)
class Gates:
    """A machine of library cells, with buffers.

    Attributes
    ----------
    top : str
        Its name.
    ports : dict of str to list of str
        Names of its ports but the clock: ``input`` and ``output``.
    logic, whole : str
        Verilog of the cells, without and with Verilog of its memories.
    memories : str
        Liberty of its memories.
    buffers : int
        Buffers that were added.
    """

    top: str
    ports: dict[str, list[str]]
    logic: str
    whole: str
    memories: str
    buffers: int


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How fast a machine is.

    Attributes
    ----------
    clock_mhz : float
        The clock that was asked for.
    slack_ns : float
        What is left of its period after the critical path; less than 0 if the path is too long.
    critical_path : dict
        ``start`` and ``end``, the cells, and ``ns``, the shortest period for it.
    """

    clock_mhz: float
    slack_ns: float
    critical_path: dict[str, Any]


def opensta_version() -> str | None:
    """Version of OpenSTA; None if it is not installed."""
    if shutil.which("sta") is None:
        return None
    return run_tool(["sta", "-version"], folder=Path(), hint=HINT).strip()


def gates(made: Report, library: Library, *, top: str, cache: Path) -> Gates:
    """Add buffers to the netlist of a report, and write it as Verilog."""
    assert made.netlist is not None
    modules, buffers = buffered(made.netlist, library, CLOCK)
    for module in modules.values():
        for part in (module["ports"], module["netnames"]):
            for net in part.values():
                net.pop("signed", None)
        module["cells"] = _named(module, library)
    mapped = json.dumps({"modules": modules}).encode()
    written = statistics("", VERILOG, cache, {"mapped": mapped})
    ports = modules[top]["ports"]
    return Gates(
        top=top,
        ports={
            way: [name for name, p in ports.items() if p["direction"] == way and name != CLOCK]
            for way in ("input", "output")
        },
        logic=written["logic"],
        whole=written["whole"] + made.roms.verilog,
        memories=memory_library(modules, CLOCK),
        buffers=_count(modules, buffers, top),
    )


def analyse(machine: Gates, library: Library, clock_mhz: float, cache: Path) -> Timing:
    """The critical path of a machine.

    Raises
    ------
    InputError
        If OpenSTA is not there or fails.
    """
    script = CONSTRAINTS.format(
        top=machine.top,
        clock=CLOCK,
        period=1000 / clock_mhz,
        inputs=" ".join(machine.ports["input"]),
        outputs=" ".join(machine.ports["output"]),
    )
    identity = [str(opensta_version()), library.sha256, machine.logic, machine.memories, script]
    found = remembered(cache, identity, lambda: {"log": run_opensta(machine, library, script)})[
        "log"
    ]
    start = re.search(r"^Startpoint: (\S+)", found, re.M)
    end = re.search(r"^Endpoint: (\S+)", found, re.M)
    slack = re.search(r"^ +(-?[\d.]+) +slack", found, re.M)
    if not (start and end and slack):
        raise InputError("sta", "found no path")
    slack_ns = float(slack[1])
    return Timing(
        clock_mhz=clock_mhz,
        slack_ns=slack_ns,
        critical_path={
            "start": start[1],
            "end": end[1],
            "ns": round(1000 / clock_mhz - slack_ns, 4),
        },
    )


def _named(module: dict[str, Any], library: Library) -> dict[str, Any]:
    """The cells of a module; those of the library are named after what they drive."""
    nets = {
        bit: re.sub(r"\W+", "_", name).strip("_")
        for name, net in module["netnames"].items()
        if not net["hide_name"]
        for bit in net["bits"]
    }
    named: dict[str, Any] = {}
    for name, cell in module["cells"].items():
        if cell["type"] in library.outputs:
            pins = (cell["connections"].get(pin, []) for pin in library.outputs[cell["type"]])
            driven = next((nets[bit] for bits in pins for bit in bits if bit in nets), "")
            name = f"{PREFIX}{driven}"
            if not driven or name in named:
                name = f"{name}_{len(named)}"
        named[name] = cell
    return named


def run_opensta(machine: Gates, library: Library, script: str) -> str:
    """Run a script of OpenSTA and return what it printed."""
    with temporary() as folder:
        (folder / LIBERTY).write_bytes(library.text)
        (folder / "memories.lib").write_text(machine.memories, encoding="utf-8")
        (folder / "logic.v").write_text(machine.logic, encoding="utf-8")
        (folder / "script.tcl").write_text(script, encoding="utf-8")
        log = run_tool(["sta", "-no_splash", "-exit", "script.tcl"], folder=folder, hint=HINT)
    # Its exit status is 0 whatever happens.
    for line in log.splitlines():
        if line.startswith("Error:"):
            raise InputError("sta", line)
    return log


def _count(modules: dict[str, Any], buffers: dict[str, int], module: str) -> int:
    """Buffers in a module and in all that is in it."""
    inside = (cell["type"] for cell in modules[module]["cells"].values())
    return buffers.get(module, 0) + sum(
        _count(modules, buffers, type_) for type_ in inside if type_ in modules
    )
