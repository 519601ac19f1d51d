"""What is measured of adder graphs."""

import importlib.util

import numpy as np
import pytest

from pascaline.measure import adders
from pascaline.measure.adders import compare_adders, step_rows
from pascaline.spec.errors import InputError
from tests.tools import program


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))


def test_random_and_trained():
    rows = compare_adders(sizes=["6x10"], kinds=["half"], seeds=[2], effort=0.05)
    rows += compare_adders(models=["tiny-ternary"], effort=0.05)
    assert [one["name"] for one in rows] == ["half 6x10"] * 2 + ["tiny-ternary"] * 2
    for free, least in (rows[:2], rows[2:]):
        assert (free["limit"], least["limit"]) == ("free", least["depth"])
        trees = free["terms"] - free["rows"]
        assert 0 < free["adders"] < trees
        assert 0 < least["adders"] < trees
        # Sums of numbers of 8 bits have 9 and more.
        assert free["bits"] > 9 * free["adders"]
    assert (rows[0]["rows"], rows[0]["columns"]) == (10, 6)
    assert (rows[2]["rows"], rows[2]["columns"]) == (28, 12)


@pytest.mark.parametrize("size", ["0", "x", "x8", "8x", "8xx", "3x4x5", "-2", "2000"])
def test_sizes_that_are_none(size):
    with pytest.raises(InputError, match="--sizes: must be numbers of 1 to 1024, or two as 48x128"):
        compare_adders(sizes=[size])


def test_one_depth_alone():
    [row] = compare_adders(sizes=["6"], kinds=["binary"], depths=["least"], effort=0)
    assert row["limit"] == row["depth"] == 3


def test_matrices_of_both_directions_and_of_a_decoder():
    both = compare_adders(models=["tiny-bilstm"], effort=0)
    layers = ["tiny-bilstm, layer 0", "tiny-bilstm, layer 1"]
    names = [name for layer in layers for name in (layer, f"{layer}, backward")]
    assert [case["name"] for case in both[::2]] == names
    forward, backward, *_ = adders._trained("tiny-bilstm")
    assert not np.array_equal(forward.matrix, backward.matrix)
    cases = adders._trained("connected-ternary")
    assert [case.name for case in cases] == [
        "connected-ternary",
        "connected-ternary, backward",
        "connected-ternary, decoder",
    ]


def test_what_there_is_not(monkeypatch):
    with pytest.raises(InputError, match="--kinds: must be some of binary, ternary, half, not 'x'"):
        compare_adders(sizes=["4"], kinds=["x"])
    with pytest.raises(InputError, match="--depths: must be some of any, least, not 'x'"):
        compare_adders(sizes=["4"], depths=["x"])
    with pytest.raises(InputError, match="--seeds: must be 0 to 4294967295, not -1"):
        compare_adders(sizes=["4"], seeds=[0, -1])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="--peers: needs one of da4ml, alkaid"):
        compare_adders(sizes=["4"], peers=True)


@pytest.mark.parametrize("name", adders.PEERS)
def test_peers_that_are_installed(name):
    pytest.importorskip(name)
    rows = compare_adders(sizes=["16"], kinds=["ternary"], effort=0.2, peers=True)
    own, other = ([one for one in rows if one["tool"] == tool] for tool in ("pascaline", name))
    for one, two in zip(own, other, strict=True):
        assert one["adders"] < two["adders"]


def test_luts_of_graphs():
    """An adder takes a LUT for each bit of its wider operand, which has one bit less than it."""
    yosys = program("yosys", package="yosys")
    for one in compare_adders(sizes=["6"], kinds=["ternary"], effort=0, yosys=yosys):
        assert one["bits"] - one["adders"] <= one["luts"] <= one["bits"]


def test_luts_of_a_step():
    yosys = program("yosys", package="yosys")
    options = {"activation": "pieces4", "effort": 0, "pipelined": False, "yosys": yosys}
    with pytest.raises(InputError, match="--kinds: must be binary or ternary with --step"):
        step_rows("2", kinds=["half"], **options)
    with pytest.raises(InputError, match="--step: must be numbers of 1 to 1024"):
        step_rows("0", kinds=["ternary"], **options)
    with pytest.raises(InputError, match="--kinds: must be binary or ternary with --step"):
        step_rows("1", kinds=["binary", "half"], **options | {"yosys": "none"})
    [small] = step_rows("1", kinds=["binary"], **options)
    assert small["cycles"] == 1
    # Four sums, three products of 7 x 8 bits and more.
    assert 300 < small["luts"] < 1500
    assert small["ram_luts"] > 0
