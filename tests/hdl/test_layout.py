"""Configurations of layout, read by the tools that they are for."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import pascaline
from tests.tools import program

READ = """\
import json, sys
from librelane.config import Config
from librelane.config.flow import flow_common_variables
from librelane.flows import Flow

# All variables of the flow but those that a PDK gives.
steps = [variable for step in Flow.factory.get("Classic").Steps for variable in step.config_vars]
of_pdk = {"PDK", "PDK_ROOT", "STD_CELL_LIBRARY", "PAD_CELL_LIBRARY"}
known = {one.name: one for one in [*flow_common_variables, *steps]}
known = [one for one in known.values() if not one.pdk or one.name in of_pdk]
pdk = {"meta": {"version": 2}, "PDK": "none", "STD_CELL_LIBRARY": "none", "PAD_CELL_LIBRARY": None}
found, _ = Config.load([pdk, sys.argv[1]], known, pdk_root=".", _load_pdk_configs=False)
names = "DESIGN_NAME", "VERILOG_FILES", "EXTRA_VERILOG_MODELS", "CLOCK_PORT", "CLOCK_PERIOD"
macros = {name: macro.instances for name, macro in (found["MACROS"] or {}).items()}
values = {name: found.get(name) for name in names}
print("READ", json.dumps([values, {name: [*each] for name, each in macros.items()}], default=str))
"""


@pytest.fixture(params=[None, 64])
def made(request, tmp_path):
    """A folder, its Verilog, and the modules that have files of macros there."""
    design = pascaline.make_design("tiny-rnn", weights="ram")
    verilog = pascaline.generate(design, clock=40, macros=request.param)
    verilog.write(tmp_path)
    (tmp_path / "macros").mkdir()
    macros = verilog.description.get("macros", [])
    for macro in macros:
        for view in ("gds", "lef", "lib"):
            (tmp_path / "macros" / f"{macro['module']}.{view}").touch()
    return tmp_path, verilog, macros


def test_librelane_reads_it(made):
    librelane = shutil.which("librelane")
    if librelane is None:
        pytest.skip("librelane is not installed")
    folder, verilog, macros = made
    python = Path(librelane).read_text().split("\n")[0].removeprefix("#!")

    def read():
        words = [python, "-c", READ, f"{verilog.name}.librelane.json"]
        return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)

    done = read()
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("READ ")]
    values, places = json.loads(line.removeprefix("READ "))
    paths = [str(folder / name) for name in verilog.sources]
    assert values == {
        "DESIGN_NAME": "tiny_rnn",
        "VERILOG_FILES": paths[:1],
        "EXTRA_VERILOG_MODELS": paths[1:] or None,
        "CLOCK_PORT": "clk",
        "CLOCK_PERIOD": "25.0",
    }
    assert places == {macro["module"]: macro["instances"] for macro in macros}
    (folder / "tiny_rnn.v").unlink()
    assert "VERILOG_FILES" in read().stderr


def test_make_reads_it_from_another_folder(made):
    folder, verilog, macros = made
    names = "DESIGN_NAME", "VERILOG_FILES", "SDC_FILE", "SYNTH_BLACKBOXES"
    views = "ADDITIONAL_LEFS", "ADDITIONAL_LIBS", "ADDITIONAL_GDS"
    (folder / "flow").mkdir()
    lines = [f"\t@echo {name} $({name})" for name in (*names, *views, "PLATFORM")]
    (folder / "flow" / "Makefile").write_text("\n".join(["include ../config.mk", "all:", *lines]))
    done = subprocess.run(
        [program("make", package="make"), "--no-print-directory", "PLATFORM=gf180"],
        cwd=folder / "flow",
        capture_output=True,
        text=True,
        check=True,
    )
    found = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert found["DESIGN_NAME"] == [verilog.name]
    assert found["PLATFORM"] == ["gf180"]
    assert found["VERILOG_FILES"] == [f"../{name}" for name in verilog.sources]
    assert found["SYNTH_BLACKBOXES"] == [macro["module"] for macro in macros]
    for name in ("SDC_FILE", "VERILOG_FILES", *views):
        assert all((folder / "flow" / path).exists() for path in found[name]), name
    assert all(len(found[name]) == len(macros) for name in views)
