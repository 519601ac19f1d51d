"""Every cell with every arithmetic, stacked, in both directions, with every end of a sequence."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from pascaline.host.tools import cores
from pascaline.measure.verdict import Verdict, judge
from pascaline.measure.workers import workers
from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from pascaline.sim.simulators import simulator
from pascaline.spec.cells import CELLS, FORMS, transformed
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, silent

__all__ = ["judge_combinations"]

WEIGHTS: dict[str, tuple[str, str]] = {
    "binary": ("binary", "binary"),
    "ternary": ("ternary", "ternary"),
    "pow2": ("pow2i1f2", "pow2i1f2"),
    "exp4": ("exp4", "exp4"),
    "fixed8": ("fixed8", "fixed8"),
    "mixed": ("exp4", "ternary"),
}
"""Of x and of h."""

ENDS: dict[str, tuple[int, dict[str, Any]]] = {
    "largest": (1, {"results": "last", "pooling": "max"}),
    "largest, both directions": (2, {"results": "last", "pooling": "max"}),
    "mean": (1, {"results": "last", "pooling": "mean"}),
    "mean, both directions": (2, {"results": "last", "pooling": "mean"}),
    "attention": (1, {"results": "last", "pooling": "attention", "attention": {}}),
    "attention, both directions": (
        2,
        {"results": "last", "pooling": "attention", "attention": {}},
    ),
    "last, both directions": (2, {"results": "last"}),
    "last step, both directions": (2, {"results": "first-of-backward"}),
}
"""What results are made of at the end of a sequence, and of how many directions; these networks
have initial states."""


def judge_combinations(
    sim: str,
    *,
    cells: Sequence[str] = tuple(FORMS),
    hidden: int = 9,
    steps: int = 60,
    jobs: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Simulate every cell x arithmetic x 1 or 2 layers x direction x way of stacking; and `ENDS`.

    Parameters
    ----------
    sim : str
        Name of the simulator.
    cells : sequence of str
        Keys of `spec.cells.FORMS`.
    hidden, steps : int
        Hidden units of a layer; steps of the first traffic.
    jobs : int, optional
        Cases at a time; by default as many as there are cores.
    progress : Progress
        Told of each case.

    Returns
    -------
    dict
        How much was compared, and ``failures``, each with ``case`` and ``faults``.
    """
    simulator(sim)
    cases = {
        name: _case(seed, network, stack, steps)
        for seed, (name, network, stack) in enumerate(_networks(tuple(cells), hidden))
    }
    whole, failures = Verdict(), []
    with workers(jobs or cores()) as pool:
        futures = {name: pool.submit(judge, case, sim) for name, case in cases.items()}
        for number, (name, future) in enumerate(futures.items()):
            progress(f"simulating in {sim}", number, len(futures))
            verdict = future.result()
            whole.add(verdict)
            if verdict.faults:
                failures.append({"case": name, "faults": verdict.faults})
    return {"simulator": sim, **whole.counts, "failures": failures}


def _networks(cells: tuple[str, ...], hidden: int) -> Iterator[tuple[str, Network, str]]:
    for cell, (name, (x, h)) in itertools.product(cells, WEIGHTS.items()):
        for count, directions in itertools.product((1, 2), (1, 2)):
            network = _network(cell, hidden, (x, h), count, directions, {"results": "every"})
            stacks = ["separate"]
            shares = len(network.layer.phases) == 1 and not network.layer.transform
            if count == 2 and directions == 1 and shares:
                stacks.append("shared")
            for stack in stacks:
                yield f"{cell}, {name}, {count} x {directions}, {stack}", network, stack

    for cell, (name, (directions, end)) in itertools.product(cells, ENDS.items()):
        network = _network(cell, hidden, WEIGHTS["ternary"], 1, directions, end, initial=True)
        yield f"{cell}, {name}", network, "separate"


def _network(
    cell: str,
    hidden: int,
    weights: tuple[str, str],
    count: int,
    directions: int,
    end: dict[str, Any],
    *,
    initial: bool = False,
) -> Network:
    """Equal layers, and a head with the arithmetic of x."""
    kind, options = FORMS[cell]
    layer = CELLS[kind].described(options, {})
    layer |= {"hidden": hidden, "bidirectional": directions == 2, "initial": initial}
    layer |= {"weights_x": weights[0], "weights_h": weights[1]}
    if transformed(cell):
        # Signs alone, an even number of them, and a sequence starts from zero.
        layer |= {"weights_h": "binary", "initial": False, "hidden": hidden + hidden % 2}
    return Network.parse(
        {
            "inputs": hidden - 2 if hidden > 2 else 1,
            "layers": (layer,) * count,
            "head": {"classes": 3, "weights": weights[0], "output": "logits"},
            **end,
        },
        thing=cell,
    )


def _case(seed: int, network: Network, stack: str, steps: int) -> Case:
    machine = {"units": 4, "simd": 4, "stack": stack, "longest": 8}
    lengths = [1, 8, 3, 5] * (steps // 16) + [min(steps, 8)]
    smooth = tuple(CaseSequence(steps=length, seed=k) for k, length in enumerate(lengths))
    states = (0, 0, 0) if network.whole else (2, 1, 0)
    rough = tuple(
        CaseSequence(steps=4, seed=k, state=state, dump=any(states))
        for k, state in enumerate(states * 3)
    )
    pauses = {"i_x": 0.3, "o": 0.3, "i_state": 0.3, "o_state": 0.3}
    episodes = (CaseEpisode(sequences=rough, cut=70), CaseEpisode(sequences=rough))
    return Case(
        seed=seed,
        network=network,
        machine=Machine.parse(machine, thing="machine"),
        traffic=(
            Traffic(episodes=(CaseEpisode(sequences=smooth),)),
            Traffic(episodes=episodes, pauses=pauses),
        ),
    )
