"""Runs jobs: builds are kept by content, runs happen in folders of their own."""

from __future__ import annotations

import importlib.util
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pascaline.host.cache import kept
from pascaline.host.tools import ToolError
from pascaline.sim.job import Job, Outcome
from pascaline.sim.simulator import Simulator
from pascaline.sim.unknown import unknown_start
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.scratch import refuse_full, temporary

__all__ = ["bench", "build", "run"]


def build(
    verilog: str,
    top: str,
    simulator: Simulator,
    cache: Path,
    *,
    waves: bool = False,
    unknown: bool = False,
) -> Path:
    """Build a design for a simulator, or find that it has been built before.

    Parameters
    ----------
    verilog : str
        The Verilog.
    top : str
        Its top module.
    simulator : Simulator
        What to build for.
    cache : Path
        Folder of all builds. A build is identified by the Verilog and by the simulator.
    waves : bool
        Whether runs are to record waveforms.
    unknown : bool
        Whether registers and memories start unknown, see `sim.unknown`.

    Returns
    -------
    Path
        The folder of the build.

    Raises
    ------
    InputError
        If the simulator refuses the design, or knows no unknown values.
    """
    if unknown:
        if not simulator.unknowns:
            raise InputError("an unknown start", "needs --sim icarus", simulator.name)
        verilog = unknown_start(verilog)
    identity = [verilog, top, simulator.identity, str(waves)]
    name = f"{top}-{simulator.name}"
    try:
        return kept(
            cache,
            identity,
            lambda folder: simulator.build(verilog, top, folder, waves=waves),
            name=name,
        )
    except ToolError as error:
        why = f"cannot build {top} ({error.thing} {error.rule}"
        log = _keep_log(cache, f"{name}-build", error.log)
        raise InputError(simulator.name, f"{why}; see {log})") from None


def run(
    job: Job,
    folder: Path,
    top: str,
    simulator: Simulator,
    *,
    waves: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Run a job on a design that has been built.

    Parameters
    ----------
    job : Job
        What to do.
    folder : Path
        Where the design was built.
    top : str
        Its top module.
    simulator : Simulator
        What it was built for.
    waves : Path, optional
        File for the waveform of all signals; the design has been built with ``waves``.
    progress : callable, optional
        Told now and then how many steps, faults of each kind, images or flips are done, and how
        many there are.

    Raises
    ------
    InputError
        If the simulator ended without an outcome.
    """
    with temporary() as work:
        job.write(work / "job")
        log = work / "run.log"
        # Whether the bench was content is in its outcome; if there is none, something broke.
        with _watch(work / "progress", job, progress), suppress(RuntimeError, SystemExit):
            simulator.runner().test(
                test_module=bench(job),
                hdl_toplevel=top,
                hdl_toplevel_lang="verilog",
                build_dir=folder,
                test_dir=work,
                results_xml=str(work / "results.xml"),
                log_file=log,
                **(simulator.recording() if waves else {}),
                extra_env={
                    "PASCALINE_JOB": str(work / "job"),
                    "PASCALINE_OUTCOME": str(work / "outcome.json"),
                    "PASCALINE_PROGRESS": str(work / "progress"),
                    # cocotb would compile all that the bench imports for pytest's assertions.
                    "COCOTB_REWRITE_ASSERTION_FILES": "",
                },
            )
        refuse_full(work)
        if not (work / "outcome.json").exists():
            said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
            last = (said.strip().splitlines() or ["nothing"])[-1].strip()
            path = _keep_log(folder.parent, f"{top}-{simulator.name}-run", said)
            raise InputError(simulator.name, f"ended without an outcome ({last}; see {path})")
        if waves:
            shutil.move(work / simulator.waves, waves)
        return Outcome.read(work / "outcome.json")


def _keep_log(cache: Path, name: str, text: str) -> Path:
    """Keep what a tool has said; that of the next failure of the same name takes its place."""
    path = cache / "logs" / f"{name}.log"
    write_atomic(path, text)
    return path


def bench(job: Job) -> str:
    """The module that does a job.

    Raises
    ------
    InputError
        If it needs a package that is not installed.
    """
    if not job.design.machine.on_bus:
        if job.flips:
            return "pascaline.sim.tb_flips"
        return "pascaline.sim.tb_load" if job.loads else "pascaline.sim.tb_accelerator"
    # Without the package around it, looking for a module of it is an error.
    if not all(importlib.util.find_spec(name) for name in ("cocotbext", "cocotbext.axi")):
        raise InputError("a machine on a bus", "needs pip install 'pascaline[bus]'")
    return "pascaline.sim.tb_faults" if job.faults else "pascaline.sim.tb_bus"


@contextmanager
def _watch(path: Path, job: Job, progress: Callable[[int, int], None] | None) -> Iterator[None]:
    """Pass on what the bench writes about its progress, from a thread beside the simulation."""
    if progress is None:
        yield
        return
    steps = sum(len(s.x) for episode in job.episodes for s in episode.sequences)
    total = job.faults or len(job.flips) or job.loads or steps
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            with suppress(OSError, ValueError):
                progress(int(path.read_text()), total)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
