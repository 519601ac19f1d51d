"""A fault in the Verilog of a block refutes what is claimed of it: one of each group."""

import re
from dataclasses import replace

import pytest

from prove.claim import prove
from prove.groups import GROUPS, all_claims

pytestmark = pytest.mark.long

CLAIMS = {claim.name: claim for claim in all_claims()}

FAULTS = {
    "streams: three elastic stages": (r"(assign stage_1_take) = .*;", r"\1 = stage_0_full;"),
    "sequencer: order, one layer": (r"(assign done = \w+) & .*;", r"\1;"),
    "sequencer: order, symbols": (r"(assign weight = \w+) \+ \w+;", r"\1;"),
    "sequencer: time, one layer": (r"(assign waits) = .*;", r"\1 = 1'h0;"),
    "norms: time, sums": (r"(assign waits) = .*;", r"\1 = 1'h0;"),
    "norms: queue, c": (r"\.advance\(advance_\d+\)", ".advance(busy)"),
    "states: two units a group": (r"(assign h_data_1) = .*;", r"\1 = i__payload[5:3];"),
    "statememory: h": (r"(assign ready = free) & \w+;", r"\1;"),
    "sequences: both directions out": (r"(assign i_x__ready) = .*;", r"\1 = 1'h1;"),
    "attention: an element, two streams": (r"(assign begins) = .*;", r"\1 = 1'h0;"),
    "sums: ternary, pairs, 3 inputs": (r"(assign tree_0_0 = \w+) \^ .*;", r"\1;"),
    "wires: sums, parallel": (r"(wire \[\d+:0\] v\d+ = [^;]*) \+ ", r"\1 - "),
    "wires: sums, serial": (r"(_carry <= )clear \? 1'b[01] : ", r"\1"),
    "transforms: block of 2, 1 side by side": (r"\) - \$signed", ") + $signed"),
    "numbers: narrow, shift 1": (r"\+ \$signed\(2'h1\)", "+ $signed(2'h0)"),
    "cells: RNN, relu": (r"h_next <= 3'h3;", "h_next <= 3'h2;"),
    "cells: LSTM, serial, one sum": (r"(h_new_biased = .*)4'h4", r"\g<1>4'h3"),
    "cells: LSTM, behind layer norm": (r"(h__biased = .*)4'h4", r"\g<1>4'h3"),
    "head: largest logit": (r"(assign better = \w+) \| \w+;", r"\1;"),
    "limits: sequences that are cut": (r"(assign cut = \w+) & .*;", r"\1;"),
    "loading: packets ended after a fault": (
        r"(o__payload_last = \w+ \?) 1'h1",
        r"\1 1'h0",
    ),
    "loading: guard of a stream": (r"(assign through) = .*;", r"\1 = 1'h1;"),
    "images: checksum": (r"\^ data\[0\];", "^ data[1];"),
    "images: accepted or refused": (r"\w+\[31:0\] != 31'h\w+", "1'h0"),
    "packets: framing": (r"(assign errors_early) = .*;", r"\1 = 1'h0;"),
    "registers: weights in ROM": (r"(assign control_clear) = .*;", r"\1 = 1'h0;"),
    "buses: AXI4-Lite, writes": (r"(assign awready) = .*;", r"\1 = 1'h1;"),
    "protocols: AXI4-Lite": (r"(assign awready) = .*;", r"\1 = 1'h1;"),
    "protocols: Wishbone": (r"(assign ack_o) = .*;", r"\1 = 1'h0;"),
    "protocols: AXI4-Stream": (r"(assign beat_take = request_valid) & .*;", r"\1;"),
    "protocols: packets": (r"(assign m_axis_tlast) = .*;", r"\1 = 1'h1;"),
}
"""Of a claim's block, a line and what is there instead."""


@pytest.mark.usefixtures("solvers")
@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found(name, tmp_path):
    claim = CLAIMS[name]

    def build(harness):
        claim.build(harness)
        text = "\n".join(harness.verilog)
        spoiled = re.sub(*FAULTS[name], text)
        assert spoiled != text
        harness.verilog[:] = [spoiled]

    assert prove(replace(claim, build=build), tmp_path).outcome == "refuted"


def test_each_group_has_one():
    assert len(GROUPS) == len({CLAIMS[name].group for name in FAULTS})
