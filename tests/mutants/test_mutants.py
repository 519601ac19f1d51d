"""Mutants of a small netlist: drawn with a seed, chosen by an input, proven equivalent or not."""

import numpy as np
import pytest

from mutants.bitparallel import BitParallel
from mutants.campaign import Campaign
from mutants.environment import busy, channels, environment, usual
from mutants.equivalence import ALL, ENGINES, settle
from mutants.graph import Builder, Graph
from mutants.netlist import list_mutants, netlist, netlist_graph, with_mutants
from mutants.runs import Runs
from pascaline.sim.tb_mutants import SELECT
from pascaline.sim.tb_replay import SEEN
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.synthetic import synthetic_model
from tests.tools import program

VERILOG = """
module top(input clk, input rst, input [1:0] a, input [1:0] b, output reg valid, output [1:0] y);
  reg [1:0] count = 0, kept = 0;
  initial valid = 0;
  always @(posedge clk) begin
    count <= rst || count == 2 ? 2'd0 : count + 2'd1;
    kept <= count == 3 ? a : a ^ b;
    valid <= ~rst & count == 1;
  end
  assign y = kept;
endmodule
"""
"""It counts 0, 1, 2, so a is never kept as it is; and y counts only while it is valid."""

AROUND = f"""
module environment(
  input clk, input rst, input [1:0] a, input [1:0] b, input [15:0] {SELECT}, output [2:0] {SEEN});
  wire valid; wire [1:0] y;
  top machine(.clk(clk), .rst(rst), .a(a), .b(b), .valid(valid), .y(y), .{SELECT}({SELECT}));
  assign {SEEN} = {{valid, valid ? y : 2'd0}};
endmodule
"""

COUNT = 70


@pytest.fixture(scope="module")
def rtlil():
    return netlist(VERILOG, "top")


@pytest.fixture(scope="module")
def mutants(rtlil):
    return dict(enumerate(list_mutants(rtlil, COUNT, 0), start=1))


@pytest.fixture(scope="module")
def graph(rtlil, mutants):
    return Graph.read(netlist_graph(rtlil, mutants, AROUND))


def test_the_same_seed_gives_the_same_mutants(rtlil, mutants):
    assert list_mutants(rtlil, COUNT, 0) == list(mutants.values())
    assert list_mutants(rtlil, COUNT, 1) != list(mutants.values())


def test_there_are_no_mutants_of_clocks(mutants):
    assert len(set(mutants.values())) == COUNT
    assert any("$dff" in mutant or "-port D" in mutant for mutant in mutants.values())
    assert not any("-port CLK" in mutant for mutant in mutants.values())


def test_a_netlist_has_only_so_many_mutants(rtlil):
    with pytest.raises(
        InputError, match=r"^mutants: must be at most \d+ of this netlist, not 5000"
    ):
        list_mutants(rtlil, 5000, 0)


def test_an_input_chooses_the_mutant(rtlil, mutants):
    assert f"input [15:0] {SELECT};" in with_mutants(rtlil, mutants)


@pytest.fixture(scope="module")
def runs(graph, tmp_path_factory):
    return Runs(graph, BitParallel(graph))


def counted(witness, cycle):
    """What the machine of `VERILOG` shows, in Python."""
    count = kept = valid = 0
    for now in range(cycle + 1):
        shown = valid << 2 | (kept if valid else 0)
        rst, a, b = (witness.inputs[name][now] for name in ("rst", "a", "b"))
        kept, valid = a if count == 3 else a ^ b, int(not rst and count == 1)
        count = 0 if rst or count == 2 else count + 1
    return shown


@pytest.mark.parametrize("kept", [{}, {"rst": 0}, {"a": 1}])
def test_equivalent_is_what_no_run_tells_from_the_machine(kept, graph, mutants, tmp_path):
    """Thousands of runs reach all that this small machine can do."""
    program("yosys-abc", package="yosys")
    runs = Runs(graph, BitParallel(graph), busy=kept)
    found = runs.random(list(mutants), 16000, np.random.default_rng(0))
    different = {number for number, run in found.items() if run.witness is not None}
    # Registers that differ without anybody noticing are some of the equivalent ones.
    hidden = {number for number in found.keys() - different if found[number].latches}
    assert len(different) > 10
    assert len(hidden) > 2
    for number in mutants:
        # Without any hint from runs, too: registers that differ unnoticed are found one by one.
        verdict = settle(graph, runs, number, (), 20)
        assert verdict.equivalent == (number not in different)
        assert (verdict.witness is None) == verdict.equivalent


def test_proofs_of_what_is_made_smaller_are_right(graph, mutants, runs, monkeypatch):
    """Without the engines that come before."""
    program("yosys-abc", package="yosys")
    monkeypatch.setattr("mutants.equivalence.ENGINES", ENGINES[-1:])
    found = runs.random(list(mutants), 16000, np.random.default_rng(0))
    for number in list(mutants)[:20]:
        verdict = settle(graph, runs, number, (), 20)
        assert verdict.equivalent == (found[number].witness is None)
        assert (verdict.witness is None) == verdict.equivalent


@pytest.fixture(scope="module")
def some(mutants, runs):
    """Two mutants that differ, and two that do not."""
    found = runs.random(list(mutants), 16000, np.random.default_rng(0))
    different = [number for number in mutants if found[number].witness is not None]
    same = [number for number in mutants if found[number].witness is None]
    return {number: number in different for number in (*different[:2], *same[:2])}


