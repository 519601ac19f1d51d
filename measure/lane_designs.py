"""What a weight operation costs in each lane design, alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pascaline import models
from pascaline.data.recordings import read_recordings
from pascaline.golden.rounding import Integers
from pascaline.host.cache import remembered
from pascaline.models.catalogue import find_model
from pascaline.sim.lanes import run_lanes
from pascaline.sim.simulators import simulator
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.formats import Format, Interval
from pascaline.spec.lanes import LaneDesign, lane_designs, tree_levels
from pascaline.spec.preprocess import Preprocess, rule_of
from pascaline.spec.product import Product
from pascaline.spec.progress import Progress, each, silent
from pascaline.spec.scratch import temporary
from pascaline.synth.activity import toggles
from pascaline.synth.asic import CellTarget
from pascaline.synth.choice import write_costs
from pascaline.synth.power import cell_models, power
from pascaline.synth.report import Report, report
from pascaline.synth.targets import Target
from pascaline.synth.timing import CLOCK, PREFIX, Gates, analyse, gates

__all__ = ["WIDTH", "compare_lanes"]

CHUNKS = 20
"""Columns, in chunks."""

WIDTH = 12
"""Bits of an operand, unless told otherwise."""

LANES, SIMD, FRONT = 64, 16, 4

TILES = 1
"""Tiles that are simulated for power."""


def compare_lanes(
    found: Target,
    names: Sequence[str],
    *,
    width: int = WIDTH,
    power_clock: float | None = None,
    write: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Cost of a weight operation in every lane design: 64 lanes x 16 inputs.

    Parameters
    ----------
    found : Target
        For what they are synthesised.
    names : sequence of str
        Arithmetics.
    width : int
        Bits of an operand.
    power_clock : float, optional
        MHz: simulate the gates of a cell library for power at this clock.
    write : bool
        Whether ``lane="auto"`` chooses by these measurements from now on.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        ``cost_per_operation`` by arithmetic and lane design, in ``unit``; and ``power``, if it was
        asked for.
    """
    if power_clock is not None and not isinstance(found, CellTarget):
        raise InputError("--power", "needs --target asic")
    if write and width != WIDTH:
        raise InputError("--write", f"needs --width {WIDTH}", width)
    kinds = [arithmetic(name.strip()) for name in names]
    measured: dict[str, dict[str, float]] = {kind.name: {} for kind in kinds}
    powers: dict[str, dict[str, Any]] = {kind.name: {} for kind in kinds}
    wanted = [(kind.name, lane) for kind in kinds for lane in lane_designs(kind)]
    for name, lane in each(wanted, progress, "lane designs"):
        what = _Lanes(name, lane, width, _registers(found, lane))
        made = _synthesise(what, found, progress)
        measured[name][lane] = round(found.price(made.area) / (LANES * SIMD), 2)
        if power_clock is not None and isinstance(found, CellTarget):
            powers[name][lane] = _power(what, made, found, power_clock, progress)
    if write:
        write_costs(found.name, measured)
    result: dict[str, Any] = {
        "target": found.name,
        "unit": found.unit,
        "operand_bits": width,
        "cost_per_operation": measured,
    }
    return result | ({"clock_mhz": power_clock, "power": powers} if power_clock else {})


@dataclass(frozen=True)
class _Lanes:
    """Lanes that are compared."""

    name: str
    lane: LaneDesign
    width: int
    tree_registers: int = 0

    @property
    def element(self) -> Interval:
        return Interval.signed_bits(self.width)

    @property
    def product(self) -> Product:
        return Product(
            rows=LANES,
            columns=SIMD * CHUNKS,
            lanes=LANES,
            simd=SIMD,
            lane=self.lane,
            operand_registers=1,
            tree_registers=self.tree_registers,
        )

    @property
    def row(self) -> Interval:
        return (arithmetic(self.name).weights * self.element).times(self.product.columns)


