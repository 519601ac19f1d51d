"""Whether a mutant changes anything at the ports of a machine: proofs and traces by ABC.

A proof goes by induction over time. As long as a mutant has done what the machine does both are in
the same state, so one set of registers is enough for both; only those that may differ without
anything at the ports are there twice. ABC then shows that no state is ever reached in which the two
would differ in any other register, or at the ports; or it finds inputs after which they do. With
these either something differs at the ports, sooner or later, or more registers may differ.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mutants.bitparallel import selects
from mutants.graph import Builder, Graph
from mutants.runs import Runs, Witness
from pascaline.host.tools import find_tool
from pascaline.spec.scratch import temporary

__all__ = ["ENGINES", "Verdict", "settle"]

SMALLER = "scorr -F 4; dc2; scorr -F 2; "
"""What always is the same in reachable states is made one: proofs become several times shorter."""

ENGINES = ("pdr", 4, False), ("bmc3", 2, True), (f"{SMALLER}pdr", 1, False)
"""ABC's, each with a part of the time, since most proofs are short, and so are most traces; and
whether some inputs are fixed, so that a trace is found several times sooner."""

PREPARING = 10
"""An engine ends after so many times its part, since `SMALLER` knows no limit."""

Trace = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """What is known of a mutant.

    Attributes
    ----------
    equivalent : bool
        Whether it is proven to be the same at the ports.
    witness : Witness or None
        Inputs that tell it from the machine.
    """

    equivalent: bool
    witness: Witness | None = None


@dataclass(frozen=True)
class Claim:
    """An output that shall never be 1, as AIGER, and values of inputs that it takes for granted."""

    aiger: bytes
    fixed: dict[int, int]


def settle(
    graph: Graph, runs: Runs, number: int, latches: Collection[int], seconds: int
) -> Verdict:
    """Prove that a mutant is the same at the ports, or find inputs on which it is not.

    Parameters
    ----------
    graph : Graph
        The machine in its environment, with mutants.
    runs : Runs
        Of the graph.
    number : int
        Of the mutant.
    latches : collection of int
        Places of those that differed in runs in which nothing did at the ports.
    seconds : int
        For each question.
    """
    rng, own = np.random.default_rng(number), set(latches)
    while True:
        claims = cache(partial(_claim, graph, runs, number, tuple(sorted(own))))
        proven, trace = _ask(claims, seconds)
        if trace is None:
            return Verdict(equivalent=proven)
        difference = runs.follow(number, trace, rng)
        if difference.witness is not None:
            return Verdict(equivalent=False, witness=difference.witness)
        if own.issuperset(difference.latches):
            return Verdict(equivalent=False)
        own.update(difference.latches)


def _claim(graph: Graph, runs: Runs, number: int, own: tuple[int, ...], busy: bool) -> Claim | None:
    """Machine and mutant, with the registers of ``own`` twice; the output is a difference.

    Inputs are free, or those of `Runs.busy` are fixed.

    Returns
    -------
    Claim or None
        None if there can be no difference.
    """
    chosen, fixed = selects(graph), runs.busy if busy else {}
    free = [literal for literal in graph.inputs if literal not in chosen]
    builder = Builder(len(free), len(graph.latches) + len(own))
    second = dict(zip(own, builder.latches[len(graph.latches) :], strict=True))
    places = range(len(graph.latches))

    def copy(number: int, state: dict[int, int]) -> tuple[list[int], list[int]]:
        values = dict(zip(free, builder.inputs, strict=True)) | fixed
        values |= {literal: number >> bit & 1 for literal, bit in chosen.items()}
        values |= {graph.latches[place][0]: state[place] for place in places}
        return builder.copy(graph, values)

    shared = dict(zip(places, builder.latches, strict=False))
    following, seen = copy(0, shared)
    changed, noticed = copy(number, shared | second)
    pairs = [(following[place], changed[place]) for place in places if place not in second]
    different = builder.differs([*pairs, *zip(seen, noticed, strict=True)])
    if different == 0:
        return None
    first = [latch[2] for latch in graph.latches]
    state = list(zip(following, first, strict=True))
    state += [(changed[place], first[place]) for place in own]
    return Claim(builder.aiger(state, different), {free.index(k): v for k, v in fixed.items()})


def _ask(claims: Callable[[bool], Claim | None], seconds: int) -> tuple[bool, Trace | None]:
    """Whether the output is proven never to be 1, and inputs with which it is.

    There is a claim with all inputs free, and one with some that are fixed.
    """
    with temporary() as folder:
        for engine, share, busy in ENGINES:
            if (claim := claims(busy)) is None:
                if not busy:
                    return True, None
                continue
            abc = find_tool("yosys-abc", "apt install yosys")
            (folder / "claim.aig").write_bytes(claim.aiger)
            limit = -(-seconds // share)
            script = f"read_aiger claim.aig; scleanup; {engine} -T {limit}; write_cex -a trace"
            command = [abc, "-c", script]
            said = _said(command, folder, PREPARING * limit)
            if "Property proved" in said and not busy:
                return True, None
            if "was asserted in frame" in said:
                inputs = int(claim.aiger.split(maxsplit=3)[2])
                trace = _trace((folder / "trace").read_text(encoding="utf-8"), inputs)
                for place, value in claim.fixed.items():
                    trace[:, place] = value
                return False, trace
    return False, None


def _said(command: list[str], folder: Path, seconds: int) -> str:
    """What a program says, or nothing if it takes too long."""
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds
        ).stdout
    except subprocess.TimeoutExpired:
        return ""


def _trace(text: str, inputs: int) -> Trace:
    """The inputs of each cycle: a line each, behind the line of the first state."""
    lines = text.splitlines()[1:]
    return np.array([[bit == "1" for bit in line[:inputs]] for line in lines], dtype=bool)
