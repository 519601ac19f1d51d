"""What a transform of h takes: adders, cycles, and area beside a ternary matrix on lanes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from pascaline.measure.alone import component_price
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.cycles import step_cycles
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.lanes import lane_designs
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.operands import Walsh
from pascaline.spec.product import Product
from pascaline.spec.progress import Progress, each, silent
from pascaline.spec.synthetic import synthetic_model
from pascaline.spec.walsh import WalshUnit, walsh_units
from pascaline.synth.targets import Target

__all__ = ["compare_transforms"]

STREAMS = (1, 2)

FEW = (2, 4)
"""Lanes that are synthesised; more are in proportion, since all are the same module."""


def compare_transforms(
    hidden: int,
    *,
    block: int | None = None,
    width: int = 12,
    butterflies: Collection[int] = (),
    found: Target | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """A transform on each number of butterflies.

    Steps are those of a Hadamard RNN of one input with results at the end of a sequence, on a
    machine that has as many units side by side as the transform makes numbers in a cycle, so that
    lanes and drain keep up; half as many where levels take turns.

    ``utilisation`` is what part of its adders' cycles a transform uses if another follows at once:
    its additions, ``hidden * log2(block)``, over ``adders * cycles``. ``step_utilisation`` is the
    same over ``adders * step_cycles``, in the middle of long sequences: waiting for h counts.

    Area is without memories. Of butterflies on which the levels take turns it is that of all of
    `hdl.walsh.transform.Transform`; of a pipeline of all levels, whose netlists are large, that of
    a butterfly of each level with its registers, times their number, without its control. Beside it
    are ternary lanes of as many inputs as there are units, cheapest design, which have a product of
    a whole matrix in a cycle if there is a lane a unit; few are synthesised, and the others are in
    proportion. Those of ``same_throughput`` have a product in as many cycles as the transform.

    Parameters
    ----------
    hidden : int
        Numbers of a vector.
    block : int, optional
        Numbers of a block; the largest power of two that divides ``hidden`` if none is given.
    width : int
        Bits of a number.
    butterflies : collection of int
        Which numbers of butterflies; all that there are if empty.
    found : Target, optional
        What they are synthesised for.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        ``transforms``, a dict each; with a target also ``lanes``, and areas in ``unit``.

    Raises
    ------
    InputError
        If there is no such transform, or a tool is missing.
    """
    h = Format(width=width, frac=width - 4 if width > 4 else 0)
    network = _network(hidden, block, h)
    [block] = [one.block for one in network.layer.operands if isinstance(one, Walsh)]
    candidates = walsh_units(
        hidden=hidden, block=block, element=h.interval, group=1, pipelined=False
    )
    wanted = [one for one in candidates if not butterflies or one.butterflies in butterflies]
    if missing := sorted(set(butterflies) - {one.butterflies for one in wanted}):
        allowed = ", ".join(str(one.butterflies) for one in candidates)
        raise InputError("--butterflies", f"must be some of {allowed}", missing[0])
    result: dict[str, Any] = {"hidden": hidden, "block": block, "width": width}
    if found is not None:
        result |= {"target": found.name, "unit": found.unit}
        result["lanes"] = _lanes(hidden, h, found, progress)
    rows = []
    for one in each(wanted, progress, f"transforms of {hidden}"):
        row = _cycles(network, one)
        if found is not None:
            area, of = _area(network, one, found, progress)
            lanes = result["lanes"]["area"] / one.cycles
            row |= {"area": area, "area_of": of, "same_throughput": round(lanes)}
            row["part"] = round(area / lanes, 4)
        rows.append(row)
    return result | {"transforms": rows}


def _network(hidden: int, block: int | None, h: Format) -> Network:
    layer = {
        "kind": "rnn",
        "function": "linear",
        "recurrent": "walsh",
        "hidden": hidden,
        "block": block,
        "weights_x": "fixed4",
        "weights_h": "binary",
        "h": h.model_dump(),
    }
    return Network.parse({"inputs": 1, "layers": (layer,)}, thing="--hidden, --block, --width")


def _design(network: Network, unit: WalshUnit, streams: int) -> Design:
    # A pipeline makes all numbers of a pair of words in a cycle.
    units = unit.width * (2 if unit.whole else 1)
    machine = Machine(
        units=units,
        simd=units,
        cell_units=units,
        streams=streams,
        butterflies=unit.butterflies,
    )
    model = synthetic_model("transform", network, np.random.default_rng(0))
    return Design(model=model, machine=machine)


def _cycles(network: Network, unit: WalshUnit) -> dict[str, Any]:
    steps = {n: step_cycles(_design(network, unit, n)) for n in STREAMS}
    return {
        "butterflies": unit.butterflies,
        "whole": unit.whole,
        "adders": unit.adders,
        "cycles": unit.cycles,
        "utilisation": round(unit.utilisation, 4),
        "step_cycles": steps,
        "step_utilisation": {
            n: round(unit.additions / (unit.adders * taken), 4) for n, taken in steps.items()
        },
    }


def _area(network: Network, unit: WalshUnit, found: Target, progress: Progress) -> tuple[int, str]:
    """Area, and what it is that of."""
    from pascaline.hdl.walsh.level import Butterfly
    from pascaline.hdl.walsh.transform import Transform

    what = f"{unit.butterflies} butterflies"
    if not unit.whole:
        core = _design(network, unit, 1).cores[0]
        return round(component_price(Transform(core.program), what, found, progress)), "transform"
    each = [
        component_price(
            Butterfly(unit.after(k), unit.after(k + 1)), f"{what}, level {k}", found, progress
        )
        for k in range(unit.levels)
    ]
    return round(unit.width * sum(each)), "butterflies"


def _lanes(hidden: int, h: Format, found: Target, progress: Progress) -> dict[str, Any]:
    """Ternary lanes that have the product of a matrix in a cycle."""
    from pascaline.hdl.lanes import Lanes

    ternary = arithmetic("ternary")
    row = (ternary.weights * h.interval).times(hidden)
    made: list[dict[str, Any]] = []
    for lane in lane_designs(ternary):
        few = []
        for lanes in FEW:
            product = Product(rows=hidden, columns=hidden, lanes=lanes, simd=hidden, lane=lane)
            component = Lanes(
                product=product, arithmetic=ternary, element=h.interval, sums=(row,), front=1
            )
            what = f"{lanes} lanes of {hidden} inputs, {lane}"
            few.append(component_price(component, what, found, progress))
        each = (few[1] - few[0]) / (FEW[1] - FEW[0])
        area = few[0] + (hidden - FEW[0]) * each
        made.append({"lane": lane, "each": round(each), "area": round(area)})
    return min(made, key=lambda one: float(one["area"]))
