"""Machines whose registers and memories start unknown, as those of an ASIC do."""

import re
import subprocess

import pytest

from pascaline.hdl.verilog import generate
from pascaline.measure.verdict import judge
from pascaline.sim.draw_cases import draw
from pascaline.sim.known import counts
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import simulator
from pascaline.sim.unknown import unknown_start
from pascaline.spec.errors import InputError
from tests.sim.machines import tool_of
from tests.tools import program

DRAWN = {"cycles": 30, "values": 0, "largest": 3, "unknown": True}
LOADED, AXI, WISHBONE = 31, 8, 29
"""Seeds of small machines: with multipliers and loaded weights, with parity, pipelined."""


@pytest.mark.parametrize("seed", [LOADED, AXI, WISHBONE])
def test_nothing_unknown_comes_out(seed):
    tool_of("icarus")
    verdict = judge(draw(seed, **DRAWN), "icarus")
    assert verdict.faults == []
    assert verdict.values > 0


def test_a_register_without_reset_is_noticed(tmp_path):
    case = draw(LOADED, **DRAWN)
    verilog = generate(case.design)
    reset = r"    if \(rst\) level <= .*;\n    else level <="
    text, count = re.subn(reset, "    level <=", verilog.text)
    assert count
    tool = tool_of("icarus")
    built = build(text, verilog.name, tool, tmp_path, unknown=True)
    outcome = run(case.job, built, verilog.name, tool)
    assert outcome.unknown
    assert outcome.faults[0].startswith("unknown: o__valid")


def test_only_a_simulator_that_knows_unknown_values_will_do(tmp_path):
    text = "module machine();\nendmodule\n"
    with pytest.raises(InputError, match="an unknown start: needs --sim icarus, not 'verilator'"):
        build(text, "machine", simulator("verilator"), tmp_path, unknown=True)


@pytest.mark.parametrize(
    ("seed", "wanted"),
    [
        (LOADED, {"i_x__payload": "i_x__valid", "i_x__ready": None, "o__payload": "o__valid"}),
        (AXI, {"s_axi_awaddr": "s_axi_awvalid", "s_axi_bresp": "s_axi_bvalid", "irq": None}),
        (AXI, {"s_axis_tid": "s_axis_tvalid", "m_axis_tvalid": None, "s_axi_wready": None}),
        (LOADED, {"i_load__payload": "i_load__valid", "loaded": None, "load_error": None}),
        (WISHBONE, {"wbs_dat_o": "wbs_ack_o", "wbs_we_i": "wbs_stb_i", "wbs_cyc_i": None}),
    ],
)
def test_what_counts_when(seed, wanted):
    found = {pin.name: gate for pin, gate in counts(draw(seed, **DRAWN).design).items()}
    assert {name: found[name] for name in wanted} == wanted


MACHINE = """module machine(clk, rst, write, at, in, read, kept, same, word, fixed);
  input clk, rst, write, at, read;
  input [1:0] in;
  output kept, same;
  output [1:0] word, fixed;
  reg kept = 1'h1;
  reg same = 1'h0;
  reg [1:0] words [1:0];
  initial begin
    words[0] = 2'h0;
    words[1] = 2'h0;
  end
  reg [1:0] fixed;
  reg [1:0] rom [0:1];
  initial begin
    rom[0] = 2'h2;
    rom[1] = 2'h1;
  end
  always @(posedge clk)
    if (rst) kept <= 1'h0;
    else kept <= 1'h1;
  always @(posedge clk)
    if (rst) same <= 1'h1;
    else same <= 1'h1;
  always @(posedge clk) begin
    if (write)
      words[at] <= in;
  end
  reg [1:0] word;
  always @(posedge clk) begin
    if (read) begin
      word <= words[at];
    end
    fixed <= rom[at];
  end
endmodule
"""

BENCH = """
module bench;
  reg clk = 0, rst, write, at, read;
  reg [1:0] in;
  wire kept, same;
  wire [1:0] word, fixed;
  machine m(clk, rst, write, at, in, read, kept, same, word, fixed);
  task go(input [3:0] given, input [1:0] value); begin
    {rst, write, at, read} = given; in = value;
    #1 clk = 1; #1 clk = 0;
    $display("%b %b %b %b", kept, same, word, fixed);
  end endtask
  initial begin
    $display("%b %b %b %b", kept, same, word, fixed);
    go(4'b1100, 2); go(4'b0110, 3); go(4'b0001, 0); go(4'b000x, 0); go(4'bx011, 0);
    go(4'b0x00, 0); go(4'b0001, 0); go(4'b0001, 0); go(4'b0011, 0);
  end
endmodule
"""


def test_what_is_unknown_spreads(tmp_path):
    """Kept and fixed are known as soon as they are written or read; two ways may agree."""
    icarus = program("iverilog", package="iverilog")
    path = tmp_path / "bench.v"
    path.write_text(unknown_start(MACHINE) + BENCH)
    subprocess.run([icarus, "-o", tmp_path / "bench", path], check=True, capture_output=True)
    ran = subprocess.run(["vvp", tmp_path / "bench"], check=True, capture_output=True, text=True)
    assert ran.stdout.split("\n")[:-1] == [
        "x x xx xx",
        "0 1 xx 10",  # Word 0 is 2.
        "1 1 xx 01",  # Word 1 is 3.
        "1 1 10 10",
        "1 1 10 10",  # The same word, whether it is read or not.
        "x 1 11 01",
        "1 1 11 10",  # Perhaps written: nothing is known any more.
        "1 1 xx 10",
        "1 1 xx 10",
        "1 1 xx 01",
    ]


def test_another_form_is_refused():
    text = "module m();\n  always @(posedge clk)\n    case (a) 0: b <= 1; endcase\nendmodule\n"
    with pytest.raises(ValueError, match="is not understood"):
        unknown_start(text)
