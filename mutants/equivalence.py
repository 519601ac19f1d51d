"""Whether a mutant changes anything at the ports of a machine: proofs and traces by ABC.

A proof goes by induction over time. As long as a mutant has done what the machine does both are in
the same state, so one set of registers is enough for both; only those that may differ without
anything at the ports are there twice. ABC then shows that no state is ever reached in which the two
would differ in any other register, or at the ports; or it finds inputs after which they do. With
these either something differs at the ports, sooner or later, or more registers may differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from threading import Event

import numpy as np
import numpy.typing as npt

from mutants.abc import abc
from mutants.bitparallel import selects
from mutants.graph import Builder, Graph
from mutants.runs import Runs, Witness
from pascaline.spec.scratch import temporary

__all__ = ["ALL", "ENGINES", "Engine", "Verdict", "settle"]

SMALLER = "scorr -F 4; dc2; scorr -F 2; "
"""What always is the same in reachable states is made one: proofs become several times shorter."""

PREPARING = 10
"""An engine ends after so many times its part, since some of what it does knows no limit."""


@dataclass(frozen=True)
class Engine:
    """Commands of ABC.

    Attributes
    ----------
    script : str
        With the seconds that it has.
    share : int
        The part of the time that it has, since most proofs are short, and so are most traces.
    busy : bool
        Whether some inputs are fixed, so that a trace is found several times sooner.
    traced : bool
        Whether its traces are those of what it was given.
    """

    script: str
    share: int = 1
    busy: bool = False
    traced: bool = True


ENGINES = (
    Engine("pdr -T {seconds}", 4),
    Engine("bmc3 -T {seconds}", 2, busy=True),
    Engine(SMALLER + "pdr -T {seconds}"),
)
"""One after the other."""

ALL = (
    *(Engine(f"pdr {how} -T {{seconds}}") for how in ("", "-m", "-n -c", "-r", "-t", "-S 1", "-q")),
    *(Engine(f"{SMALLER}{how} -T {{seconds}}") for how in ("pdr", "pdr -n -c", "pdr -t", "int")),
    Engine("scorr -F 8 -C 100000; pdr -T {seconds}"),
    Engine("dprove -T {seconds}", traced=False),
    Engine("tempor -T {seconds}; pdr -T {seconds}", traced=False),
    Engine(SMALLER + "reach -B 1000000 -T {seconds}", traced=False),
    Engine("int -T {seconds}"),
    Engine("bmc3 -T {seconds}"),
    Engine("bmc3 -T {seconds}", busy=True),
)
"""Side by side, for what the others leave."""

STATUS = re.compile(r"^Status = (-?\d+)", re.MULTILINE)

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

    @property
    def known(self) -> str | None:
        """``"equivalent"``, ``"different"``, or None."""
        if self.witness is not None:
            return "different"
        return "equivalent" if self.equivalent else None


@dataclass(frozen=True)
class Claim:
    """An output that shall never be 1, as AIGER, and values of inputs that it takes for granted."""

    aiger: bytes
    fixed: dict[int, int]


def settle(
    graph: Graph,
    runs: Runs,
    number: int,
    latches: Collection[int],
    seconds: int,
    *,
    engines: Sequence[Engine] | None = None,
    at_a_time: int = 1,
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
    engines : sequence of Engine, optional
        Who is asked; by default `ENGINES`.
    at_a_time : int
        How many are asked side by side; the first answer counts.
    """
    rng, own = np.random.default_rng(number), set(latches)
    while True:
        claims = cache(partial(_claim, graph, runs, number, tuple(sorted(own))))
        proven, trace = _ask(claims, engines or ENGINES, seconds, at_a_time)
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


def _ask(
    claims: Callable[[bool], Claim | None], engines: Sequence[Engine], seconds: int, at_a_time: int
) -> tuple[bool, Trace | None]:
    """Whether the output is proven never to be 1, and inputs with which it is.

    There is a claim with all inputs free, and one with some that are fixed.
    """
    if claims(False) is None:
        return True, None
    stop = Event()
    with temporary() as folder, ThreadPoolExecutor(at_a_time) as pool:
        asked = []
        for number, engine in enumerate(engines):
            place = folder / str(number)
            place.mkdir()
            limit = -(-seconds // engine.share)
            asked.append(pool.submit(_answer, engine, claims, place, limit, stop))
        try:
            for future in as_completed(asked):
                proven, trace = future.result()
                if proven or trace is not None:
                    return proven, trace
        finally:
            stop.set()
    return False, None


def _answer(
    engine: Engine,
    claims: Callable[[bool], Claim | None],
    folder: Path,
    seconds: int,
    stop: Event,
) -> tuple[bool, Trace | None]:
    """What one engine says, or that it does not know."""
    # A claim takes a while: it is made when its engine is asked.
    if stop.is_set() or (claim := claims(engine.busy)) is None:
        return False, None
    (folder / "claim.aig").write_bytes(claim.aiger)
    what = engine.script.format(seconds=seconds)
    script = f"read_aiger claim.aig; scleanup; {what}; print_status; write_cex -a trace"
    said = STATUS.search(abc(script, folder, PREPARING * seconds, stop))
    status = said[1] if said else ""
    if status == "1":
        return not engine.busy, None
    if status != "0" or not engine.traced:
        return False, None
    inputs = int(claim.aiger.split(maxsplit=3)[2])
    trace = _trace((folder / "trace").read_text(encoding="utf-8"), inputs)
    for place, value in claim.fixed.items():
        trace[:, place] = value
    return False, trace


def _trace(text: str, inputs: int) -> Trace:
    """The inputs of each cycle: a line each, behind the line of the first state."""
    lines = text.splitlines()[1:]
    return np.array([[bit == "1" for bit in line[:inputs]] for line in lines], dtype=bool)
