"""``bench combinations``: every cell with every arithmetic, stacked and in both directions."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator

import click

from pascaline.cli.console import bar, json_option, print_json, table
from pascaline.cli.verdict import Verdict, judge
from pascaline.cli.workers import workers
from pascaline.host.tools import cores
from pascaline.sim.recipe import Burst, Recipe, Traffic, Walk
from pascaline.sim.simulators import SIMULATORS, simulator
from pascaline.spec.cells import CELLS, FORMS
from pascaline.spec.folders import build_folder
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network

__all__ = ["combinations"]

WEIGHTS: dict[str, tuple[str, str]] = {
    "binary": ("binary", "binary"),
    "ternary": ("ternary", "ternary"),
    "pow2": ("pow2i1f2", "pow2i1f2"),
    "exp4": ("exp4", "exp4"),
    "fixed8": ("fixed8", "fixed8"),
    "mixed": ("exp4", "ternary"),
}
"""Of x and of h."""


@click.command()
@click.option("--sim", type=click.Choice(list(SIMULATORS)), default="verilator", show_default=True)
@click.option("--cell", "cells", type=click.Choice(list(FORMS)), multiple=True, help="Only this.")
@click.option("--hidden", type=click.IntRange(1, 64), default=9, show_default=True)
@click.option("--steps", type=click.IntRange(1, 5000), default=60, show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), help="At a time; as many as cores.")
@json_option
def combinations(
    *,
    sim: str,
    cells: tuple[str, ...],
    hidden: int,
    steps: int,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Simulate every cell x arithmetic x 1 or 2 layers x direction x way of stacking.

    Each with a head of its own arithmetic and a result every step: without pauses, where its cycles
    must be those of the formula, and with pauses, states and a reset.
    """
    simulator(sim)
    cache = build_folder() / "combinations"
    # A seed each: cases at work at the same time have names of their own.
    cases = {
        name: _recipe(seed, network, stack, steps)
        for seed, (name, network, stack) in enumerate(_networks(cells or tuple(FORMS), hidden))
    }
    whole, failures = Verdict(), []
    with bar(f"simulating in {sim}") as progress, workers(jobs or cores()) as pool:
        futures = {name: pool.submit(judge, case, sim, cache) for name, case in cases.items()}
        for number, (name, future) in enumerate(futures.items()):
            progress(number, len(futures))
            verdict = future.result()
            whole.add(verdict)
            if verdict.faults:
                failures.append({"case": name, "faults": verdict.faults})
    result = {"simulator": sim, **whole.counts, "failures": failures}
    if as_json:
        print_json(result)
    else:
        rows = [[name.replace("_", " "), count] for name, count in whole.counts.items()]
        table(f"Combinations in {sim}", ["what", "count"], rows)
    for failure in failures:
        click.echo(f"{failure['case']}: {failure['faults'][0]}", err=True)
    sys.exit(1 if failures else 0)


def _networks(cells: tuple[str, ...], hidden: int) -> Iterator[tuple[str, Network, str]]:
    for cell, (name, (x, h)) in itertools.product(cells, WEIGHTS.items()):
        kind, options = FORMS[cell]
        layer = CELLS[kind].described(options, {})
        for count, directions in itertools.product((1, 2), (1, 2)):
            one = layer | {"hidden": hidden, "weights_x": x, "weights_h": h}
            network = Network.parse(
                {
                    "inputs": hidden - 2 if hidden > 2 else 1,
                    "layers": (one | {"bidirectional": directions == 2},) * count,
                    "head": {"classes": 3, "weights": x, "output": "logits"},
                    "results": "every",
                },
                thing=cell,
            )
            stacks = ["pipelined"]
            if count == 2 and directions == 1 and len(network.layer.phases) == 1:
                stacks.append("shared")
            for stack in stacks:
                yield f"{cell}, {name}, {count} x {directions}, {stack}", network, stack


def _recipe(seed: int, network: Network, stack: str, steps: int) -> Recipe:
    machine = {"units": 4, "simd": 4, "stack": stack, "longest": 8}
    lengths = [1, 8, 3, 5] * (steps // 16) + [min(steps, 8)]
    walks = tuple(Walk(steps=length, seed=k) for k, length in enumerate(lengths))
    states = (0, 0, 0) if network.bidirectional else (2, 1, 0)
    rough = tuple(
        Walk(steps=4, seed=k, state=state, dump=any(states)) for k, state in enumerate(states * 3)
    )
    pauses = {"i_x": 0.3, "o": 0.3, "i_state": 0.3, "o_state": 0.3}
    bursts = (Burst(walks=rough, cut=70), Burst(walks=rough))
    return Recipe(
        seed=seed,
        network=network,
        machine=Machine.parse(machine, thing="machine"),
        traffic=(Traffic(bursts=(Burst(walks=walks),)), Traffic(bursts=bursts, pauses=pauses)),
    )
