"""Activity out of waveforms, and power by OpenSTA."""

import pytest

from pascaline.spec.folders import build_folder
from pascaline.synth.activity import toggles
from pascaline.synth.asic import asic_target
from pascaline.synth.liberty import read_library
from pascaline.synth.power import cell_models, known_start, power
from pascaline.synth.report import report
from pascaline.synth.timing import gates
from tests.liberty import GATES, library, opensta, osu018

CACHE = build_folder() / "synth"

WAVEFORM = """$timescale 1ps $end
$scope module top $end
$var wire 1 ! clk $end
$var wire 8 # y [7:0] $end
$scope module u_a_0 $end
$var wire 1 $ Y $end
$var wire 1 % A $end
$upscope $end
$scope module part $end
$var wire 1 ! clk $end
$scope module u_b $end
$var reg 1 & Q $end
$var wire 1 $ S $end
$upscope $end
$var wire 1 $ Y $end
$upscope $end
$upscope $end
$enddefinitions $end
#0
$dumpvars
0!
x$
0%
b00000000 #
1&
$end
#1
1!
1$
#2
0!
0&
b00000001 #
#3
1!
0$
1%
#4
0!
x&
#5
1!
1$
1&
#6
0!
0&
#7
1!
#8
0!
"""


def test_toggles(tmp_path):
    file = tmp_path / "waves.vcd"
    file.write_text(WAVEFORM)
    found = toggles(file, clock="clk", prefix="u_", pins=frozenset("YQS"))
    # 4 cycles; from and to unknown does not count.
    assert found == {"u_a_0/Y": 2 / 4, "part/u_b/S": 2 / 4, "part/u_b/Q": 2 / 4}


def test_models_of_cells(tmp_path):
    path = tmp_path / "small.lib"
    path.write_text(library(*GATES))
    text = cell_models(read_library(path, (), CACHE), CACHE)
    for name in ("INV", "NAND", "NOR", "DFF"):
        assert f"module {name}(" in text
    assert "always @(posedge CK)" in text
    started = known_start(text)
    assert started.count("= $random;") == text.count("\n  reg ") > 0
    assert known_start(text.replace("\n  reg ", "\n  wire ")).count("$random") == 0


DESIGN = """
module top (input clk, input [7:0] a, output reg [7:0] y);
  always @(posedge clk) y <= y + a;
endmodule
"""


@pytest.fixture(scope="module")
def cells():
    return read_library(osu018(), (), CACHE)


@pytest.fixture(scope="module")
def machine(cells):
    opensta()
    made = report(
        DESIGN,
        {
            "name": "top",
            "kinds": [],
            "parts": ["control"],
            "instances": {"": {"module": "top", "stage": "", "part": "control"}},
        },
        asic_target(cells),
        CACHE,
    )
    return gates(made, cells, top="top", cache=CACHE)


def activity(machine, cells, changes):
    """The same activity on all outputs."""
    pins = {}
    for line in machine.logic.splitlines():
        words = line.split()
        if words and words[0] in cells.outputs:
            pins |= {f"{words[1]}/{pin}": changes for pin in cells.outputs[words[0]]}
    return pins


def test_power_is_linear_in_activity_and_clock(machine, cells):
    idle, half, full = (
        power(machine, cells, 100, activity(machine, cells, changes)) for changes in (0, 0.5, 1)
    )
    assert 0 < idle < half < full
    assert half == pytest.approx((idle + full) / 2)
    # But for the leakage, which is small.
    fast = power(machine, cells, 200, activity(machine, cells, 1))
    assert fast == pytest.approx(2 * full, rel=0.01)


def test_power_is_the_sum_of_cells(machine, cells):
    every = activity(machine, cells, 1)
    single = [
        power(machine, cells, 100, {path: 1.0})
        for path in every
        if path.endswith(("/Q", "/Y", "/YS"))
    ]
    assert sum(single) == pytest.approx(power(machine, cells, 100, every), rel=1e-3)
