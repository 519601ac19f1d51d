"""Broken model files: each is refused with one line, or it is another good model."""

from __future__ import annotations

import resource
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from pascaline.golden.network import Golden
from pascaline.measure.workers import workers
from pascaline.sim.job import Episode, Job, Sequence
from pascaline.sim.mutations import base_files, mutate
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import simulator
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.modelfile import read_model
from pascaline.spec.progress import Progress, silent

__all__ = ["fuzz_files"]

BATCH = 250
MEMORY = 256 << 20
"""Bytes that reading a file of some kilobytes may take, beyond what there is before."""
SECONDS = 5
LONGEST = 500
"""Characters of a message, without the path."""


def fuzz_files(
    count: int,
    seed: int,
    sim: str,
    cache: Path,
    *,
    simulated: int,
    jobs: int,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Try ``count`` broken files; RTL and golden are compared on the first good ones of them.

    Returns
    -------
    dict
        How many were refused and taken, by mutation; how many were simulated; what failed.
    """
    refused: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    good: list[bytes] = []
    firsts = range(seed, seed + count, BATCH)
    with workers(jobs) as pool:
        batches = [pool.submit(_batch, first, min(BATCH, seed + count - first)) for first in firsts]
        for done, batch in enumerate(batches):
            found = batch.result()
            refused += found["refused"]
            taken += found["taken"]
            failures += found["failures"]
            good += found["good"]
            progress("broken model files", min(done * BATCH + BATCH, count), count)
    spread = good[:: max(1, len(good) // max(simulated, 1))][:simulated]
    values = 0
    for number, content in enumerate(spread):
        progress(f"good ones in {sim}", number, len(spread))
        faults, compared = _simulate(content, sim, cache)
        values += compared
        failures += [{"seed": None, "fault": fault} for fault in faults]
    return {
        "seed": seed,
        "files": count,
        "refused": sum(refused.values()),
        "taken": sum(taken.values()),
        "by_mutation": {
            name: {"refused": refused[name], "taken": taken[name]}
            for name in sorted(refused | taken)
        },
        "simulated": len(spread),
        "values": values,
        "failures": failures,
    }


def _batch(first: int, count: int) -> dict[str, Any]:
    """Files of some seeds, read in a process whose memory is bounded."""
    found: dict[str, Any] = {
        "refused": Counter(),
        "taken": Counter(),
        "failures": [],
        "good": [],
    }
    files = base_files()
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    if pages:
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    signal.signal(signal.SIGALRM, _too_late)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "broken.safetensors"
        for seed in range(first, first + count):
            rng = Random(seed)
            base = rng.choice(files)
            mutation, content = mutate(base, rng)
            path.write_bytes(content)
            signal.alarm(SECONDS)
            try:
                model = read_model(path)
                _compute(model)
            except InputError as error:
                found["refused"][mutation] += 1
                if fault := _unclear(str(error), path):
                    found["failures"].append({"seed": seed, "fault": f"{mutation}: {fault}"})
            except BaseException as error:  # Even a panic of a library is a finding.
                fault = f"{mutation}: {type(error).__name__}: {error}"
                found["failures"].append({"seed": seed, "fault": fault})
            else:
                found["taken"][mutation] += 1
                if content != base:
                    found["good"].append(content)
            finally:
                signal.alarm(0)
    return found


def _too_late(*_: Any) -> None:
    raise TimeoutError(f"takes more than {SECONDS} seconds")


def _unclear(text: str, path: Path) -> str | None:
    """What is wrong with a message, if something is."""
    if not text.startswith(str(path)):
        return f"the message does not name the file: {text!r}"
    if not text.isprintable():
        return f"the message cannot be printed: {text!r}"
    if len(text) > LONGEST + len(str(path)):
        return f"the message is long: {text[:LONGEST]!r}..."
    return None


def _compute(model: Model) -> None:
    """A few steps of a model in golden."""
    x = model.network.x.interval
    rng = np.random.default_rng(0)
    golden = Golden(model)
    golden.run([rng.integers(x.lo, x.hi, (3, model.network.inputs), endpoint=True)])


def _simulate(content: bytes, sim: str, cache: Path) -> tuple[list[str], int]:
    """What RTL does otherwise than golden, and how many numbers were compared."""
    from pascaline.hdl.verilog import generate

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "good.safetensors"
        path.write_bytes(content)
        try:
            design = Design(model=read_model(path), machine=Machine())
            [verilog, *_] = generate(design).write(Path(name))
            tool = simulator(sim).quick()
            folder = build(verilog, design.name, tool, cache)
            steps = design.entry.draw(np.random.default_rng(0), 10)
            episode = Episode(sequences=(Sequence(x=steps[:4]), Sequence(x=steps[4:])))
            job = Job(design=design, episodes=(episode,))
            outcome = run(job, folder, design.name, tool)
        except Exception as error:
            return [f"{type(error).__name__}: {error}"], 0
    return outcome.faults, outcome.values
