"""Buffer trees, and timing by OpenSTA."""

import re
from dataclasses import replace

import pytest

from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.synth.asic import asic_target
from pascaline.synth.buffers import FANOUT, buffered
from pascaline.synth.liberty import read_library
from pascaline.synth.report import report
from pascaline.synth.timing import CLOCK, analyse, gates
from tests.liberty import opensta, osu018

CACHE = build_folder() / "synth"

# One bit that selects among many others, in a module that is there 20 times; and a memory.
DESIGN = """
module part (input clk, input s, input [39:0] a, b, output reg [39:0] y);
  always @(posedge clk) y <= s ? a : b;
endmodule

module top (input clk, input s, input [39:0] a, b, input [3:0] n, output reg [7:0] sum,
            output [799:0] y);
  reg r;
  reg [7:0] words [0:15];
  reg [7:0] word;
  always @(posedge clk) begin
    r <= s;
    words[n] <= a[7:0];
    word <= words[b[3:0]];
    sum <= sum + word;
  end
  genvar k;
  generate
    for (k = 0; k < 20; k = k + 1) begin : parts
      part part (clk, r, a, b, y[40*k +: 40]);
    end
  endgenerate
endmodule
"""


@pytest.fixture(scope="module")
def library():
    return read_library(osu018(), (), CACHE)


@pytest.fixture(scope="module")
def made(library):
    description = {
        "name": "top",
        "kinds": ["part"],
        "parts": ["control"],
        "instances": {"": {"module": "top", "stage": "", "part": "control"}},
    }
    return report(DESIGN, description, asic_target(library), CACHE)


@pytest.fixture(scope="module")
def netlist(made):
    return made.netlist


def loads(netlist, library, name):
    """Loads of each net of a module, and of each input: what is inside."""
    found = {}
    for cell in netlist[name]["cells"].values():
        if cell["type"] in netlist:
            inside = loads(netlist, library, cell["type"])
            ports = netlist[cell["type"]]["ports"]
            weights = {
                port: [inside.get(bit, 0) for bit in ports[port]["bits"]]
                for port in cell["connections"]
                if ports[port]["direction"] == "input"
            }
        else:
            outputs = library.outputs.get(cell["type"], cell["connections"])
            weights = {pin: [1] for pin in cell["connections"] if pin not in outputs}
        for pin, numbers in weights.items():
            for bit, number in zip(cell["connections"][pin], numbers, strict=True):
                found[bit] = found.get(bit, 0) + number
    return found


def test_no_net_has_too_many_loads(netlist, library):
    made, buffers = buffered(netlist, library, CLOCK)
    assert max(loads(netlist, library, "part").values()) > FANOUT
    assert buffers["part"] > 0
    assert buffers["top"] > 0
    for module in ("part", "top"):
        [clock] = made[module]["ports"][CLOCK]["bits"]
        found = loads(made, library, module)
        assert max(number for bit, number in found.items() if bit != clock) <= FANOUT
        # All that was connected still is, by buffers.
        pins = {}
        for name, cell in made[module]["cells"].items():
            for pin, bits in cell["connections"].items():
                pins[name, pin] = bits
        sources = {
            pins[name, "Y"][0]: pins[name, "A"][0]
            for name in made[module]["cells"]
            if name.startswith("buffer_")
        }
        for name, cell in netlist[module]["cells"].items():
            for pin, bits in cell["connections"].items():
                assert bits == [trace(bit, sources) for bit in pins[name, pin]]


def trace(bit, sources):
    while bit in sources:
        bit = sources[bit]
    return bit


def test_the_netlist_is_left_alone(netlist, library):
    before = str(netlist)
    buffered(netlist, library, CLOCK)
    assert str(netlist) == before


def test_slack(made, library):
    opensta()
    machine = gates(made, library, top="top", cache=CACHE)
    slow, fast = (analyse(machine, library, clock, CACHE) for clock in (50, 400))
    assert slow.slack_ns - fast.slack_ns == pytest.approx(20 - 2.5)
    assert slow.critical_path == fast.critical_path
    assert slow.critical_path["ns"] == pytest.approx(20 - slow.slack_ns)
    # 8 bits of ripple: more than a gate, less than all gates.
    assert 0.5 < slow.critical_path["ns"] < 5


def test_memories_are_boxes(made, library):
    machine = gates(made, library, top="top", cache=CACHE)
    [box] = re.findall(r'cell \("(\w+)"\)', machine.memories)
    assert re.search(rf"^module {box}\(", machine.whole, re.M)
    assert not re.search(rf"^module {box}\(", machine.logic, re.M)
    assert re.search(rf"^  {box} ", machine.logic, re.M)


def test_what_opensta_says_is_an_error(made, library, tmp_path):
    opensta()
    machine = gates(made, library, top="top", cache=CACHE)
    broken = replace(machine, logic="module top(; endmodule")
    with pytest.raises(InputError, match=r"^sta: Error: "):
        analyse(broken, library, 100, tmp_path)
