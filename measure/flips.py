"""``bench flips``: bits of memories that change, and whether parity tells of each that matters."""

from __future__ import annotations

import sys
from typing import Any

import click
import numpy as np

from pascaline.cli.console import bar, json_option, print_json, spinner, table
from pascaline.cli.generate import make_verilog
from pascaline.sim.flips import OUTCOMES, draw_flips, guarded
from pascaline.sim.job import Episode, Job, Outcome, Sequence
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import Verilator
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.folders import build_folder
from pascaline.spec.ports import FROM_PREVIOUS

__all__ = ["flips"]

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


@click.command()
@click.option("--count", type=click.IntRange(min=1), default=600, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@json_option
def flips(*, count: int, seed: int, as_json: bool) -> None:
    """Flip COUNT bits in Verilator, each at a random time in a random place of a random memory.

    Of all memories that have parity: weights, scales and biases, h, c, inputs, and buffers of
    vectors. Each flip must be told before any result or state that it changes, or change none.
    """
    names = list(MACHINES)
    shares = [count // len(names) + (k < count % len(names)) for k in range(len(names))]
    results: dict[str, dict[str, int]] = {}
    faults: list[str] = []
    for name, share in zip(names, shares, strict=True):
        if share:
            outcome = _flip(name, share, seed)
            results[name] = {kind: outcome.injected.get(kind, 0) for kind in OUTCOMES}
            faults += outcome.faults
    total = {kind: sum(found[kind] for found in results.values()) for kind in OUTCOMES}
    if as_json:
        print_json({"count": count, "seed": seed, **total, "machines": results, "faults": faults})
    else:
        rows = [[name, *found.values()] for name, found in (results | {"all": total}).items()]
        table(f"{count:,} flips, seed {seed}", ["machine", *OUTCOMES], rows)
    for fault in faults:
        click.echo(fault, err=True)
    sys.exit(1 if faults or total["missed"] else 0)


def _flip(name: str, count: int, seed: int) -> Outcome:
    config = configs()[name]
    machine = config.machine.model_copy(update={"parity": True, **MACHINES[name]})
    design = Design(model=config.synthetic(name), machine=machine)
    tool = Verilator(memories=True)
    made = make_verilog(design)
    verilog, *_ = made.write(build_folder() / "verilog")
    with spinner(f"building {name}"):
        folder = build(verilog, design.name, tool, build_folder() / "sim")
    job = Job(
        model=design.model,
        machine=machine,
        episodes=_episodes(design, seed),
        flips=draw_flips(guarded(made.text, design.name), count, EPISODES, seed),
        seed=seed,
    )
    with bar(f"flipping {count} bits of {name}") as progress:
        return run(job, folder, design.name, tool, progress=progress)


def _episodes(design: Design, seed: int) -> tuple[Episode, ...]:
    """Two sequences each, the second one perhaps from the state in which the first one ended."""
    rng = np.random.default_rng(seed)
    x, inputs = design.network.x.interval, design.network.inputs
    stateful = design.cores[0].stateful

    def sequence(number: int) -> Sequence:
        steps = int(rng.integers(1, 6))
        return Sequence(
            x=rng.integers(x.lo, x.hi, (steps, inputs), endpoint=True),
            state=FROM_PREVIOUS * int(number * rng.integers(2)) if stateful else 0,
            dump=stateful and bool(rng.integers(2)),
        )

    return tuple(Episode(sequences=(sequence(0), sequence(1))) for _ in range(EPISODES))
