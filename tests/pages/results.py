"""Results of ``report`` and ``explore`` that pages are made of."""

import numpy as np
import pytest

from pascaline.measure.result import make_result
from pascaline.synth.targets import target
from tests.cli.test_pnr import PLACED
from tests.models import make_design, make_model


def made(found, design=None, name="ecp5"):
    design = design or make_design(make_model(name="net", hidden=8), units=2, simd=4)
    return make_result(design, target(name), "pascaline report net", found)


@pytest.fixture(scope="module")
def placed():
    return made(PLACED.as_dict() | {"target_title": PLACED.device_title})


def counts(parts):
    columns = ["gates", "flip_flops", "transistors", "gate_equivalents", "memory_bits"]
    by_part = {
        part: {column: 10_000 * place + column_place for column_place, column in enumerate(columns)}
        for place, part in enumerate(parts)
    }
    return {
        "target": "generic",
        "tool_version": "Yosys 0.70",
        "dsp": False,
        "cells": 12345,
        "area": {column: sum(counts[column] for counts in by_part.values()) for column in columns},
        "by_part": by_part,
        "by_unit": {},
        "script": "read_verilog design.v",
    }


@pytest.fixture(scope="module")
def counted():
    parts = ["weight memory", "lanes", "cell units", "vector memory", "head", "control"]
    return made(counts(parts), name="generic")


@pytest.fixture(scope="module")
def normed():
    layer = {"hidden": 8, "weights": "ternary", "normaliser": {"kind": "layernorm"}}
    model = make_model(
        name="net", inputs=5, layers=[layer], head={"classes": 3, "weights": "fixed4"}
    )
    parts = ["weight memory", "lanes", "layer norm", "cell units", "vector memory", "head"]
    design = make_design(model, units=2, simd=4)
    return made(counts([*parts, "control"]), design, name="generic")


def made_of_wires(adders):
    model = make_model(name="net", hidden=8, head={"classes": 3, "weights": "fixed4"})
    machine = {"simd": 4, "weights": "wired", "adders": adders, "effort": 0}
    parts = ["adders", "cell units", "vector memory", "head", "control"]
    return made(counts(parts), make_design(model, **machine), name="generic")


@pytest.fixture(scope="module")
def wired():
    return made_of_wires("serial")


@pytest.fixture
def timed(counted):
    timing = {
        "liberty": {"file": "small.lib", "sha256": "0123456789abcdef"},
        "opensta_version": "2.0.17",
        "clock_mhz": 150.0,
        "slack_ns": -2.309173,
        "critical_path": {"start": "lanes/u_a", "end": "cells/u_b", "ns": 8.97581},
        "buffers": 5450,
        "power_mw": 95.1304,
        "energy_per_step_nj": 0.0120498,
        "energy_per_inference_nj": 73.25,
        "gate_level": {"steps": 21, "source": "<i>", "values": 1616, "mismatches": 0},
    }
    return counted | timing | {"target": "asic"}


def explored(result, *, others=12, **more):
    rng = np.random.default_rng(0)
    points = [
        {
            "machine": {"units": 2**units},
            "area": int(area),
            "memory_bits": 100,
            "cycles_per_step": int(cycles),
            "clock_mhz": None,
            "energy_per_step_nj": None,
            "pareto": bool(units % 3 == 0),
        }
        for units, (area, cycles) in enumerate(rng.integers(10, 10**5, (others, 2)))
    ]
    points.append(points[0] | {"machine": result["machine"], "pareto": True})
    found = {
        "model": result["model"],
        "target": result["target"],
        "columns": {"area": "gate equivalents", "clock": "MHz"},
        "command": "pascaline explore net --target <generic>",
        "tool_versions": {"yosys": "0.70"},
        "points": points,
        "skipped": 3,
    }
    return found | more
