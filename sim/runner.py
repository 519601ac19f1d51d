"""Runs jobs: builds are cached by content, runs happen in folders of their own."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock

from pascaline.sim.job import Job, Outcome
from pascaline.sim.simulators import Simulator
from pascaline.spec.errors import InputError

__all__ = ["build", "run"]


def build(
    verilog: Path, top: str, simulator: Simulator, cache: Path, *, waves: bool = False
) -> Path:
    """Build a design for a simulator, or find that it has been built before.

    Parameters
    ----------
    verilog : Path
        The Verilog.
    top : str
        Its top module.
    simulator : Simulator
        What to build for.
    cache : Path
        Folder of all builds. A build is identified by the Verilog's content and by the simulator.
    waves : bool
        Whether runs are to record waveforms.

    Returns
    -------
    Path
        The folder of the build.

    Raises
    ------
    InputError
        If the simulator refuses the design.
    """
    content = "\n".join([verilog.read_text(encoding="utf-8"), top, simulator.identity, str(waves)])
    key = hashlib.sha256(content.encode()).hexdigest()[:16]
    folder = (cache / f"{top}-{simulator.name}-{key}").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "built"
    with FileLock(folder / "lock"):
        if stamp.exists():
            return folder
        source = folder / f"{top}.v"
        shutil.copyfile(verilog, source)
        try:
            simulator.build(source, top, folder, waves=waves)
        except (RuntimeError, SystemExit) as error:
            log = folder / "build.log"
            raise InputError(simulator.name, f"cannot build {top} ({error}; see {log})") from None
        stamp.touch()
    return folder


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
        FST file for all signals; the design has been built with ``waves``.
    progress : callable, optional
        Told now and then how many steps, faults of each kind, images or flips are done, and how
        many there are.

    Raises
    ------
    InputError
        If the simulator ended without an outcome.
    """
    work = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    job.write(work / "job")
    log = work / "run.log"
    # Whether the bench was content is in its outcome; if there is none, something broke.
    with _watch(work / "progress", job, progress), contextlib.suppress(RuntimeError, SystemExit):
        simulator.runner().test(
            test_module=_bench(job),
            hdl_toplevel=top,
            hdl_toplevel_lang="verilog",
            build_dir=folder,
            test_dir=work,
            results_xml=str(work / "results.xml"),
            log_file=log,
            **(simulator.recording(waves.resolve()) if waves else {}),
            extra_env={
                "PASCALINE_JOB": str(work / "job"),
                "PASCALINE_OUTCOME": str(work / "outcome.json"),
                "PASCALINE_PROGRESS": str(work / "progress"),
                # cocotb would compile all that the bench imports for pytest's assertions.
                "COCOTB_REWRITE_ASSERTION_FILES": "",
            },
        )
    if not (work / "outcome.json").exists():
        raise InputError(simulator.name, f"ended without an outcome (see {log})")
    outcome = Outcome.read(work / "outcome.json")
    if outcome.good:
        shutil.rmtree(work)
    return outcome


def _bench(job: Job) -> str:
    if not job.design.machine.on_bus:
        if job.flips:
            return "pascaline.sim.tb_flips"
        return "pascaline.sim.tb_load" if job.loads else "pascaline.sim.tb_accelerator"
    if importlib.util.find_spec("cocotbext.axi") is None:
        raise InputError("a machine on a bus", "needs pip install 'pascaline[bus]'")
    return "pascaline.sim.tb_faults" if job.faults else "pascaline.sim.tb_bus"


@contextlib.contextmanager
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
            with contextlib.suppress(OSError, ValueError):
                progress(int(path.read_text()), total)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