def _registers(found: Target, lane: LaneDesign) -> int:
    return tree_levels(lane, SIMD) if found.free_registers else 0


def _synthesise(what: _Lanes, found: Target, progress: Progress) -> Report:
    from pascaline.hdl.lanes import Lanes
    from pascaline.hdl.verilog import emit

    lanes = Lanes(
        product=what.product,
        arithmetic=arithmetic(what.name),
        element=what.element,
        sums=(what.row,),
        front=FRONT,
    )
    progress(f"synthesising {what.name} {what.lane} for {found.name}", 0, 0)
    text, kinds, _ = emit(lanes, "lanes")
    whole = {"module": "lanes", "stage": "", "part": "lanes"}
    description = {"name": "lanes", "kinds": kinds, "parts": ["lanes"], "instances": {"": whole}}
    return report(text, description, found, build_folder() / "synth")


def _power(
    what: _Lanes, made: Report, cells: CellTarget, clock: float, progress: Progress
) -> dict[str, Any]:
    """Critical path, and power of a weight operation."""
    library, cache = cells.library, build_folder() / "synth"
    progress(f"timing {what.name} {what.lane}", 0, 0)
    machine = gates(made, library, top="lanes", cache=cache)
    timing = analyse(machine, library, clock, cache)
    progress(f"simulating the gates of {what.name} {what.lane}", 0, 0)
    found = _activity(what, machine, cells)
    milliwatts = power(machine, library, clock, found["activity"])
    return {
        "critical_path_ns": timing.critical_path["ns"],
        "slack_ns": timing.slack_ns,
        "power_mw": milliwatts,
        "uw_per_operation": 1000 * milliwatts / (LANES * SIMD),
        "values": found["values"],
    }


def _activity(what: _Lanes, machine: Gates, cells: CellTarget) -> dict[str, Any]:
    library, cache = cells.library, build_folder() / "synth"
    verilog = machine.whole + cell_models(library, cache)
    operands, weights = _data(what)
    pins = frozenset(pin for outputs in library.outputs.values() for pin in outputs)

    def simulate() -> dict[str, Any]:
        with temporary() as folder:
            values, mismatches, waveform = run_lanes(
                verilog,
                "lanes",
                what.product,
                arithmetic(what.name),
                what.element,
                what.row,
                operands=operands,
                weights=weights,
                front=FRONT,
                folder=folder,
            )
            if mismatches:
                raise InputError(f"gates of {what.name} {what.lane}", f"fail: {mismatches} sums")
            activity = toggles(waveform, clock="clk", prefix=PREFIX, pins=pins)
            changes = {path.removeprefix("dut/"): count for path, count in activity.items()}
            return {"values": values, "activity": changes}

    identity: list[str | bytes] = ["lanes", simulator("icarus").identity, verilog]
    identity += [operands.tobytes(), weights.tobytes(), CLOCK]
    return remembered(cache, identity, simulate)


def _data(what: _Lanes) -> tuple[Integers, Integers]:
    """Operands and weights for some tiles, from what is shipped."""
    kind, chunks = arithmetic(what.name), TILES * CHUNKS
    recordings = read_recordings(models.SAMPLE)
    rule = rule_of(find_model("digits-ternary"))
    assert isinstance(rule, Preprocess)
    features = np.concatenate(
        [(one - np.array(rule.offset)) * np.array(rule.gain) for one in recordings.sequences]
    )
    form = Format(width=what.width, frac=what.width - 1)
    operands = np.resize(form.quantize(features), (chunks, SIMD))
    shape = (chunks, LANES, SIMD)
    if kind.meets != "sign":
        spread = np.random.default_rng(0).normal(0, 0.25 * kind.weights.hi, shape)
        return operands, kind.nearest(spread)
    model = "digits-ternary" if kind.has_zero else "digits-binary"
    weights = find_model(model).layers[0]["weight_h"]
    return operands, np.resize(weights, shape).astype(np.int64)
