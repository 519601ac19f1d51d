"""Benches pass where there is no Pascaline, and fail when one weight is another one.

`pytest -m "long or not long" tests/bench` is the campaign: all kinds, in both simulators.
"""

import shutil

import pytest

from tests.bench.machines import KINDS, machine_of
from tests.bench.outside import UNOPTIMISED, change_weight, run, write
from tests.tools import program

QUICK = ("plain-streams", "axi-loaded-streams", "wishbone-norm")
SIMULATORS = {"icarus": ("iverilog", "iverilog"), "verilator": ("verilator", "verilator")}

long = pytest.mark.long
PAIRS = [
    pytest.param(kind, sim, marks=() if sim == "icarus" and kind in QUICK else long)
    for sim in SIMULATORS
    for kind in KINDS
]


def need(sim):
    name, package = SIMULATORS[sim]
    program(name, package=package)
    return [f"SIM={sim}", *([UNOPTIMISED] if sim == "verilator" else [])]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folders by kind, with design, sequences and Verilog; made once."""
    known = {}

    def make(kind):
        if kind not in known:
            design, sequences = machine_of(kind)
            folder = tmp_path_factory.mktemp(kind)
            known[kind] = folder, design, sequences, write(folder, design, sequences)
        return known[kind]

    return make


@pytest.mark.parametrize(("kind", "sim"), PAIRS)
def test_it_passes_and_notices_a_weight(made, tmp_path, rng, kind, sim):
    words = need(sim)
    folder, design, sequences, verilog = made(kind)
    status, said = run(folder, tmp_path / "right", *words)
    assert status == 0, said
    assert "PASS: " in said
    status, said = run(tmp_path / "right", tmp_path / "right", *words, "STALLS=1")
    assert status == 0, said
    changed = tmp_path / "changed"
    # Where weights are loaded, what has been built is right as it is.
    shutil.copytree(tmp_path / "right" if design.machine.home.loaded else folder, changed)
    change_weight(changed, design, sequences, verilog, rng)
    status, said = run(changed, changed, *words)
    assert status != 0, said
    assert "FAIL: " in said
    assert " 0 wrong" not in said
