"""The report of precision: how near a model is to its float network, as plain values for its card.

Signal-to-noise ratios are in decibels, ``10 log10(sum v**2 / sum (found - v)**2)`` over all steps,
sequences and units, with both networks running freely from their zero states. Pre-activations are
compared with those of the float network cut to their format, since functions are flat beyond it;
the part that is cut is told apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from pascaline.importers.calibrate.compare import Comparison, formats_of, module_for
from pascaline.importers.calibrate.reaches import Reaches
from pascaline.importers.calibrate.search import Trial, Workbench, wider
from pascaline.importers.freeze import Reals
from pascaline.importers.network import FloatNetwork
from pascaline.importers.rows import row_errors, threshold_rows
from pascaline.spec.cells.layer import Layer
from pascaline.spec.model import Model
from pascaline.spec.operands import met
from pascaline.spec.tensors import Integers, LayerTensors

__all__ = ["next_bits", "precision", "quantization", "warnings_of"]

COARSE = 64
"""Scales of rows that are less than this are rounded by over a percent."""

SATURATED = 0.01
"""Part of a signal's values at the ends of its format that is worth a warning."""


def precision(found: FloatNetwork, model: Model, compared: Comparison) -> dict[str, Any]:
    """What was measured.

    Parameters
    ----------
    found : FloatNetwork
        The float network.
    model : Model
        The integer network.
    compared : Comparison
        With ``limits``.

    Returns
    -------
    dict
        ``snr`` of h of the last layer, ``results_snr`` of logits or outputs, ``agreement`` of
        decisions in percent, ``results``: how many; ``x``: format, and the part that it cuts; of
        each layer ``snr``, ``formats``, ``limits``: parts of values at ends of formats, ``cut``:
        those of signals that go on beyond them, ``dead``: rows whose weights have all become 0,
        ``coarse``: rows with a scale of few bits.
    """
    network = model.network
    return {
        "snr": round(compared.snr, 2),
        "results_snr": round(compared.results.decibels, 2),
        "agreement": round(compared.agreement, 3),
        "results": compared.decisions.total,
        "x": {"format": str(network.x), "cut": _part(compared.x.part)},
        "layers": [
            _layer(found, model, index, layer, compared)
            for index, layer in enumerate(network.layers)
        ],
        "head": _head(found, model),
    }


def next_bits(bench: Workbench, trial: Trial) -> list[dict[str, Any]]:
    """What each format would bring with one bit more, the best first: decibels of h."""
    made = []
    for name, now, more, tried in wider(bench, trial):
        gain = None if tried is None else round(tried.snr - trial.snr, 2)
        made.append({"format": name, "now": now, "wider": more or None, "gain": gain})
    return sorted(made, key=lambda row: -1e9 if row["gain"] is None else -row["gain"])


def quantization(found: FloatNetwork, trial: Trial, reaches: Reaches) -> list[dict[str, Any]]:
    """What binary and ternary weights leave of products, matrix by matrix, in decibels.

    ``rule`` is what the usual rule would: a threshold of 0.7 of the mean magnitude.
    """
    made = []
    for index, layer in enumerate(found.layers):
        for direction, part in enumerate(layer.parts):
            tensors = trial.model.directions[index][direction]
            for name, arithmetic in trial.conversion.arithmetics.items():
                if arithmetic.weights.magnitude > 1 or name not in tensors:
                    continue
                matrix, moments = getattr(part, name), reaches.moments[index][direction][name]
                nothing = np.zeros(len(matrix))
                power = float(row_errors(matrix, tensors[name], nothing, moments).sum())
                rule = row_errors(matrix, *threshold_rows(matrix, arithmetic), moments)
                # The best scale of each row, of which the model has a rounded one.
                q = tensors[name].astype(np.float64)
                seen = q @ moments
                norm = (seen * q).sum(axis=1)
                scale = (seen * matrix).sum(axis=1) / np.where(norm > 0, norm, 1)
                fitted = row_errors(matrix, tensors[name], scale, moments)
                made.append(
                    {
                        "matrix": part.names[name],
                        "snr": _decibels(power, float(fitted.sum())),
                        "rule": _decibels(power, float(rule.sum())),
                    }
                )
    return made


