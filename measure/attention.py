"""What attention takes: cycles of a step and of a result, area, and how near it is to a softmax."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import numpy as np

from pascaline.golden.attention import Weighed
from pascaline.measure.alone import component_price
from pascaline.spec.attention import Attention
from pascaline.spec.cycles import step_cycles
from pascaline.spec.design import Design
from pascaline.spec.formats import Format
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, each, silent
from pascaline.spec.stages.attend import Attend
from pascaline.spec.synthetic import synthetic_model
from pascaline.synth.targets import Target

__all__ = ["LENGTHS", "compare_attention", "softmax_error"]

LENGTHS = (10, 100, 1000)
"""Steps of the sequences whose weights are compared."""

SPREADS = (0.25, 1.0, 4.0, 16.0)
"""Standard deviations of their scores."""

FINE = Format(width=24, frac=23)
"""Of elements that are weighed: so fine that rounding a result does not count."""


def softmax_error(
    attention: Attention, steps: int, *, trials: int = 20, seed: int = 0
) -> dict[str, float]:
    """The largest difference of a weight from that of a softmax of base 2 of the same scores.

    Weights are parts of their sum; those of the hardware are what `golden.attention.Weighed` makes
    of vectors each of which is the largest in one place and the least in all others.

    Parameters
    ----------
    attention : Attention
        The formats.
    steps : int
        Of a sequence.
    trials : int
        Sequences for each of the spreads and orders.
    seed : int
        Of the scores, which are normally distributed.

    Returns
    -------
    dict
        By the order of the scores: ``any``, and ``rising``, where the largest one changes most.

    Examples
    --------
    >>> error = softmax_error(Attention(), 10, trials=2)
    >>> max(error.values()) < 2**-10
    True
    """
    rng, score = np.random.default_rng(seed), attention.score
    found = dict.fromkeys(("any", "rising"), 0.0)
    every = np.ones(1, dtype=np.bool_)
    for spread in np.repeat(SPREADS, trials):
        drawn = score.quantize(rng.normal(0, spread, steps))
        for order in found:
            scores = np.sort(drawn) if order == "rising" else drawn
            real = np.exp2((scores - scores.max()) * score.lsb)
            weighed = Weighed(attention, FINE, 1, steps)
            least, most = FINE.interval.lo, FINE.interval.hi
            for step, one in enumerate(scores):
                vector = np.full((1, steps), least)
                vector[0, step] = most
                weighed.add(np.array([one]), vector, every)
            made = (weighed.mean[0] - least) / (most - least)
            found[order] = max(found[order], float(np.abs(made - real / real.sum()).max()))
    return found


def compare_attention(
    sizes: Collection[int],
    *,
    inputs: int,
    cell: str,
    weights: str = "ternary",
    units: int = 16,
    simd: int = 16,
    longest: int = 256,
    bidirectional: bool = False,
    pipelined: bool = False,
    trials: int = 20,
    found: Target | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Layers of some sizes with attention behind them, beside the same ones without.

    Cycles of a step are those in the middle of long sequences. Area is that of
    `hdl.attention.attend.AttendUnit` without memories, with the query in a RAM, so that it does not
    depend on its values.

    Parameters
    ----------
    sizes : collection of int
        Hidden units of the layer, of a direction.
    inputs : int
        Elements of its input.
    cell, weights : str
        Its cell, in its usual form, and the arithmetic of its weights.
    units, simd, longest, pipelined
        As of `spec.machine.Machine`.
    bidirectional : bool
        Whether it has both directions.
    trials : int
        As of `softmax_error`; 0 for none.
    found : Target, optional
        What attention is synthesised for.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        ``sizes``, a dict each; ``errors`` of `softmax_error` by `LENGTHS`; with a target also
        the ``unit`` of areas.

    Raises
    ------
    InputError
        If there is no such network or machine, or a tool is missing.
    """
    described = {"units": units, "simd": simd, "longest": longest, "weights": "ram"}
    machine = Machine.parse(described | {"pipelined": pipelined}, thing="machine")
    result: dict[str, Any] = {"inputs": inputs, "bidirectional": bidirectional}
    result["machine"] = machine.model_dump(mode="json")
    if found is not None:
        result |= {"target": found.name, "unit": found.unit}
    rows = []
    for hidden in sizes:
        layer = {"kind": cell, "hidden": hidden, "weights": weights, "bidirectional": bidirectional}
        ends: dict[str, dict[str, Any]] = {
            "none": {},
            "attention": {"pooling": "attention", "attention": {}},
        }
        made = {
            name: Design(
                model=synthetic_model(
                    name,
                    Network.parse(
                        json.dumps({"inputs": inputs, "layers": [layer], **end}),
                        thing="--hidden, --inputs, --cell, --weights",
                    ),
                    np.random.default_rng(0),
                ),
                machine=machine,
            )
            for name, end in ends.items()
        }
        attend = made["attention"].stages[-1]
        assert isinstance(attend, Attend)
        steps = {name: step_cycles(design) for name, design in made.items()}
        row = _row(attend) | {"hidden": hidden, "step_cycles": steps}
        row["added"] = steps["attention"] - steps["none"]
        if found is not None:
            row["area"] = _area(attend, found, progress)
        rows.append(row)
    errors = {}
    for length in each(LENGTHS if trials else (), progress, "comparing with a softmax"):
        errors[length] = softmax_error(Attention(), length, trials=trials)
    return result | {"sizes": rows, "errors": errors}


def _row(attend: Attend) -> dict[str, Any]:
    """Cycles of the stage alone, and bits of its memories."""
    simd, streams = attend.machine.simd, 1 << attend.stream_bits
    bits = {
        "query": attend.attention.query.width,
        "vector": attend.h.width,
        "sums": attend.sums.width * streams,
    }
    return {
        "elements": sum(attend.inputs),
        "pace": attend.pace,
        "result": attend.first_cycles + (attend.chunks - 1) * attend.chunk_cycles,
        "memory_bits": {name: attend.chunks * simd * width for name, width in bits.items()},
    }


def _area(attend: Attend, found: Target, progress: Progress) -> int:
    from pascaline.hdl.attention.attend import AttendUnit

    what = f"attention over {sum(attend.inputs)} elements"
    return round(component_price(AttendUnit(attend), what, found, progress))
