"""``simulate``: the Verilog of a model in a simulator, on real recordings."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from pascaline import models
from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.console import bar, json_option, print_json, say, spinner, table
from pascaline.cli.generate import make_verilog
from pascaline.golden.rounding import Integers
from pascaline.sim.hierarchy import Hierarchy
from pascaline.sim.job import Episode, Job, Outcome, Pauses, Sequence
from pascaline.sim.runner import build, run
from pascaline.sim.signals import parts
from pascaline.sim.simulators import SIMULATORS, Simulator, simulator
from pascaline.sim.viewers import gtkwave, surfer
from pascaline.spec import cycles
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.files import replacing, write_atomic
from pascaline.spec.folders import build_folder
from pascaline.spec.model import Model
from pascaline.spec.schedule import interleaved
from pascaline.train.data import data_set
from pascaline.train.preprocess import quantize
from pascaline.train.recordings import Recordings, read_recordings

__all__ = ["run_design", "simulate", "take_samples"]

RANDOM_STEPS = 16
"""Steps of a sequence where there is no data."""


@dataclass(frozen=True)
class Samples:
    """Sequences to simulate.

    Attributes
    ----------
    sequences : list of Integers
        Inputs of each, (steps, inputs).
    labels : list of int or None
        Their classes, if they are real.
    source : str
        Where they are from.
    """

    sequences: list[Integers]
    labels: list[int] | None
    source: str


@click.command()
@click.argument("model")
@click.option("--sim", type=click.Choice(list(SIMULATORS)), default="verilator", show_default=True)
@click.option("--samples", type=click.IntRange(min=1), default=20, show_default=True)
@click.option(
    "--inputs",
    type=click.Path(path_type=Path),
    help="Recordings: an .npz file of features, lengths and perhaps labels.",
)
@click.option(
    "--pause", type=click.FloatRange(0, 0.95), default=0.0, help="How likely each side pauses."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of pauses and random inputs.")
@click.option(
    "--waves",
    type=click.Path(path_type=Path),
    help="FST file for the waveform of all signals; beside it layouts for GTKWave and Surfer.",
)
@target_option
@machine_options
@json_option
def simulate(
    model: str,
    *,
    sim: str,
    samples: int,
    inputs: Path | None,
    pause: float,
    seed: int,
    waves: Path | None,
    target: str,
    as_json: bool,
    **machine: Any,
) -> None:
    """Simulate the Verilog of a MODEL and compare every output bit with the golden model.

    Without --inputs a shipped model gets held-out recordings, any other model random inputs.
    """
    design = find_design(model, machine, target)
    tool = simulator(sim)
    chosen = take_samples(design.model, samples, seed, inputs)
    check_lengths(design, chosen)
    sequences = tuple(Sequence(x=x) for x in chosen.sequences)
    job = Job(
        model=design.model,
        machine=design.machine,
        episodes=(Episode(sequences=sequences),),
        pauses=Pauses(i_x=pause, o=pause),
        seed=seed,
    )
    with nullcontext() if waves is None else recording(waves) as fst:
        verilog, outcome = run_design(design, tool, job, waves=fst)
    if waves is not None:
        shown = parts(design, Hierarchy(verilog.read_text(encoding="utf-8"), design.name))
        write_atomic(waves.with_suffix(".gtkw"), gtkwave(waves.name, shown))
        write_atomic(waves.with_suffix(".sucl"), surfer(shown))
    result = summary(design, sim, chosen, outcome, job)
    if waves is not None:
        result["waves"] = str(waves)
    if as_json:
        print_json(result)
    else:
        _print(design, result)
    for fault in outcome.faults:
        click.echo(fault, err=True)
    sys.exit(0 if outcome.good else 1)


def check_lengths(design: Design, samples: Samples) -> None:
    """Raise `InputError` if a sequence is longer than what the machine can hold of one."""
    most, holds = design.machine.longest, design.network.bidirectional
    longest = max(map(len, samples.sequences), default=0)
    if (holds or design.machine.on_bus) and longest > most:
        raise InputError("inputs", f"must have at most {most} steps (--longest)", longest)


def run_design(
    design: Design, tool: Simulator, job: Job, *, waves: Path | None = None
) -> tuple[Path, Outcome]:
    """Generate a design, build it for a simulator and run a job; the Verilog, and what came out."""
    verilog, *_ = make_verilog(design).write(build_folder() / "verilog")
    with spinner(f"building {design.name} for {tool.name}"):
        folder = build(verilog, design.name, tool, build_folder() / "sim", waves=waves is not None)
    sequences = sum(len(episode.sequences) for episode in job.episodes)
    with bar(f"simulating {sequences} sequences") as progress:
        return verilog, run(job, folder, design.name, tool, waves=waves, progress=progress)


def recording(waves: Path) -> AbstractContextManager[Path]:
    """A place for a waveform that becomes the file ``waves`` at the end."""
    if waves.suffix != ".fst":
        raise InputError("--waves", "must end in .fst", str(waves))
    return replacing(waves)


def take_samples(model: Model, count: int, seed: int, inputs: Path | None) -> Samples:
    """The first recordings of a file, or of the held-out part of a model's task; random inputs.

    Of a task, those that are shipped are taken as far as they go, else the data set is fetched.
    """
    if inputs is None and "task" not in model.card:
        rng = np.random.default_rng(seed)
        x = model.network.x.interval
        shape = (RANDOM_STEPS, model.network.inputs)
        sequences = [rng.integers(x.lo, x.hi, shape, endpoint=True) for _ in range(count)]
        return Samples(sequences, None, f"random, seed {seed}")
    if inputs is not None:
        recordings, source = read_recordings(inputs), str(inputs)
    else:
        name = model.card["data"]["name"]
        recordings = read_recordings(models.SAMPLE)
        source = f"shipped held-out recordings of {name}"
        if name != "digits" or count > len(recordings):
            part = data_set(name).load().held_out
            recordings = Recordings.of(part)
            source = f"held-out part of {name}"
    taken = recordings.first(count)
    labels = None if taken.labels is None else taken.labels.tolist()
    return Samples(quantize(taken.sequences, model), labels, source)


def summary(
    design: Design, sim: str, samples: Samples, outcome: Outcome, job: Job
) -> dict[str, Any]:
    """Plain values for JSON."""
    lengths = [len(sequence) for sequence in samples.sequences]
    correct = None
    head, last = design.head, design.network.results == "last"
    if samples.labels is not None and head is not None and head.output == "class" and last:
        labels = [samples.labels[k] for k in _completed(lengths, design)]
        pairs = zip(outcome.results, labels, strict=False)
        correct = sum(result == label for result, label in pairs)
    plain = not design.machine.on_bus and not job.pauses.any
    formula = cycles.sequence_cycles(design, lengths) if plain else None
    return {
        "model": design.model.name,
        "simulator": sim,
        "source": samples.source,
        "samples": outcome.sequences,
        "results": outcome.results,
        "order": _completed(lengths, design),
        "correct": correct,
        "steps": outcome.steps,
        "values": outcome.values,
        "mismatches": outcome.mismatches,
        "cycles": outcome.cycles,
        "cycles_formula": formula,
        "cycles_per_step": outcome.cycles / max(outcome.steps, 1),
        "utilisation": cycles.utilisation(design, outcome.steps, max(outcome.cycles, 1)),
        "faults": outcome.faults,
        "seed": job.seed,
    }


def _completed(lengths: list[int], design: Design) -> list[int]:
    """Sequences in the order of their results: that in which they end; on a bus, as they were."""
    if design.machine.on_bus:
        return list(range(len(lengths)))
    steps = interleaved(lengths, design.machine.streams)
    return [number for _, number, step in steps if step == lengths[number] - 1]


def _print(design: Design, result: dict[str, Any]) -> None:
    values, wrong = result["values"], result["mismatches"]
    rows: list[list[Any]] = [
        ["inputs", f"{result['samples']} sequences, {result['source']}"],
        ["output values equal to golden", f"{values - wrong:,} of {values:,}"],
    ]
    if result["correct"] is not None:
        share = 100 * result["correct"] / max(result["samples"], 1)
        rows.append(
            ["correct classes", f"{result['correct']} of {result['samples']} ({share:.1f} %)"]
        )
    formula = result["cycles_formula"]
    rows += [
        ["steps", result["steps"]],
        ["cycles", f"{result['cycles']:,}" + (f" (formula: {formula:,})" if formula else "")],
        ["cycles a step", f"{result['cycles_per_step']:.1f}"],
        ["lane utilisation", f"{result['utilisation']:.3f}"],
    ]
    table(f"{design.model.name} in {result['simulator']}", ["what", "value"], rows)
    if "waves" in result:
        say(f"{result['waves']}, with layouts in .gtkw (GTKWave) and .sucl (Surfer) beside it")
    if result["faults"]:
        say("[bold]The Verilog does not do what the golden model does.[/bold]")
