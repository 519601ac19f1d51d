"""What is measured of products whose adders take a bit a cycle."""

import pytest

from pascaline.measure.serial_adders import measure_serial
from pascaline.spec.errors import InputError
from tests.tools import program


def test_cells(monkeypatch, tmp_path):
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))
    result = measure_serial(sizes=["8x6"], kinds=["ternary"], effort=0.05)
    [one] = result["products"]
    assert (one["name"], one["seed"], one["carries"]) == ("ternary 8x6", 0, 0)
    # A carry has no more flip-flops than adders of two operands, and these would have two LUTs.
    assert one["adders"] / 2 < one["flip_flops"] <= one["adders"]
    assert one["adders"] / 2 < one["luts"] <= 2 * one["adders"]
    assert result["tool_version"].startswith("Yosys 0.")


def test_debians_yosys(monkeypatch, tmp_path):
    program("yosys", package="yosys")
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))
    result = measure_serial(sizes=["6"], kinds=["binary"], effort=0.05, tool="yosys")
    [one] = result["products"]
    assert one["adders"] / 2 < one["luts"] <= 2 * one["adders"]


def test_a_size_that_is_none():
    with pytest.raises(InputError, match="--sizes: must be numbers of 1 to 1024"):
        measure_serial(sizes=["0"], kinds=["binary"])
