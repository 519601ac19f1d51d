"""Another form of a model's activation functions, and the smallest one that loses nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pascaline.data.edits import Edits
from pascaline.data.evaluate import Measured, Score, score
from pascaline.data.sets import Part
from pascaline.golden.activation import errors
from pascaline.spec.activation import Activation, read_activation
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, silent

__all__ = ["LADDER", "WITHIN", "Trial", "smallest_activation", "with_activation"]

LADDER = (
    *("pieces8", "pieces16", "pieces32", "pieces16x3", "pieces16x4", "pieces16x5", "pieces16x6"),
    *("pieces32x5", "pieces32x6", "pieces64x7", "table"),
)
"""Forms by their area, the smallest first (`pascaline measure activations`)."""

WITHIN = 1
"""Without data, how many units of the last place from the table lose nothing."""


@dataclass(frozen=True)
class Trial:
    """A form that was tried on a model.

    Attributes
    ----------
    form : str
        As users write it.
    largest : int
        The largest distance of any of its values from the table, in units of the last place.
    result : Score, Likelihood, Edits or None
        What the model gets right with it; ``None`` without data.
    """

    form: str
    largest: int
    result: Measured | None


def with_activation(model: Model, form: Activation) -> Model:
    """The model with all its activation functions in another form, and the same integers.

    Raises
    ------
    InputError
        If a layer cannot have it.
    """
    described = model.network.model_dump(mode="json")
    decoders = [described["decoder"]["layer"]] if model.network.decoder else []
    for layer in (*described["layers"], *decoders):
        layer["activation"] = form.model_dump(mode="json")
    network = Network.parse(json.dumps(described), thing=f"{model.name} with {form}")
    return replace(model, network=network)


def smallest_activation(
    model: Model,
    part: Part | None = None,
    *,
    ladder: Sequence[str] = LADDER,
    progress: Progress = silent,
) -> list[Trial]:
    """Try forms, the smallest first, until one loses nothing; that is the last one.

    With data, a form loses nothing if the model gets as much right as with tables; without, if no
    value is further than `WITHIN` from that of the table.

    Parameters
    ----------
    model : Model
        The model.
    part : Part, optional
        Data that the model has not learned from.
    ladder : sequence of str
        Forms; a table is the last.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    list of Trial
        Those that were tried; with data the table is the first of them, for comparison.
    """
    tried = []
    table = None if part is None else _result(model, "table", part)
    if table is not None:
        tried.append(Trial("table", 0, table))
    for number, text in enumerate(ladder):
        progress(f"activations of {model.name}", number, len(ladder))
        trial = Trial(
            text,
            _largest(model, text),
            None if part is None else _result(model, text, part),
        )
        tried.append(trial)
        if trial.result is None or table is None:
            if trial.largest <= WITHIN:
                break
        elif _quality(trial.result) >= _quality(table):
            break
    progress(f"activations of {model.name}", len(ladder), len(ladder))
    return tried


def _largest(model: Model, text: str) -> int:
    form = read_activation(text, thing="activation")
    every = (
        errors(form, function, layer.pre, out)[0]
        for layer in model.network.every_layer
        for function, out in layer.functions.items()
    )
    return max(every, default=0)


def _result(model: Model, text: str, part: Part) -> Measured:
    return score(with_activation(model, read_activation(text, thing="activation")), part)


def _quality(result: Measured) -> float:
    """The more, the better."""
    if isinstance(result, Edits):
        return -result.edits
    return result.correct if isinstance(result, Score) else -result.bits
