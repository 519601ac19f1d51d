"""A model whose formats are chosen: by data and a budget, or by a number of bits alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike
from pydantic import Field, model_validator

from pascaline.importers.calibrate.batches import real_inputs
from pascaline.importers.calibrate.compare import Comparison, compare
from pascaline.importers.calibrate.excerpt import excerpt
from pascaline.importers.calibrate.formats import assumed, choose, usual
from pascaline.importers.calibrate.precision import (
    next_bits,
    precision,
    quantization,
    warnings_of,
)
from pascaline.importers.calibrate.reaches import survey
from pascaline.importers.calibrate.reference import references
from pascaline.importers.calibrate.said import Said
from pascaline.importers.calibrate.search import (
    LEAST_BITS,
    MOST_BITS,
    Trial,
    Workbench,
    refine,
    smallest,
)
from pascaline.importers.convert import Conversion, convert, fit_network
from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import Reals
from pascaline.spec.checked import Checked
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, silent

__all__ = ["USUAL_BITS", "Budget", "calibrate", "with_bits", "workbench"]

USUAL_BITS = 8
"""Of signals, if nothing is said."""


class Budget(Checked):
    """What formats are chosen for; at most one of these, by default 8 bits.

    Parameters
    ----------
    bits : int or None
        Width of inputs, h and the values of functions, 4 to 16.
    target_snr : float or None
        Decibels of h of the last layer that the fewest bits are to have.
    target_agreement : float or None
        Percent of decisions that the fewest bits are to leave as they are.
    """

    bits: int | None = Field(default=None, ge=LEAST_BITS, le=MOST_BITS)
    target_snr: float | None = Field(default=None, gt=0, le=120)
    target_agreement: float | None = Field(default=None, gt=0, le=100)

    @model_validator(mode="after")
    def _is_one(self) -> Budget:
        given = [name for name, value in self if value is not None]
        if len(given) > 1:
            raise ValueError(f"must be one of {' and '.join(given)}")
        return self

    @property
    def target(self) -> str | None:
        """The name of what is to be reached, if anything is."""
        given = [name for name, value in self if value is not None and name != "bits"]
        return given[0] if given else None

    def reached(self, found: Comparison) -> bool:
        """Whether a model is good enough."""
        return found.snr >= (self.target_snr or -1e9) and found.agreement >= (
            self.target_agreement or 0
        )


def with_bits(
    foreign: Foreign, conversion: Conversion, said: Said, *, bits: int | None, x: float, name: str
) -> Model:
    """A model without data: signals of so many bits, or of the usual formats; and what is said.

    Parameters
    ----------
    x : float
        What inputs reach; for other signals there are `formats.ASSUMED`.
    """
    found = foreign.network
    if bits is None:
        formats = usual(found, conversion.formats)
    else:
        formats = choose(found, assumed(found, x), bits)
    layers = said.applied(found, formats)
    made = conversion.model_copy(update={"formats": layers[0], "layers": layers})
    return convert(foreign, made, name=name)


def calibrate(
    foreign: Foreign,
    features: Sequence[ArrayLike],
    conversion: Conversion,
    *,
    budget: Budget,
    said: Said,
    weights_said: bool,
    name: str,
    progress: Progress = silent,
) -> Model:
    """A model whose formats lose least on data; ``card["precision"]`` says how much.

    Parameters
    ----------
    foreign : Foreign
        The float network.
    features : sequence of array_like
        Raw features of sequences, each (steps, inputs), or numbers of symbols, (steps, 1).
    conversion : Conversion
        All choices but formats.
    budget : Budget
        What is to be reached, or with how many bits.
    said : Said
        Formats that are not to be chosen.
    weights_said : bool
        Whether the weights are those of ``conversion``, or are fixed-point with as many bits as
        signals.
    name : str
        The model's name.
    progress : Progress
        Told about sequences and trials.

    Raises
    ------
    InputError
        If features do not fit the network, if formats that are said are not possible, or if no
        model reaches the target.
    """
    found, sequences = foreign.network, real_inputs(foreign, features)
    quantize = conversion.quantize
    bench = workbench(
        foreign,
        sequences,
        conversion,
        said=said,
        weights_said=weights_said,
        name=name,
        progress=progress,
    )
    reaches = bench.reaches
    trial, compared = _tried(bench, budget, sequences)
    steps = sum(map(len, sequences))
    report: dict[str, Any] = {"sequences": len(sequences), "steps": steps, "bits": trial.bits}
    report |= {key: value for key, value in budget if value is not None}
    report |= precision(found, trial.model, compared)
    report["x"]["reach"] = float(f"{reaches.x:.6g}")
    report["next_bit"] = next_bits(bench, trial)
    if quantize:
        report["quantized"] = quantization(found, trial, reaches)
    report["warnings"] = warnings_of(report)
    return replace(trial.model, card=trial.model.card | {"precision": report})


def workbench(
    foreign: Foreign,
    sequences: Sequence[Reals],
    conversion: Conversion,
    *,
    said: Said,
    weights_said: bool,
    name: str,
    progress: Progress = silent,
) -> Workbench:
    """Where formats are tried on real inputs; parameters as in `calibrate`."""
    found, quantize = foreign.network, conversion.quantize
    done = _counted(progress, "reaches", sequences)
    reaches = survey(found, sequences, moments=quantize, done=done)
    return Workbench(
        foreign=foreign,
        conversion=conversion,
        weights_said=weights_said,
        said=said,
        reaches=reaches,
        references=excerpt(found, sequences, reaches),
        name=name,
        fitted=fit_network(found, conversion, reaches.moments) if quantize else None,
        progress=progress,
    )


def _tried(
    bench: Workbench, budget: Budget, sequences: Sequence[Reals]
) -> tuple[Trial, Comparison]:
    """The best formats, and how near they are on all data; more bits if those need them."""
    if budget.target:
        trial = smallest(bench, budget.reached, budget.target)
    else:
        trial = refine(bench, bench.start(budget.bits or USUAL_BITS))
    while True:
        found = references(bench.foreign.network, sequences)
        done = _counted(bench.progress, f"precision of {trial.bits} bits", sequences)
        compared = compare(trial.model, found, limits=True, done=done)
        if budget.reached(compared) or trial.bits == MOST_BITS:
            return trial, compared
        trial = refine(bench, bench.start(trial.bits + 1))


def _counted(progress: Progress, stage: str, things: Sequence[Any]) -> Callable[[int], None]:
    return lambda count: progress(stage, count, len(things))
