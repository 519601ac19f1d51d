"""Mutants that are left, one by one: a graph of each alone, lemmas, and all engines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from mutants.bitparallel import BitParallel
from mutants.environment import busy, environment, usual
from mutants.equivalence import ALL, ENGINES, Verdict, settle
from mutants.graph import Graph
from mutants.induction import Induction
from mutants.lemmas import LEMMAS
from mutants.machines import COUNTS, machine
from mutants.netlist import list_mutants, netlist, netlist_graph
from mutants.runs import Runs
from pascaline.cli.guard import guarded
from pascaline.hdl.verilog import generate
from pascaline.host.tools import cores
from pascaline.measure.workers import workers
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic

__all__ = ["alone", "main"]

CYCLES = 100_000
"""Of random runs, and of such in which nothing pauses, to find registers that differ."""


def alone(
    rtlil: str,
    number: int,
    mutant: str,
    around: str,
    usual: Mapping[str, Sequence[int]],
    busy: Mapping[str, int],
    name: str,
    seconds: int,
    at_a_time: int = 1,
) -> Verdict:
    """What a mutant is, of a graph that has no other.

    Parameters
    ----------
    rtlil : str
        The netlist.
    number : int
        Of the mutant.
    mutant : str
        Yosys' command.
    around : str
        What is around the machine, see `mutants.environment`.
    usual, busy : mapping
        Values of inputs: usual ones, and such with which nothing pauses.
    name : str
        Of the machine, for its lemmas.
    seconds : int
        For each question to an engine.
    at_a_time : int
        How many engines are asked side by side; if more than one, all that there are.
    """
    graph = Graph.read(netlist_graph(rtlil, {number: mutant}, around))
    runs = Runs(graph, BitParallel(graph), usual, busy)
    latches: set[int] = set()
    for pausing in (True, False):
        rng = np.random.default_rng([number, pausing])
        found = runs.random([number], CYCLES, rng, pausing=pausing)[number]
        if found.witness is not None:
            return Verdict(equivalent=False, witness=found.witness)
        latches |= {*found.latches}
    lemmas = LEMMAS.get(name, ())
    if lemmas and Induction(graph, number, latches, lemmas).proven():
        return Verdict(equivalent=True)
    engines = ALL if at_a_time > 1 else ENGINES
    return settle(graph, runs, number, latches, seconds, engines=engines, at_a_time=at_a_time)


def _drawn(name: str, number: int, seed: int) -> tuple[str, str]:
    """A machine's netlist, and a mutant of it."""
    design = machine(name).design
    rtlil = netlist(generate(design).text, design.name)
    listed = list_mutants(rtlil, COUNTS.get(name, 1000), seed)
    if not 1 <= number <= len(listed):
        raise InputError("mutants", f"must be 1 to {len(listed)} of {name}", number)
    return rtlil, listed[number - 1]


def _settled(name: str, number: int, seed: int, seconds: int, at_a_time: int) -> Verdict:
    rtlil, mutant = _drawn(name, number, seed)
    design = machine(name).design
    values = environment(design), usual(design), busy(design)
    return alone(rtlil, number, mutant, *values, name, seconds, at_a_time)


@click.command()
@click.argument("mutants", nargs=-1, required=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--seconds", type=click.IntRange(min=1), default=40, show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), help="At a time; as many as cores.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where found inputs are kept.")
def main(
    *, mutants: tuple[str, ...], seed: int, seconds: int, jobs: int | None, folder: Path | None
) -> None:
    """Ask all engines about MUTANTS, as tiny-binary:axi:42, all side by side."""
    wanted = []
    for word in mutants:
        name, _, number = word.rpartition(":")
        if not number.isdecimal() or len(number) > 5:
            raise InputError("mutants", "must be MACHINE:NUMBER", word)
        machine(name)
        wanted.append((name, int(number)))
    began, left = time.monotonic(), len(wanted)
    each = max(1, (jobs or cores()) // len(wanted))
    threads = ThreadPoolExecutor(len(wanted))
    with threads, workers(min(jobs or cores(), len(wanted))) as pool:
        asked = {pool.submit(_settled, *one, seed, seconds, each): one for one in wanted}
        for future in as_completed(asked):
            verdict, one = future.result(), asked[future]
            left -= verdict.known is not None
            took = f"{time.monotonic() - began:.0f} s"
            click.echo(f"{one[0]} {one[1]}: {verdict.known or 'not known'} ({took})")
            if verdict.witness is not None and folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
                file = folder / f"witness-{one[0].replace(':', '-')}-{one[1]}.json"
                write_atomic(file, json.dumps(asdict(verdict.witness)))
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    sys.exit(guarded(lambda: main.main(standalone_mode=False)))
