"""Bits of memories that change, and whether parity reports each that matters."""

from __future__ import annotations

from typing import Any

import numpy as np

from pascaline.measure.verilog import make_verilog
from pascaline.sim.flips import OUTCOMES, draw_flips, guarded
from pascaline.sim.job import Episode, Job, Outcome, Sequence
from pascaline.sim.runner import build, run
from pascaline.sim.verilator import Verilator
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.folders import build_folder
from pascaline.spec.ports import FROM_PREVIOUS
from pascaline.spec.progress import Progress, silent, stage_of

__all__ = ["flip_bits"]

MACHINES: dict[str, dict[str, Any]] = {
    "tiny-binary": {},
    "tiny-ternary": {"weights": "ram"},
    "tiny-fixed12": {"cell_unit": "serial"},
    "tiny-gru": {"pipelined": True},
    "tiny-bilstm": {"longest": 8},
    "tiny-rnn": {},
}
"""Configurations, and what their machines have beside parity: each cell, each kind of memory."""

EPISODES = 8


def flip_bits(count: int, *, seed: int = 0, progress: Progress = silent) -> dict[str, Any]:
    """Flip bits in Verilator, each at a random time in a random place of a random memory.

    Parameters
    ----------
    count : int
        How many, over all of `MACHINES`.
    seed : int
        Of times and places.
    progress : Progress
        Told how many bits are flipped.

    Returns
    -------
    dict
        How many had each of `sim.flips.OUTCOMES`, in all and by machine; ``faults``, a line each.
    """
    names = list(MACHINES)
    shares = [count // len(names) + (k < count % len(names)) for k in range(len(names))]
    results: dict[str, dict[str, int]] = {}
    faults: list[str] = []
    for name, share in zip(names, shares, strict=True):
        if share:
            outcome = _flip(name, share, seed, progress)
            results[name] = {kind: outcome.injected.get(kind, 0) for kind in OUTCOMES}
            faults += outcome.faults
    total = {kind: sum(found[kind] for found in results.values()) for kind in OUTCOMES}
    return {"count": count, "seed": seed, **total, "machines": results, "faults": faults}


def _flip(name: str, count: int, seed: int, progress: Progress) -> Outcome:
    config = configs()[name]
    machine = config.machine.model_copy(update={"parity": True, **MACHINES[name]})
    design = Design(model=config.synthetic(name), machine=machine)
    tool = Verilator(memories=True)
    verilog = make_verilog(design, progress).text
    progress(f"building {name}", 0, 0)
    folder = build(verilog, design.name, tool, build_folder() / "sim")
    job = Job(
        design=design,
        episodes=_episodes(design, seed),
        flips=draw_flips(guarded(verilog, design.name), count, EPISODES, seed),
        seed=seed,
    )
    told = stage_of(progress, f"flipping {count} bits of {name}")
    return run(job, folder, design.name, tool, progress=told)


def _episodes(design: Design, seed: int) -> tuple[Episode, ...]:
    """Two sequences each, the second one perhaps from the state in which the first one ended."""
    rng = np.random.default_rng(seed)
    entry, stateful = design.entry, design.cores[0].stateful

    def sequence(number: int) -> Sequence:
        steps = int(rng.integers(1, 6))
        return Sequence(
            x=entry.draw(rng, steps),
            state=FROM_PREVIOUS * int(number * rng.integers(2)) if stateful else 0,
            dump=stateful and bool(rng.integers(2)),
        )

    return tuple(Episode(sequences=(sequence(0), sequence(1))) for _ in range(EPISODES))
