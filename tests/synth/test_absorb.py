"""Registers inside hard blocks, on netlists of a few cells."""

import copy

import pytest

from pascaline.synth.absorb import absorb_registers


def flop(d, q, clock=1, **changes):
    parameters = {"CEMUX": "1 ", "REGSET": "RESET"} | changes.get("parameters", {})
    connections = {"CLK": [clock], "DI": [d], "LSR": ["0"], "Q": [q]}
    connections |= changes.get("connections", {})
    inputs = [port for port in connections if port != "Q"]
    return {
        "type": "TRELLIS_FF",
        "parameters": parameters,
        "connections": connections,
        "port_directions": dict.fromkeys(inputs, "input") | {"Q": "output"},
    }


def ram(width=18):
    outputs = {"DOA0": [10], "DOA1": [11], "DOB0": [12], "DOB1": [13]}
    inputs = {"CLKA": [1], "CLKB": [1], "OCEA": ["0"], "OCEB": ["1"]}
    return {
        "type": "DP16KD",
        "parameters": {f"DATA_WIDTH_{side}": f"{width:032b}" for side in "AB"}
        | {"REGMODE_A": "NOREG", "REGMODE_B": "NOREG"},
        "connections": inputs | outputs,
        "port_directions": dict.fromkeys(inputs, "input") | dict.fromkeys(outputs, "output"),
    }


def product():
    return {
        "type": "MULT18X18D",
        "parameters": {},
        "connections": {"A0": [5], "P0": [10], "P1": [11], "P2": [99]},
        "port_directions": {"A0": "input", "P0": "output", "P1": "output", "P2": "output"},
    }


def module(**cells):
    return {"cells": cells, "ports": {"y": {"direction": "output", "bits": [20, 21]}}}


def test_product_register():
    made = module(m=product(), a=flop(10, 20), b=flop(11, 21))
    assert absorb_registers(made) == 2
    assert list(made["cells"]) == ["m"]
    cell = made["cells"]["m"]
    assert cell["parameters"]["REG_OUTPUT_CLK"] == "CLK0"
    assert cell["connections"]["CLK0"] == [1]
    assert [cell["connections"][port] for port in ("P0", "P1")] == [[20], [21]]
    assert cell["port_directions"]["CE0"] == "input"


def test_read_ports_are_apart():
    made = module(m=ram(), a=flop(10, 20), b=flop(11, 21))
    assert absorb_registers(made) == 2
    parameters = made["cells"]["m"]["parameters"]
    assert (parameters["REGMODE_A"], parameters["REGMODE_B"]) == ("OUTREG", "NOREG")
    assert made["cells"]["m"]["connections"]["OCEA"] == ["1"]


def test_halves_of_the_widest_words_go_together():
    both = module(m=ram(36), a=flop(10, 20), b=flop(11, 21), c=flop(12, 22), d=flop(13, 23))
    half = copy.deepcopy(both)
    readers = {k: half["cells"][k] for k in "cd"}
    for cell in readers.values():
        cell["parameters"]["CEMUX"] = "CE"
    half["ports"]["z"] = {"direction": "output", "bits": [22, 23]}
    assert absorb_registers(both) == 4
    assert absorb_registers(half) == 0


def test_the_widest_words_may_use_one_half():
    made = module(m=ram(36), a=flop(10, 20, clock=2))
    made["cells"]["m"]["connections"] |= {"CLKA": ["0"], "CLKB": [2]}
    assert absorb_registers(made) == 1
    parameters = made["cells"]["m"]["parameters"]
    assert parameters["REGMODE_A"] == parameters["REGMODE_B"] == "OUTREG"


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"CEMUX": "CE"}, "connections": {"CE": [7]}},
        {"connections": {"LSR": [7]}},
        {"parameters": {"REGSET": "SET"}},
        {"clock": 2},
    ],
)
def test_other_registers_stay(change):
    made = module(m=ram(), a=flop(10, 20), b=flop(11, 21, **change))
    wanted = copy.deepcopy(made)
    assert absorb_registers(made) == 0
    assert made == wanted


def test_a_block_has_one_register():
    made = module(m=product(), a=flop(10, 20), b=flop(11, 21), c=flop(20, 30), d=flop(21, 31))
    made["ports"]["y"]["bits"] = [30, 31]
    assert absorb_registers(made) == 2
    assert absorb_registers(made) == 0
    assert list(made["cells"]) == ["m", "c", "d"]


def test_an_output_that_something_else_reads_stays():
    made = module(m=product(), a=flop(10, 20), b=flop(11, 21))
    made["ports"]["y"]["bits"].append(11)
    assert absorb_registers(made) == 0


def test_equal_registers_become_one():
    made = module(
        m=ram(),
        a=flop(10, 20),
        b=flop(11, 21),
        again=flop(10, 30),
        behind=flop(30, 31),
    )
    assert absorb_registers(made) == 3
    assert list(made["cells"]) == ["m", "behind"]
    assert made["cells"]["m"]["connections"]["DOA0"] == [20]
    assert made["cells"]["behind"]["connections"]["DI"] == [20]


def test_equal_registers_that_leave_the_module_stay():
    made = module(m=ram(), a=flop(10, 30), again=flop(10, 20), b=flop(11, 22))
    before = copy.deepcopy(made)
    assert absorb_registers(made) == 0
    assert made == before
