"""``bench lane-designs``: what a weight operation costs in each lane design, alone."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from pascaline import models
from pascaline.cli.asic import asic_options, find_target
from pascaline.cli.catalogue import find_model
from pascaline.cli.console import json_option, print_json, spinner, table
from pascaline.data.preprocess import Preprocess, rule_of
from pascaline.data.recordings import read_recordings
from pascaline.golden.rounding import Integers
from pascaline.sim.lanes import run_lanes
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.formats import Format, Interval
from pascaline.spec.lanes import LaneDesign, lane_designs, tree_levels
from pascaline.spec.product import Product
from pascaline.synth.activity import toggles
from pascaline.synth.asic import CellTarget
from pascaline.synth.cache import remembered
from pascaline.synth.choice import write_costs
from pascaline.synth.power import cell_models, power
from pascaline.synth.report import Report, report
from pascaline.synth.targets import TARGETS, Target
from pascaline.synth.timing import CLOCK, PREFIX, Gates, analyse, gates

__all__ = ["ARITHMETICS", "lane_designs_"]

ARITHMETICS = ("fixed12", "ternary", "binary")
"""Whose area ``bench arithmetics`` compares."""

REFERENCE = "fixed12"

WEIGHTS = "ternary,binary,exp3,exp4,exp5"
"""What needs no multipliers, which take minutes on FPGAs."""

CHUNKS = 20
"""Columns, in chunks."""

WIDTH = 12
"""Bits of an operand, unless told otherwise."""

LANES, SIMD, FRONT = 64, 16, 4

TILES = 1
"""Tiles that are simulated for power."""


@click.command("lane-designs")
@click.option(
    "--target", "target_name", default="generic", show_default=True, help=", ".join(TARGETS)
)
@asic_options
@click.option(
    "--width",
    type=click.IntRange(2, 16),
    default=WIDTH,
    show_default=True,
    help="Bits of an operand.",
)
@click.option(
    "--weights",
    "names",
    metavar="A,B,...",
    default=WEIGHTS,
    show_default=True,
    help="Arithmetics; with fixed12, all are compared with its cheapest lanes.",
)
@click.option(
    "--power",
    "power_clock",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MHZ",
    help="With --target asic: time them, and simulate their gates for power at this clock.",
)
@click.option("--write", is_flag=True, help="Let --lane auto choose by these measurements.")
@json_option
def lane_designs_(
    *,
    target_name: str,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    width: int,
    names: str,
    power_clock: float | None,
    write: bool,
    as_json: bool,
) -> None:
    """Cost of a weight operation in every lane design: 64 lanes x 16 inputs.

    With the registers of weights, operands and sums, and the drain; with a register after every
    adder where a register costs nothing. Power is that of the gates at work on features of real
    recordings, with the weights of shipped models (where there are none, the weights nearest to
    normally distributed numbers).
    """
    found = find_target(target_name, liberty=liberty, dont_use=dont_use)
    if power_clock is not None and not isinstance(found, CellTarget):
        raise InputError("--power", "needs --target asic")
    if write and width != WIDTH:
        raise InputError("--write", f"needs --width {WIDTH}", width)
    measured: dict[str, dict[str, float]] = {}
    powers: dict[str, dict[str, Any]] = {}
    for kind in [arithmetic(name.strip()) for name in names.split(",")]:
        name = kind.name
        measured[name], powers[name] = {}, {}
        for lane in lane_designs(kind):
            what = _Lanes(name, lane, width, _registers(found, lane))
            made = _synthesise(what, found)
            measured[name][lane] = round(found.price(made.area) / (LANES * SIMD), 2)
            if power_clock is not None and isinstance(found, CellTarget):
                powers[name][lane] = _power(what, made, found, power_clock)
    if write:
        write_costs(target_name, measured)
    if as_json:
        result = {
            "target": target_name,
            "unit": found.unit,
            "operand_bits": width,
            "cost_per_operation": measured,
        }
        power_of = {"clock_mhz": power_clock, "power": powers} if power_clock else {}
        print_json(result | power_of)
        return
    _show(target_name, found, measured, powers, power_clock)


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


def _synthesise(what: _Lanes, found: Target) -> Report:
    from pascaline.hdl.lanes import Lanes
    from pascaline.hdl.verilog import emit

    lanes = Lanes(
        product=what.product,
        arithmetic=arithmetic(what.name),
        element=what.element,
        sums=(what.row,),
        front=FRONT,
    )
    with spinner(f"synthesising {what.name} {what.lane} for {found.name}"):
        text, kinds, _ = emit(lanes, "lanes")
        description = {"name": "lanes", "kinds": kinds}
        return report(text, description, found, build_folder() / "synth")


def _power(what: _Lanes, made: Report, cells: CellTarget, clock: float) -> dict[str, Any]:
    """Critical path, and power of a weight operation."""
    library, cache = cells.library, build_folder() / "synth"
    with spinner(f"timing {what.name} {what.lane}"):
        machine = gates(made, library, top="lanes", cache=cache)
        timing = analyse(machine, library, clock, cache)
    with spinner(f"simulating the gates of {what.name} {what.lane}"):
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
        with tempfile.TemporaryDirectory() as name:
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
                folder=Path(name),
            )
            if mismatches:
                raise InputError(f"gates of {what.name} {what.lane}", f"fail: {mismatches} sums")
            activity = toggles(waveform, clock="clk", prefix=PREFIX, pins=pins)
            changes = {path.removeprefix("dut/"): count for path, count in activity.items()}
            return {"values": values, "activity": changes}

    identity = ["lanes", verilog, operands.tobytes().hex(), weights.tobytes().hex(), CLOCK]
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


def _show(
    target_name: str,
    found: Target,
    measured: dict[str, dict[str, float]],
    powers: dict[str, dict[str, Any]],
    clock: float | None,
) -> None:
    worst, most = None, None
    if designs := measured.get(REFERENCE):
        worst = min(designs.values())
        least = powers[REFERENCE].get(min(designs, key=lambda lane: designs[lane]), {})
        most = least.get("uw_per_operation")
    rows: list[list[Any]] = []
    for name, costs in measured.items():
        for lane, cost in costs.items():
            row = [name, lane, f"{cost:.2f}", *([f"{worst / cost:.2f}"] if worst else [])]
            if clock:
                one = powers[name][lane]
                used = one["uw_per_operation"]
                row += [f"{one['critical_path_ns']:.2f}", f"{used:.3f}"]
                row += [f"{most / used:.2f}"] if most else []
            rows.append(row)
    columns = ["weights", "lane design", found.unit, *(["fixed12 / this"] if worst else [])]
    if clock:
        columns += ["critical path, ns", f"uW at {clock:g} MHz"]
        columns += ["fixed12 / this (power)"] if most else []
    table(f"a weight operation on {target_name}", columns, rows)
