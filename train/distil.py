"""Distillation: a float network teaches one with quantised weights, by unlabelled sequences.

The student has the shape of the teacher. It starts with the weights that quantising leaves, and
learns that its outputs are those of the teacher; see `train.imitation`. The last fifth of the
sequences is held out: neither formats nor weights see it, and reports are about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch
from numpy.typing import ArrayLike

from pascaline.importers.calibrate.batches import real_inputs
from pascaline.importers.calibrate.compare import compare
from pascaline.importers.calibrate.importing import Budget, calibrate, workbench
from pascaline.importers.calibrate.precision import precision, warnings_of
from pascaline.importers.calibrate.reference import references
from pascaline.importers.calibrate.said import Said, all_said
from pascaline.importers.calibrate.search import refine
from pascaline.importers.convert import Conversion
from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import Learned, Reals, freeze
from pascaline.importers.network import FloatNetwork
from pascaline.spec.arithmetic import Fixed
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, silent
from pascaline.train.begin import begin
from pascaline.train.distillation import Distillation
from pascaline.train.extract import learned_layers
from pascaline.train.fit import fit
from pascaline.train.imitation import Imitation
from pascaline.train.learn import device, reproducible, stack
from pascaline.train.lessons import Lessons, pieces
from pascaline.train.network import Layer
from pascaline.train.options import Options
from pascaline.train.snapshot import Snapshot
from pascaline.train.student import Student

__all__ = ["distil"]

SHARE = 5
"""One sequence in so many is held out, rounded up."""

TOLD = ("snr", "results_snr", "agreement")
"""What a card tells of the model before and after."""


def distil(
    foreign: Foreign,
    features: Sequence[ArrayLike],
    options: Distillation,
    *,
    said: Said,
    output: Literal["class", "logits"] | None = None,
    name: str,
    kept: Path | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> Model:
    """Teach a network with quantised weights what a float network does, and freeze it.

    Parameters
    ----------
    foreign : Foreign
        The float network.
    features : sequence of array_like
        Raw features of sequences, each (steps, inputs), or numbers of symbols, (steps, 1).
    options : Distillation
        The choices.
    said : Said
        Formats that are not to be chosen by data.
    output : {"class", "logits"} or None
        What a head gives; ``None``: what the network says, or else its class.
    name : str
        The model's name.
    kept : Path or None
        Where a snapshot of training is kept until it has ended.
    resume : bool
        Whether to go on from that.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    Model
        ``card["distilled"]`` says what it has learned from, and how near it is to the float network
        on sequences that are held out: ``before``, as weights are that calibration has quantised,
        and ``after``. ``card["precision"]`` has all about the latter.

    Raises
    ------
    InputError
        If features do not fit the network, or if it has something that cannot be learned.
    """
    found, sequences = foreign.network, real_inputs(foreign, features)
    if any(layer.block is not None for layer in found.layers):
        raise InputError("distil", "must have a network of other weights than a HadamRNN's signs")
    if any(layer.started for layer in found.layers):
        raise InputError("initial states", "must be zero to be distilled")
    if len(sequences) < 2:
        rule = "must be at least 2 sequences, since the last fifth is held out"
        raise InputError("data", rule, len(sequences))
    layers = _layers(found, options)
    count = len(sequences) - -(-len(sequences) // SHARE)
    before = _quantized(foreign, features[:count], options, said, output, name, progress)
    data = _data(sequences, count)
    run = {"teacher": foreign.sha256, "data": data["sha256"]}
    run |= options.model_dump(mode="json", exclude={"device"})
    snapshot = None if kept is None else Snapshot(kept, run, resume)
    place = device(options.device)
    with reproducible(options.seed, place):
        begin(layers, found, before)
        student = Student(layers, found).to(place)
        lessons = Lessons(
            found,
            pieces(sequences[:count], options.length),
            before.network.x,
            batch=options.batch,
            seed=options.seed,
            device=place,
        )
        head = before.network.head
        classes = head is not None and head.output == "class"
        stepper = Imitation(student, lessons, found, classes=classes)
        schedule = options.schedule
        curve = fit(
            stepper, schedule, rounding=before.network, snapshot=snapshot, progress=progress
        )
    after = _frozen(student.cpu(), before)
    reports = {
        when: _report(foreign, model, sequences[count:], progress)
        for when, model in (("before", before), ("after", after))
    }
    distilled: dict[str, Any] = {"teacher": {"source": foreign.source, "sha256": foreign.sha256}}
    distilled |= {"data": data, "bits": options.bits, "length": options.length}
    distilled |= {when: {key: one[key] for key in TOLD} for when, one in reports.items()}
    where = torch.cuda.get_device_name(place) if place.type == "cuda" else "cpu"
    card = {
        "distilled": distilled,
        "precision": {"bits": options.bits} | reports["after"],
        "seed": options.seed,
        "schedule": schedule.model_dump(mode="json"),
        "trained_on": {"device": where, "torch": str(torch.__version__)},
        "curve": [[step, float(f"{loss:.4g}")] for step, loss in curve],
        "made_with": {package: version(package) for package in ("pascaline", "numpy", "torch")},
    }
    if kept is not None:
        kept.unlink(missing_ok=True)
    return replace(after, card=after.card | card)


def _layers(found: FloatNetwork, options: Distillation) -> list[Layer]:
    """Layers of the sizes of the network's; raises `InputError` for cells that cannot learn."""
    made = []
    for layer in found.layers:
        chosen = Options(
            cell=layer.cell,
            bidirectional=layer.bidirectional,
            weights=options.names[0],
            recurrent_weights=options.names[1],
            shared_scale=options.shared_scale,
            normaliser="scale",
        )
        made += stack(chosen, inputs=layer.inputs, hidden=layer.hidden)
    return made


