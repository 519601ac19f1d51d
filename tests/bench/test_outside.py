"""Benches pass where there is no Pascaline, and fail when one weight is another one.

`pytest -m "long or not long" tests/bench` is the campaign: all kinds, in both simulators.
"""

import shutil

import numpy as np
import pytest

from tests.bench.machines import KINDS, machine_of
from tests.bench.outside import UNOPTIMISED, change_weight, run, write
from tests.tools import program

MACROS = ("plain-parity", "wishbone-states")
QUICK = ("plain-streams", "axi-loaded-streams", "wishbone-loaded")
SIMULATORS = {"icarus": ("iverilog", "iverilog"), "verilator": ("verilator", "verilator")}

long = pytest.mark.long
TRIALS = [
    pytest.param(
        kind, seed, sim, marks=() if (seed, sim) == (0, "icarus") and kind in QUICK else long
    )
    for seed, sim in ((0, "icarus"), (1, "icarus"), (0, "verilator"))
    for kind in KINDS
]
"""Kind of machine, seed and simulator."""


def need(sim):
    name, package = SIMULATORS[sim]
    program(name, package=package)
    return [f"SIM={sim}", *([UNOPTIMISED] if sim == "verilator" else [])]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folders by kind and seed, with design, sequences and Verilog; made once."""
    known = {}

    def make(*wanted):
        if wanted not in known:
            design, sequences = machine_of(*wanted)
            folder = tmp_path_factory.mktemp(wanted[0])
            known[wanted] = folder, design, sequences, write(folder, design, sequences)
        return known[wanted]

    return make


@pytest.mark.parametrize(("kind", "seed", "sim"), TRIALS)
def test_it_passes_and_notices_a_weight(made, tmp_path, kind, seed, sim):
    words = need(sim)
    folder, design, sequences, verilog = made(kind, seed)
    status, said = run(folder, tmp_path / "right", *words)
    assert status == 0, said
    assert "PASS: " in said
    status, said = run(tmp_path / "right", tmp_path / "right", *words, "STALLS=1")
    assert status == 0, said
    changed = tmp_path / "changed"
    # Where weights are loaded, what has been built is right as it is.
    shutil.copytree(tmp_path / "right" if design.machine.home.loaded else folder, changed)
    change_weight(changed, design, sequences, verilog, np.random.default_rng(seed))
    status, said = run(changed, changed, *words)
    assert status != 0, said
    assert "FAIL: " in said
    assert " 0 wrong" not in said


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=() if kind == "wishbone-loaded" else long) for kind in KINDS],
)
def test_cocotb_passes_and_notices_a_weight(made, tmp_path, kind):
    need("icarus")
    folder, design, sequences, verilog = made(kind, 0)
    status, said = run(folder, tmp_path / "right", "cocotb")
    assert status == 0, said
    changed = tmp_path / "changed"
    shutil.copytree(tmp_path / "right" if design.machine.home.loaded else folder, changed)
    change_weight(changed, design, sequences, verilog, np.random.default_rng(0))
    assert run(changed, changed, "cocotb")[0] != 0


@pytest.mark.parametrize(
    ("kind", "sim"),
    [
        *((kind, "icarus") for kind in MACROS),
        *(pytest.param(kind, "icarus", marks=long) for kind in KINDS if kind not in MACROS),
        ("plain-loaded", "verilator"),
    ],
)
def test_memories_may_be_macros_of_which_little_is_known(tmp_path, kind, sim):
    words = need(sim)
    design, sequences = machine_of(kind)
    write(tmp_path / "made", design, sequences, macros=1)
    for stalls in ((), ("STALLS=1",)):
        status, said = run(tmp_path / "made", tmp_path / "made", *words, *stalls)
        assert status == 0, said
    if sim == "verilator":
        return  # To build another one takes long.
    memories = tmp_path / "made" / f"{design.name}_memories.v"
    memories.write_text(memories.read_text().replace("<= w_data", "<= ~w_data"))
    status, said = run(tmp_path / "made", tmp_path / "made", *words)
    assert status != 0, said


def test_a_machine_that_hangs_fails(made, tmp_path):
    need("icarus")
    folder, design, _, _ = made("plain-streams", 0)
    shutil.copytree(folder, tmp_path / "hangs")
    bench = tmp_path / "hangs" / f"{design.name}_tb.v"
    text = bench.read_text()
    assert ".rst(reset)" in text
    bench.write_text(text.replace(".rst(reset)", ".rst(1'b1)"))
    status, said = run(tmp_path / "hangs", tmp_path / "hangs")
    assert status != 0
    assert "time-out after" in said
    assert "FAIL: 0 of" in said
