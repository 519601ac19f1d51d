"""Whether other people's tools take the Verilog of a design, and what they complain about."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from pascaline.host.tools import cores
from pascaline.measure.designs import make_design
from pascaline.measure.verilog import make_verilog
from pascaline.measure.workers import workers
from pascaline.models.catalogue import find_model
from pascaline.sim.verilator import verilator_root
from pascaline.spec.design import Design
from pascaline.spec.progress import Progress, silent
from pascaline.spec.scratch import temporary

__all__ = ["WAIVERS", "Reader", "complaints", "lint_all", "readers"]

WAIVERS = {
    "DECLFILENAME": "all modules are in one file",
    "PROCASSINIT": "registers have initial values beside their reset",
    "UNUSEDSIGNAL": "high bits of sums that the range argument proves unused",
    "WIDTHEXPAND": "Verilog's own rule for operands of different widths is meant",
    "WIDTHTRUNC": "the same for results; `!` of a vector",
}
"""What `verilator --lint-only -Wall` may say; docs/verification.md lists the same."""

OLD = {
    "UNOPTFLAT": "bits of one vector depend on others; Yosys finds no loop",
    "WIDTH": "what WIDTHEXPAND and WIDTHTRUNC are now",
}
"""What one of before 5.010 may say beside these."""


SMALL = "Replacing memory"
"""What Yosys says of a memory that is so small that it makes registers of it."""


@dataclass(frozen=True)
class Reader:
    """A program that reads Verilog.

    Attributes
    ----------
    name : str
        Program, version and standard.
    command : tuple of str
        What is run, in a folder of its own; ``{top}`` and ``{file}`` stand for the module and the
        path of the Verilog.
    waived : dict of str to str
        Warnings of Verilator that do not count, with the reasons.
    variables : dict
        Of its environment, beside ours.
    """

    name: str
    command: tuple[str, ...]
    waived: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def readers() -> dict[str, Reader]:
    """What this machine has: the pinned Verilator, and what is on the PATH of others.

    Programs beside this Python count as ours and are not looked for on the PATH.

    Returns
    -------
    dict
        By what they are: ``verilator``, ``other verilator``, ``icarus -g2005``, ``icarus -g2012``,
        ``yosys``.
    """
    found = {}
    root = verilator_root()
    ours, variables = str(root / "bin" / "verilator_bin"), {"VERILATOR_ROOT": str(root)}
    verilate = ("--lint-only", "-Wall", "--top-module", "{top}", "{file}")
    version = f"Verilator {metadata.version('verilator')}"
    found["verilator"] = Reader(version, (ours, *verilate), WAIVERS, variables)
    if other := _system("verilator"):
        version = f"Verilator {_version(other, '--version')}"
        found["other verilator"] = Reader(version, (other, *verilate), WAIVERS | OLD)
    if icarus := _system("iverilog"):
        version = f"Icarus {_version(icarus, '-V')}"
        for standard in ("-g2005", "-g2012"):
            command = (icarus, standard, "-Wall", "-o", "read", "{file}")
            found[f"icarus {standard}"] = Reader(f"{version} {standard}", command)
    if yosys := _system("yosys"):
        script = "read_verilog {file}; hierarchy -check -top {top}; proc; check -assert"
        found["yosys"] = Reader(f"Yosys {_version(yosys, '-V')}", (yosys, "-q", "-p", script))
    return found


def complaints(reader: Reader, file: Path, top: str) -> list[str]:
    """What a reader says of a file, but for what is waived: nothing if it takes it."""
    words = [word.format(top=top, file=file) for word in reader.command]
    with temporary() as folder:
        done = subprocess.run(
            words,
            cwd=folder,
            env=os.environ | reader.variables,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    said = (done.stdout + done.stderr).splitlines()
    if "--lint-only" in reader.command:
        # It ends with 1 for any warning; then each has a line that begins so.
        found = [line for line in said if line.startswith("%") and not _waived(line, reader)]
        bad = done.returncode and not any(line.startswith("%") for line in said)
    else:
        found = [line for line in said if re.search("error|warning", line, re.IGNORECASE)]
        found = [line for line in found if SMALL not in line]
        bad = done.returncode and not found
    return [*found, *([f"ended with status {done.returncode}"] if bad else [])]


def lint_all(
    names: Collection[str],
    ports: Collection[str],
    *,
    jobs: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Let all `readers` read the Verilog of some models, each on its usual machine.

    Parameters
    ----------
    names : collection of str
        Models.
    ports : collection of str
        Kinds of ports; each machine with each of them.
    jobs : int, optional
        Machines at a time; by default as many as there are cores.
    progress : Progress
        Told of each machine.

    Returns
    -------
    dict
        ``readers``, their names; ``machines``, for each its name and, by reader, what it says.
    """
    designs = [make_design(find_model(name), {"ports": style}) for name in names for style in ports]
    found = []
    with workers(jobs or cores()) as pool:
        futures = [pool.submit(_lint, design) for design in designs]
        for number, (design, future) in enumerate(zip(designs, futures, strict=True)):
            progress(f"reading {design.model.name}", number, len(futures))
            style = design.machine.ports
            said = future.result()
            found.append({"model": design.model.name, "ports": style, "complaints": said})
    return {"readers": [reader.name for reader in readers().values()], "machines": found}


def _lint(design: Design) -> dict[str, list[str]]:
    with temporary() as folder:
        file, *_ = make_verilog(design).write(folder)
        found = readers().values()
        return {reader.name: complaints(reader, file, design.name) for reader in found}


def _waived(line: str, reader: Reader) -> bool:
    found = re.match(r"%(?:Warning|Error)-(\w+)", line)
    if found is None:
        return line.startswith("%Error: Exiting due to")
    return found[1] in reader.waived


def _system(name: str) -> str | None:
    ours = Path(sys.prefix) / "bin"
    places = [place for place in os.get_exec_path() if Path(place) != ours]
    return shutil.which(name, path=os.pathsep.join(places))


def _version(program: str, option: str) -> str:
    done = subprocess.run([program, option], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\w*", done.stdout)
    return found[0] if found else "of unknown version"
