"""What a netlist may know of a model's integers."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pascaline.hdl.homes import HOMES as HARDWARE
from pascaline.spec.formats import Interval
from pascaline.spec.homes import HOMES
from pascaline.spec.machine import Machine
from pascaline.spec.scales import Constant, Number, Power

ROM, RAM = HOMES["rom"], HOMES["ram"]

VALUES = st.lists(st.integers(-100, 100), min_size=1, max_size=9).map(np.array)


def test_every_home_has_its_hardware():
    assert list(HOMES) == list(HARDWARE)
    assert list(HOMES) == list(get_args(Machine.model_fields["weights"].annotation))
    assert [name for name, home in HOMES.items() if home.loaded] == ["ram"]


@pytest.mark.parametrize("equal", [False, True])
@given(VALUES)
def test_ram_hides_the_values(equal, values):
    allowed = Interval(-128, 127)
    assert RAM.scale(values, 8) == Number(8)
    assert RAM.range(values, allowed) == allowed
    assert RAM.shares(equal) is False


def test_ranges_have_0():
    """A bias that is narrowed to a range is 0 where there is no row."""
    assert RAM.range(np.array([9]), Interval(5, 9)) == Interval(0, 9)
    assert ROM.range(np.array([6, 9]), Interval(5, 20)) == Interval(0, 9)


@given(VALUES)
def test_rom_knows_the_values(values):
    allowed = Interval(-128, 127)
    found = ROM.range(values, allowed)
    assert {min(*values, 0), max(*values, 0)} == {found.lo, found.hi}
    scale = ROM.scale(values, 8).interval
    assert scale.lo <= values.min() <= values.max() <= scale.hi
    assert ROM.shares(True)
    assert not ROM.shares(False)


def test_rom_has_the_cheapest_scale():
    assert ROM.scale(np.array([3, 3]), 8) == Constant(3)
    assert ROM.scale(np.array([4, 32]), 8) == Power(2, 5)
    assert ROM.scale(np.array([4, -32]), 8) == Number(8)
