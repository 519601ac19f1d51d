"""Model files that are broken and still good: RTL and golden are compared on them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import numpy as np

from pascaline.sim.job import Episode, Job
from pascaline.sim.job import Sequence as Steps
from pascaline.sim.mutations import base_files, mutate
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import simulator
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.spec.modelfile import read_model
from pascaline.spec.progress import Progress, silent
from pascaline.spec.scratch import temporary

__all__ = ["Simulated", "broken_file", "simulate_files"]


class Simulated(NamedTuple):
    """How many files were simulated, how many numbers compared, and what differed."""

    files: int
    values: int
    faults: list[str]


def broken_file(rng: Random) -> tuple[str, bytes]:
    """How a model file is broken, and its content."""
    return mutate(rng.choice(base_files()), rng)


def simulate_files(
    seeds: Sequence[int], most: int, sim: str, progress: Progress = silent
) -> Simulated:
    """Compare RTL and golden on at most so many of the good files of some seeds, spread over all.

    Parameters
    ----------
    seeds : sequence of int
        Seeds of `broken_file` that give good models.
    most : int
        Files to simulate.
    sim : str
        The simulator.
    progress : Progress
        Told before every file.
    """
    good = [content for seed in seeds if (content := _changed(seed)) is not None]
    spread = good[:: max(1, len(good) // max(most, 1))][:most]
    values, faults = 0, []
    for number, content in enumerate(spread):
        progress(f"good ones in {sim}", number, len(spread))
        found, compared = _simulate(content, sim)
        values += compared
        faults += found
    return Simulated(len(spread), values, faults)


def _changed(seed: int) -> bytes | None:
    """A file, unless it is one of those that it was made of."""
    content = broken_file(Random(seed))[1]
    return None if content in base_files() else content


def _simulate(content: bytes, sim: str) -> tuple[list[str], int]:
    """What RTL does otherwise than golden, and how many numbers were compared."""
    from pascaline.hdl.verilog import generate

    with temporary() as place:
        path = place / "good.safetensors"
        path.write_bytes(content)
        try:
            design = Design(model=read_model(path), machine=Machine())
            verilog = generate(design).text
            tool = simulator(sim).quick()
            folder = build(verilog, design.name, tool, place)
            steps = design.entry.draw(np.random.default_rng(0), 10)
            episode = Episode(sequences=(Steps(x=steps[:4]), Steps(x=steps[4:])))
            job = Job(design=design, episodes=(episode,))
            outcome = run(job, folder, design.name, tool)
        except Exception as error:
            return [f"{type(error).__name__}: {error}"], 0
    return outcome.faults, outcome.values
