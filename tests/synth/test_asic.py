"""Mapping to a cell library."""

import pytest

from pascaline.hdl.verilog import generate
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.synth.adders import adder_map
from pascaline.synth.asic import asic_target
from pascaline.synth.liberty import FullAdder, read_library
from pascaline.synth.report import report
from pascaline.synth.yosys import statistics
from tests.liberty import ADDER, GATES, cell, library, osu018
from tests.models import make_design, make_model

CACHE = build_folder() / "synth"

ADD3 = FullAdder(cell="ADD3", operands=("p", "q", "r"), sum="odd", carry="two")

# Operands of all widths and signs, constants below, above and between.
ARITHMETIC = """
module sums (input [4:0] a, b, input signed [3:0] c, d, input e, f, output [69:0] y);
  assign y[5:0] = a + b;
  assign y[11:6] = a - b;
  wire signed [5:0] g = c - d;
  assign y[17:12] = g;
  wire signed [6:0] h = c + $signed({1'b0, a});
  assign y[24:18] = h;
  assign y[31:25] = {a, 1'b1} + {b, e};
  assign y[38:32] = {a, e} + {2'b10, f, 2'b01};
  assign y[45:39] = 7'd37 - a;
  wire signed [5:0] k = -c;
  assign y[51:46] = k;
  assign y[52] = e + f;
  assign y[60:53] = {c, 2'b00} + {{2{d[3]}}, d, 1'b1};
  assign y[66:61] = {b, 1'b0} - {5'b0, e};
  assign y[69:67] = e + f + a[0];
endmodule
"""

CHECK = """
read_verilog design.v
read_verilog -lib cells.v
hierarchy -top sums
proc
opt
wreduce
copy sums mapped
techmap -map adders.v mapped/t:$add mapped/t:$sub mapped/t:$neg
opt_clean mapped
tee -o mapped.json stat -json mapped
delete =ADD3
read_verilog cells.v
techmap -map cells.v mapped
miter -equiv -flatten -make_assert sums mapped both
sat -verify -prove-asserts both
tee -o done.json stat -json both
"""

CELLS = """
module ADD3 (input p, q, r, output odd, two);
  assign {two, odd} = p + q + r;
endmodule
"""


def test_adders_add(tmp_path):
    files = {"adders.v": adder_map(ADD3).encode(), "cells.v": CELLS.encode()}
    found = statistics(ARITHMETIC, CHECK, tmp_path, files)
    cells = found["mapped"]["modules"]["\\mapped"]["num_cells_by_type"]
    assert cells["ADD3"] > 10
    assert not {"$add", "$sub", "$neg"} & set(cells)


@pytest.mark.parametrize(
    ("text", "adders"),
    [
        ("assign y = a + b;", 6),  # 8 bits: the lowest has no carry in, the highest none out.
        ("assign y = {a[6:0], 1'b1} + {b[6:0], c};", 6),
        ("assign y = {a[6:0], 1'b0} + {b[6:0], c};", 5),
        ("assign y = a - b;", 6),
        ("assign y = a + 1;", 0),
        ("assign y = a[3:0] + b;", 3),
    ],
)
def test_where_full_adders_are_used(tmp_path, text, adders):
    verilog = f"module top (input [7:0] a, b, input c, output [7:0] y); {text} endmodule"
    script = """
    read_verilog design.v
    techmap -map adders.v t:$add t:$sub
    tee -o mapped.json stat -json
    """
    found = statistics(verilog, script, tmp_path, {"adders.v": adder_map(ADD3).encode()})
    cells = found["mapped"]["modules"]["\\top"]["num_cells_by_type"]
    assert cells.get("ADD3", 0) == adders


@pytest.fixture(scope="module")
def verilog():
    model = make_model(hidden=3, inputs=2, shared_scale=True)
    return generate(make_design(model, units=2, simd=2))


@pytest.fixture(scope="module")
def made(verilog):
    target = asic_target(read_library(osu018(), (), CACHE))
    return report(verilog.text, verilog.description, target, CACHE)


def test_debians_library(made, verilog):
    assert list(made.area) == ["area_um2", "cells", "flip_flops", "full_adders", "memory_bits"]
    for column, total in made.area.items():
        parts = sum(counts[column] for counts in made.by_part.values())
        assert abs(parts - total) <= (len(made.by_part) if column == "area_um2" else 0)
    assert made.area["full_adders"] > 50
    # Of the cells, flip-flops have 96 um2 and full adders 120.
    assert made.area["area_um2"] > 96 * made.area["flip_flops"] + 120 * made.area["full_adders"]
    assert made.by_part["weight memory"]["memory_bits"] == 2 * 3 * 8 * 2 * 2
    assert made.by_part["weight memory"]["flip_flops"] == 0


def test_the_netlist_is_of_library_cells(made):
    used = {cell["type"] for module in made.netlist.values() for cell in module["cells"].values()}
    assert "FAX1" in used
    assert "$mem_v2" in used
    assert "netlist" not in made.as_dict()


ACCUMULATOR = """
module top (input clk, input [7:0] a, output reg [7:0] y, output one);
  always @(posedge clk) y <= y + a;
  assign one = 1;
endmodule
"""


@pytest.fixture
def accumulate(tmp_path):
    def call(*cells):
        path = tmp_path / "small.lib"
        path.write_text(library(*cells))
        target = asic_target(read_library(path, (), CACHE))
        whole = {"module": "top", "stage": "", "part": "lanes"}
        description = {"name": "top", "kinds": [], "parts": ["lanes"], "instances": {"": whole}}
        return report(ACCUMULATOR, description, target, CACHE)

    return call


def test_without_full_adders(accumulate):
    made = accumulate(*GATES)
    assert (made.area["full_adders"], made.area["flip_flops"]) == (0, 8)
    assert made.area["area_um2"] > 8 * 8 + 8 * 9


def test_with_full_adders(accumulate):
    made = accumulate(*GATES, ADDER)
    assert (made.area["full_adders"], made.area["flip_flops"]) == (6, 8)
    assert made.area == made.by_part["lanes"]


def test_constants_are_ties(accumulate):
    made = accumulate(*GATES, cell("TIE", 4, "", {"H": "1", "L": "0"}))
    assert made.area["area_um2"] == accumulate(*GATES).area["area_um2"] + 4


def test_a_library_that_lacks_a_flip_flop_of_the_kind(accumulate):
    latch = cell("LAT", 8, "G D", {"Q": "IQ"}, 'latch(IQ, IQN) { enable : "G"; data_in : "D"; }')
    with pytest.raises(InputError, match=r"small\.lib: must have a flip-flop that may be used$"):
        accumulate(*GATES[:3], latch)
