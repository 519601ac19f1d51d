"""What a model says of the sequences of a file, and its Verilog beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from pascaline.data.excess import Excess
from pascaline.data.inputs import read_inputs
from pascaline.golden.head import classify
from pascaline.golden.network import Golden
from pascaline.measure.samples import Samples, check_samples
from pascaline.measure.simulation import run_design
from pascaline.sim.job import Episode, Job
from pascaline.sim.job import Sequence as Fed
from pascaline.sim.simulator import Simulator
from pascaline.spec.checked import Checked
from pascaline.spec.classes import class_names
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.ports import FROM_PREVIOUS, FROM_ZERO
from pascaline.spec.progress import Progress, silent
from pascaline.spec.tensors import Integers

__all__ = ["Answer", "Compared", "Pieces", "Recognition", "recognise"]

BATCH = 256
"""Pieces that golden runs side by side."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A result.

    Attributes
    ----------
    sequence : int
        Which sequence of the file it is of.
    steps : tuple of int
        The first of its steps that count, and the one behind the last.
    classes : tuple of int
        The class; of a decoder all classes that it gives.
    names : tuple of str
        What they are called; those without a name by their number.
    margin : float or None
        How far the logit of the class is above the next one, in units of the logits that were
        trained: the one class is ``exp(margin)`` times as likely as the other. ``None`` of a
        decoder, and where the model's card does not say the unit.
    verilog : tuple of int or None
        The classes that the Verilog gives, if it was simulated.
    """

    sequence: int
    steps: tuple[int, int]
    classes: tuple[int, ...]
    names: tuple[str, ...]
    margin: float | None
    verilog: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What came of the Verilog, beside golden.

    Attributes
    ----------
    simulator : str
        Its name.
    values, mismatches : int
        Output values that were compared with golden, and how many of them differ.
    cycles : int
        From the first beat that is taken to the last result, both included.
    faults : list of str
        What is wrong, a line each.
    """

    simulator: str
    values: int
    mismatches: int
    cycles: int
    faults: list[str]

    @property
    def good(self) -> bool:
        """Whether something was compared and nothing was wrong."""
        return not self.faults and not self.mismatches and self.values > 0


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """What a model says of a file.

    Attributes
    ----------
    answers : list of Answer
        In the order of the sequences, and of their steps.
    beyond : Excess
        How many inputs were cut at the ends of the format of x.
    silence : tuple of float or None
        Of a file of sound, seconds at its start and at its end that are in no step.
    compared : Compared or None
        What came of the Verilog, if it was simulated.
    """

    answers: list[Answer]
    beyond: Excess
    silence: tuple[float, float] | None = None
    compared: Compared | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found: dict[str, Any] = {"answers": [asdict(answer) for answer in self.answers]}
        if self.beyond.cut:
            found["cut"] = self.beyond.card()
        if self.compared is not None:
            found["compared"] = asdict(self.compared)
        return found


class Pieces(Checked):
    """Where in a sequence there is a result.

    Parameters
    ----------
    every : int or None
        After so many steps, and again; and at the end.
    window : int or None
        Results are of so many last steps alone, each time from the start state; the first of them
        comes when there are so many, and the next after ``every`` more, by default one. ``None``:
        of all steps so far.
    """

    every: int | None = Field(default=None, ge=1)
    window: int | None = Field(default=None, ge=1)

    def check(self, model: Model) -> None:
        """Raise `InputError` if a model has no such results."""
        network = model.network
        if network.head is None:
            raise InputError(model.name, "must have a head to tell classes")
        if (self.every or self.window) and not network.single:
            rule = f"must be left out: {model.name} has several results a sequence anyway"
            raise InputError("every" if self.every else "window", rule)
        if self.goes_on and (network.whole or network.pooling != "none"):
            rule = f"needs a window: {model.name} has no result before it has seen all steps"
            raise InputError("every", rule)

    @property
    def goes_on(self) -> bool:
        """Whether a piece starts from the state in which the one before it has ended."""
        return self.every is not None and self.window is None

    def of(self, steps: int) -> list[tuple[int, int]]:
        """Pieces of a sequence: the first step of each, and the one behind its last."""
        first = min(steps, self.window or self.every or steps)
        each = self.every or (1 if self.window else steps)
        ends = [*range(first, steps, each), steps]
        if self.window is not None:
            return [(max(0, end - self.window), end) for end in ends]
        return list(zip([0, *ends], ends, strict=False))