def warnings_of(found: dict[str, Any]) -> list[str]:
    """What in a report a user should know, a line each, with its number."""
    made = []
    if found["x"]["cut"] > SATURATED:
        made.append(f"x: {found['x']['cut']:.2%} of inputs are beyond {found['x']['format']}")
    for index, layer in enumerate(found["layers"]):
        at = f"layer {index}"
        for key, part in layer["cut"].items():
            if part > SATURATED:
                form = layer["formats"][key]
                made.append(f"{at}: {part:.2%} of {key} are at the ends of {form}")
        dead = sum(layer["dead"].values())
        if dead:
            made.append(f"{at}: {dead} rows of weights have become 0")
        if coarse := layer["coarse"]:
            made.append(
                f"{at}: scales of {coarse['rows']} rows have fewer than 7 bits, since the largest"
                f" is {coarse['ratio']:,.0f} times that of the median row"
            )
    if (head := found["head"]) and head["dead"]:
        made.append(f"head: {head['dead']} rows of weights have become 0")
    return made


def _layer(
    found: FloatNetwork, model: Model, index: int, layer: Layer, compared: Comparison
) -> dict[str, Any]:
    signals = {name: ratio for (at, name), ratio in compared.signals.items() if at == index}
    limits: dict[str, dict[str, float]] = {}
    for (at, key, name), share in compared.limits.items():
        if at == index:
            limits.setdefault(key, {})[name] = _part(share.part)
    parts, tensors = found.layers[index].parts, model.directions[index]
    dead = {
        f"weight_{name}": sum(
            _dead(getattr(part, f"weight_{name}"), met(one, name))
            for part, one in zip(parts, tensors, strict=True)
        )
        for name in ("x", "h")
        if f"weight_{name}" in tensors[0]
    }
    module = module_for(layer)
    bounded = {*module.within_one, *(key for key in limits if module.is_flat(key))}
    return {
        "cell": layer.full_title,
        "snr": {name: round(ratio.decibels, 2) for name, ratio in signals.items()},
        "formats": {key: str(form) for key, form in formats_of(layer).items()},
        "limits": limits,
        "cut": {key: max(of.values()) for key, of in limits.items() if key not in bounded},
        "rows": layer.rows * layer.directions,
        "dead": dead,
        # Those of a transform are as near as they must be.
        "coarse": None if layer.transform else _coarse(tensors),
    }


def _head(found: FloatNetwork, model: Model) -> dict[str, Any] | None:
    if model.head is None or found.head_weight is None:
        return None
    dead = _dead(found.head_weight, model.head.met)
    return {"rows": len(found.head_weight), "dead": dead, "scaled": model.head.scale is not None}


def _dead(real: Reals, integers: Integers) -> int:
    """Rows that have weights, and have lost them all."""
    return int(np.count_nonzero(real.any(axis=1) & ~integers.any(axis=1)))


def _coarse(tensors: Iterable[LayerTensors]) -> dict[str, Any] | None:
    """How many scales of rows that count are small, and how uneven all are; None if none is."""
    scales = np.concatenate(
        [
            np.abs(one[f"scale_{name}"])[met(one, name).any(axis=1)]
            for one in tensors
            for name in ("x", "h")
        ]
    )
    small = scales < COARSE
    if not small.any():
        return None
    ratio = float(scales.max() / max(1.0, float(np.median(scales))))
    return {"rows": int(small.sum()), "ratio": round(ratio, 1)}


def _decibels(signal: float, noise: float) -> float:
    if not signal or not noise:
        return 0.0 if not signal else 200.0
    return round(10 * float(np.log10(signal / noise)), 2)


def _part(share: float) -> float:
    return float(f"{share:.4g}")
