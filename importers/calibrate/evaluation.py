"""A model beside the float network that it was imported from, on any sequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pascaline.data.edits import Edits
from pascaline.data.evaluate import Likelihood, Score, measure, score
from pascaline.data.excess import warn_of_excess
from pascaline.data.parts import Features, Part
from pascaline.importers.calibrate.compare import compare
from pascaline.importers.calibrate.precision import precision, warnings_of
from pascaline.importers.calibrate.reference import Reference, references
from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import Reals
from pascaline.spec.cells import form_of
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import rule_of
from pascaline.spec.progress import Progress, silent

__all__ = ["Beside", "beside"]


@dataclass(frozen=True)
class Beside:
    """A model and the float network that it comes from, on the same sequences.

    Attributes
    ----------
    integer, real : Score or Likelihood or None
        How good the model is, and how good the float network; None without labels.
    precision : dict
        As `importers.calibrate.precision.precision` has it: ``snr`` of h of the last layer and
        ``results_snr`` in decibels, ``agreement`` of decisions in percent, and more.
    """

    integer: Score | Likelihood | None
    real: Score | Likelihood | None
    precision: dict[str, Any]

    def card(self) -> dict[str, Any]:
        """Plain values."""
        made: dict[str, Any] = {"precision": self.precision}
        for name, found in (("integer", self.integer), ("float", self.real)):
            if found is not None:
                made[name] = found.card()
        return made

    def __str__(self) -> str:
        """``593/600 (98.83 %), float 594/600 (99.00 %); 99.67 % same decisions, h 31.2 dB``."""
        found = self.precision
        what = "decisions" if found["head"] else "largest outputs"
        near = f"{found['agreement']:.2f} % same {what}, h {found['snr']:.1f} dB"
        near += f", results {found['results_snr']:.1f} dB"
        return near if self.integer is None else f"{self.integer}, float {self.real}; {near}"


def beside(
    model: Model, foreign: Foreign, given: Part | list[Features], progress: Progress = silent
) -> Beside:
    """Compare a model with the float network on raw features; warn of inputs beyond x.

    Raises
    ------
    InputError
        If the float network is another one, or if features do not fit the model.
    """
    _check_same(model, foreign)
    part = given if isinstance(given, Part) else None
    features = part.sequences if part else given
    assert isinstance(features, list)
    if part is None:
        warn_of_excess(model, features)
    sequences = rule_of(model).reals(features)
    integer = score(model, part, progress) if part else None
    # No float network has a decoder.
    assert not isinstance(integer, Edits)
    results: dict[int, Reals] = {}
    compared = compare(
        model,
        _kept(references(foreign.network, sequences), results),
        limits=True,
        done=lambda count: progress("beside float", count, len(sequences)),
    )
    real = None
    if part:
        unit = 1.0 if isinstance(integer, Likelihood) else None
        ordered = [results[number] for number in range(len(sequences))]
        real = measure(ordered, part.labels, unit=unit)
    found = precision(foreign.network, model, compared)
    return Beside(integer, real, found | {"warnings": warnings_of(found)})


def _kept(found: Iterable[Reference], results: dict[int, Reals]) -> Iterator[Reference]:
    """The same, with their results kept by the numbers of sequences."""
    for one in found:
        results.update(zip(one.batch.numbers, one.results, strict=True))
        yield one


def _check_same(model: Model, foreign: Foreign) -> None:
    network, found = model.network, foreign.network
    head = network.head
    ours = [network.inputs, *((one.kind, one.hidden, one.outputs) for one in network.layers)]
    theirs = [
        found.inputs,
        *((form_of(one.cell)[0], one.hidden, one.outputs) for one in found.layers),
    ]
    if ours != theirs or found.classes != (None if head is None else head.classes):
        raise InputError("float", f"must be the network that {model.name} was imported from")