@pytest.mark.parametrize("engine", ALL, ids=lambda engine: engine.script)
def test_no_engine_is_wrong(engine, graph, some, runs):
    """Some do not know of some mutants, but each does of one."""
    program("yosys-abc", package="yosys")
    known = [
        (settle(graph, runs, number, (), 5, engines=[engine]).known, different)
        for number, different in some.items()
    ]
    assert {*known} <= {(None, True), (None, False), ("different", True), ("equivalent", False)}
    assert any(verdict for verdict, _ in known)


def test_the_first_answer_counts(graph, some, runs):
    program("yosys-abc", package="yosys")
    for number, different in some.items():
        verdict = settle(graph, runs, number, (), 20, engines=ALL, at_a_time=len(ALL))
        assert verdict.known == ("different" if different else "equivalent")


def test_a_witness_is_what_the_machine_shows(mutants, runs):
    found = runs.random(list(mutants), 8000, np.random.default_rng(1))
    witnesses = [run.witness for run in found.values() if run.witness is not None]
    assert any(witness.seen[-1] for witness in witnesses)
    for witness in witnesses:
        for cycle, seen in enumerate(witness.seen):
            assert seen == counted(witness, cycle)


def test_busy_runs_are_some_of_all_runs(graph, mutants, tmp_path):
    runs = Runs(graph, BitParallel(graph), busy={"rst": 0, "b": 3})
    found = runs.random(list(mutants), 8000, np.random.default_rng(0), pausing=False)
    witnesses = [run.witness for run in found.values() if run.witness is not None]
    assert witnesses
    for witness in witnesses:
        assert set(witness.inputs["rst"][3:]) <= {0}
        assert set(witness.inputs["b"][3:]) <= {3}
        assert witness.seen[-1] == counted(witness, len(witness.seen) - 1)


def test_no_mutant_is_no_difference(graph, runs):
    difference = runs.random([0], 8000, np.random.default_rng(0))[0]
    assert (difference.witness, difference.latches) == (None, ())
    assert settle(graph, runs, 0, (), 1).equivalent


def test_a_conjunction_is_there_once():
    builder = Builder(2, 0)
    a, b = builder.inputs
    assert builder.conjunction(a, b) == builder.conjunction(b, a)
    assert builder.conjunction(a, a ^ 1) == 0
    assert builder.conjunction(a, 1) == a
    assert builder.differs([(a, a), (b, b)]) == 0
    assert builder.differs([(0, 1)]) == 1


def _design(ports):
    config = configs()["tiny-ternary"]
    model = synthetic_model("tiny", config.network, np.random.default_rng(0))
    return Design(model=model, machine=config.machine.model_copy(update={"ports": ports}))


def test_the_channels_of_a_machine_are_its_handshakes():
    streams = {one.valid.name: one for one in channels(_design("stream"))}
    assert streams.keys() == {f"{name}__valid" for name in ("i_x", "o", "i_state", "o_state")}
    assert [pin.name for pin in streams["o__valid"].payload] == ["o__payload"]
    bus = {one.valid.name: one for one in channels(_design("axi"))}
    axis = {"s_axis_tvalid", "m_axis_tvalid"}
    assert bus.keys() == axis | {f"s_axi_{name}valid" for name in ("aw", "w", "b", "ar", "r")}
    assert {one.valid.name for one in channels(_design("wishbone"))} == axis
    assert [pin.name for pin in bus["s_axi_wvalid"].payload] == ["s_axi_wdata", "s_axi_wstrb"]


def test_what_is_seen_of_a_bus_is_all_that_it_drives():
    text = environment(_design("axi"))
    seen = text[text.index(f"assign {SEEN}") :]
    assert "{8{m_axis_tvalid}} & m_axis_tdata" in seen
    assert "irq" in seen
    assert "s_axi_wready" in seen
    assert "wire aresetn = ~reset;" in text


@pytest.mark.parametrize("name", ["zoo", "tiny-ternary:pci", ":axi"])
def test_campaigns_are_of_configurations(name, tmp_path):
    with pytest.raises(
        InputError, match=rf"^mutants: must be one of .*tiny-ternary.*, not '{name}'"
    ):
        Campaign(name, 1, tmp_path)


def test_data_of_wishbone_count_in_the_answer_to_a_read():
    text = environment(_design("wishbone"))
    seen = text[text.index(f"assign {SEEN}") :]
    assert "{32{wbs_ack_o & wbs_reads}} & wbs_dat_o}" in seen
    assert "assign wbs_adr_i = free__wbs_adr_i;" in text
    assert "wbs_stall_o" in seen
    assert usual(_design("wishbone"))["free__wbs_sel_i"] == [15]


def test_packets_are_usual_on_a_bus():
    assert usual(_design("stream")) == {}
    inputs = environment(_design("axi"))
    values = usual(_design("axi"))
    assert all(f" {name}" in inputs for name in values)
    assert values["free__s_axis_tid"] == [0]
    assert values["free__s_axis_tkeep"] == [15]
    assert values["free__s_axi_awaddr"].count(0x40) > len(set(values["free__s_axi_awaddr"]))
    assert values["free__s_axi_araddr"] == sorted(set(values["free__s_axi_awaddr"]))


@pytest.mark.parametrize("ports", ["stream", "axi", "wishbone"])
def test_nothing_pauses_where_all_is_busy(ports):
    design = _design(ports)
    inputs = environment(design)
    values = busy(design)
    assert all(f" {name}" in inputs for name in values)
    assert sum(name.endswith(("valid", "ready")) for name in values) == len(channels(design))


def test_usual_values_come_often(graph, tmp_path):
    runs = Runs(graph, BitParallel(graph), {"a": [2]})
    bits = runs.draw(np.random.default_rng(0), 1000)
    low, high = (bits[:, runs.places.index(("a", bit))] for bit in (0, 1))
    often = (np.unpackbits(high) > np.unpackbits(low)).mean()
    assert 0.75 < often < 0.95
