"""How far the signals of a float network reach, and what its matrices meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pascaline.importers.calibrate.batches import Batch, batches
from pascaline.importers.freeze import Reals
from pascaline.importers.modules import module_of
from pascaline.importers.network import FloatLayer, FloatNetwork
from pascaline.importers.plain import run_layers

__all__ = ["Reaches", "survey"]

INPUTS, SAMPLE = 1 << 20, 1 << 16
"""Values of x and of each layer's pre-activations that are kept, about."""


@dataclass
class Reaches:
    """What was seen.

    Attributes
    ----------
    x : float
        Largest magnitude of an input.
    inputs : Reals
        Some input vectors, (vectors, inputs).
    layers : list of dict of str to float
        Of each layer the largest magnitude of the signals of each format, by its field.
    pre : list of Reals
        Of each layer some values of the signals that have the format ``pre``.
    moments : list of list of dict of str to Reals
        Of each layer and direction the second moments of what ``weight_x`` and ``weight_h`` meet,
        (inputs, inputs) and (hidden, hidden).
    peaks : dict of str to list of (float, int, int)
        Of x and of ``pre`` of any layer the largest magnitude in each sequence, with its number
        and its step.
    """

    x: float = 0.0
    inputs: Reals = field(default_factory=lambda: np.zeros((0, 0)))
    layers: list[dict[str, float]] = field(default_factory=list)
    pre: list[Reals] = field(default_factory=list)
    moments: list[list[dict[str, Reals]]] = field(default_factory=list)
    peaks: dict[str, list[tuple[float, int, int]]] = field(default_factory=dict)


def survey(
    found: FloatNetwork,
    sequences: Sequence[Reals],
    *,
    moments: bool = False,
    done: Callable[[int], None] = lambda count: None,
) -> Reaches:
    """Run the float network on sequences, each (steps, inputs), and look at all of its signals.

    Parameters
    ----------
    found : FloatNetwork
        The network.
    sequences : sequence of Reals
        The data.
    moments : bool
        Whether second moments are wanted, too.
    done : callable
        Gets the number of sequences that are finished, after every batch.
    """
    made = Reaches(
        layers=[dict.fromkeys(module_of(layer.cell).signals, 0.0) for layer in found.layers],
        pre=[np.zeros(0) for _ in found.layers],
        moments=[[{} for _ in layer.parts] for layer in found.layers] if moments else [],
    )
    vectors = np.concatenate([sequence[:: _stride(sequences)] for sequence in sequences])
    made.inputs = vectors
    finished, steps = 0, sum(map(len, sequences))
    for batch in batches(found, sequences):
        made.x = max(made.x, float(np.abs(batch.x).max()))
        _note_peaks(made, "x", np.abs(batch.x).max(axis=2), batch)
        x = batch.x
        for index, layer in enumerate(found.layers):
            alone = replace(found, layers=(layer,))
            x = _see_layer(alone, layer, index, x, batch, made, steps)
        finished += len(batch.lengths)
        done(finished)
    return made


def _stride(sequences: Sequence[Reals]) -> int:
    """Of the steps of all sequences, one in so many makes a sample."""
    total = sum(sequence.size for sequence in sequences)
    return max(1, total // INPUTS)


def _see_layer(
    alone: FloatNetwork,
    layer: FloatLayer,
    index: int,
    x: Reals,
    batch: Batch,
    made: Reaches,
    steps: int,
) -> Reals:
    """Look at a layer on a batch; its outputs, (steps, sequences, outputs)."""
    active, signals = batch.active, module_of(layer.cell).signals
    reach, kept = made.layers[index], [made.pre[index]]
    rows = sum(len(part.bias) for part in layer.parts)
    stride = max(1, steps * rows // SAMPLE)

    largest = np.zeros(active.shape)

    def watch(_layer: int, direction: int, step: int, seen: dict[str, Reals]) -> None:
        now = active[step]
        for key, names in signals.items():
            for name in names:
                if name in seen:
                    values = seen[name][now]
                    reach[key] = max(reach[key], float(np.abs(values).max(initial=0)))
        largest[step] = np.maximum(largest[step], np.abs(seen["pre"]).max(axis=1))
        first = step % stride
        kept.extend(
            seen[name][now].ravel()[first::stride] for name in signals["pre"] if name in seen
        )

    every, _ = run_layers(alone, x, lengths=batch.lengths, watch=watch)
    _note_peaks(made, "pre", np.where(active, largest, 0), batch)
    made.pre[index] = np.concatenate(kept)
    for direction, part in enumerate(made.moments[index] if made.moments else ()):
        h = every[active][:, direction * layer.hidden :][:, : layer.hidden]
        for name, met in (("weight_x", x[active]), ("weight_h", h)):
            part[name] = part.get(name, 0.0) + met.T @ met / steps
    return every


def _note_peaks(made: Reaches, name: str, largest: Reals, batch: Batch) -> None:
    """Where sequences have their largest values, of (steps, sequences)."""
    steps = largest.argmax(axis=0)
    values = largest.max(axis=0)
    made.peaks.setdefault(name, []).extend(
        (float(value), number, int(step))
        for value, number, step in zip(values, batch.numbers, steps, strict=True)
    )