def recognise(
    model: Model,
    path: Path,
    pieces: Pieces,
    *,
    design: Design | None = None,
    tool: Simulator | None = None,
    progress: Progress = silent,
) -> Recognition:
    """Classes of the sequences of a file, bit by bit as the hardware has them.

    Parameters
    ----------
    model : Model
        The model; its card says how features become integers.
    path : Path
        A file as `data.inputs.read_inputs` reads it, sound among them.
    pieces : Pieces
        Where in a sequence there is a result.
    design, tool : Design and Simulator, optional
        Simulate the Verilog of this design of the model, too, and compare.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    InputError
        If the file cannot be read, if it does not fit the model, or if the model or the machine
        has no such results.
    """
    pieces.check(model)
    read = read_inputs(model, path, cut=pieces == Pieces())
    inputs = read.sequences
    found = Recognition(
        answers=list(_golden(model, inputs, pieces)), beyond=read.beyond, silence=read.silence
    )
    if design is None or tool is None:
        return found
    if design.machine.streams > 1:
        raise InputError("streams", "must be 1 to follow a sequence", design.machine.streams)
    parts = [
        (x[start:end], FROM_PREVIOUS if pieces.goes_on and start else FROM_ZERO)
        for x in inputs
        for start, end in pieces.of(len(x))
    ]
    check_samples(design, Samples([x for x, _ in parts], None, str(path)))
    fed = tuple(Fed(x=x, state=state) for x, state in parts)
    job = Job(design=design, episodes=(Episode(sequences=fed),))
    _, outcome = run_design(design, tool, job, progress=progress)
    compared = Compared(
        simulator=tool.name,
        values=outcome.values,
        mismatches=outcome.mismatches,
        cycles=outcome.cycles,
        faults=outcome.faults,
    )
    given = iter(_classes(design, outcome.results))
    answers = [
        replace(one, verilog=tuple(_taken(given, len(one.classes)))) for one in found.answers
    ]
    return replace(found, answers=answers, compared=compared)


def _taken(given: Iterator[int], count: int) -> Iterator[int]:
    """So many classes, or fewer if a simulation has ended early."""
    for _ in range(count):
        if (one := next(given, None)) is not None:
            yield one


def _classes(design: Design, results: Sequence[Any]) -> list[int]:
    """The classes in the results of a simulation, one after the other."""
    assert design.head is not None
    flat = np.concatenate([np.ravel(one) for one in results]) if results else np.array([], int)
    if design.head.output == "class" or design.network.decoder is not None:
        return [int(one) for one in flat]
    whole = len(flat) // design.head.classes * design.head.classes
    return [int(one) for one in classify(flat[:whole].reshape(-1, design.head.classes))]


def _golden(model: Model, inputs: Sequence[Integers], pieces: Pieces) -> Iterator[Answer]:
    network, names = model.network, class_names(model)
    assert network.head is not None
    head = network.head.model_copy(update={"output": "logits"})
    if network.decoder is None:  # A class does not say how sure it is.
        model = replace(model, network=network.model_copy(update={"head": head}))
    golden, unit = Golden(model), model.card.get("logit_unit")
    for number, steps, results in _results(golden, inputs, pieces):
        rows = [results] if network.decoder is not None else results[:, None]
        for place, row in enumerate(rows):
            chosen, margin = (row, None) if row.ndim == 1 else _judged(row, unit)
            end = steps[0] + place + 1 if network.results == "every" else steps[1]
            yield Answer(
                sequence=number,
                steps=(0 if pieces.goes_on else steps[0], end),
                classes=tuple(map(int, chosen)),
                names=tuple(names[one] if names else str(one) for one in chosen),
                margin=margin,
            )


def _judged(logits: Integers, unit: Any) -> tuple[Integers, float | None]:
    """The class of logits (1, classes), and its margin."""
    best = np.sort(logits[0])[::-1]
    known = isinstance(unit, float) and len(best) > 1
    return classify(logits), float((best[0] - best[1]) * unit) if known else None


def _results(
    golden: Golden, inputs: Sequence[Integers], pieces: Pieces
) -> Iterator[tuple[int, tuple[int, int], Integers]]:
    """The results of each piece of each sequence: its number, the piece, and they."""
    every = [(number, piece) for number, x in enumerate(inputs) for piece in pieces.of(len(x))]
    if not pieces.goes_on:
        for batch in (every[k : k + BATCH] for k in range(0, len(every), BATCH)):
            run = golden.run([inputs[number][start:end] for number, (start, end) in batch])
            for (number, piece), results in zip(batch, run.results, strict=True):
                yield number, piece, results
        return
    state = None
    for number, (start, end) in every:
        run = golden.run([inputs[number][start:end]], state if start else None)
        state = run.state
        yield number, (start, end), run.results[0]