def _quantized(
    foreign: Foreign,
    features: Sequence[ArrayLike],
    options: Distillation,
    said: Said,
    output: Literal["class", "logits"] | None,
    name: str,
    progress: Progress,
) -> Model:
    """The model before distillation, with the formats that lose least of the float network."""
    # Noise of coarse weights would hide what formats lose: they are chosen with fine ones.
    bench = workbench(
        foreign,
        real_inputs(foreign, features),
        Conversion(weights=Fixed(options.bits), output=output),
        said=said,
        weights_said=False,
        name=name,
        progress=progress,
    )
    near = refine(bench, bench.start(options.bits))
    coarse = Conversion(
        weights=options.weights,
        recurrent_weights=options.recurrent_weights,
        quantize=True,
        output=output,
    )
    return calibrate(
        foreign,
        features,
        coarse,
        budget=Budget(bits=options.bits),
        said=all_said(foreign.network, near.layers),
        weights_said=True,
        name=name,
        progress=progress,
    )


def _frozen(student: Student, before: Model) -> Model:
    """The model of a student, with the formats of another."""
    head = student.head
    weights: list[Reals | None] = [None, None]
    if head is not None:
        tensors = (head.weight, head.bias)
        weights = [one.detach().cpu().double().numpy() for one in tensors]
    learned = Learned(
        layers=learned_layers(student.stack), head_weight=weights[0], head_bias=weights[1]
    )
    card = {key: value for key, value in before.card.items() if key != "precision"}
    return freeze(learned, before.network, name=before.name, card=card)


def _data(sequences: Sequence[Reals], count: int) -> dict[str, Any]:
    """What a card says of the data, of which so many sequences are learned from."""
    digest = hashlib.sha256()
    for one in sequences:
        digest.update(repr(one.shape).encode() + one.astype("<f8").tobytes())
    parts = {"train": sequences[:count], "held-out": sequences[count:]}
    made: dict[str, Any] = {"sha256": digest.hexdigest()}
    made["sequences"] = {part: len(some) for part, some in parts.items()}
    made["steps"] = {part: sum(map(len, some)) for part, some in parts.items()}
    return made


def _report(
    foreign: Foreign, model: Model, sequences: Sequence[Reals], progress: Progress
) -> dict[str, Any]:
    """How near a model is to the float network."""
    compared = compare(
        model,
        references(foreign.network, sequences),
        limits=True,
        done=lambda count: progress("held-out", count, len(sequences)),
    )
    made: dict[str, Any] = {"sequences": len(sequences), "steps": sum(map(len, sequences))}
    made |= precision(foreign.network, model, compared)
    return made | {"warnings": warnings_of(made)}
