"""Groups of a drain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pascaline.spec.drain import Drain


@given(st.integers(1, 100), st.integers(1, 8), st.integers(1, 8), st.integers(1, 30))
def test_groups_of_tiles_are_those_of_the_pass(hidden, cell_units, tile_groups, cycles):
    drain = Drain(
        hidden=hidden,
        units=cell_units * tile_groups,
        cell_units=cell_units,
        gates=4,
        group_cycles=cycles,
    )
    tiles = -(-hidden // drain.units)
    assert drain.tile_groups == tile_groups
    assert (tiles - 1) * tile_groups + drain.last_groups == drain.groups
    assert 1 <= drain.last_groups <= tile_groups
    assert 0 <= drain.groups * cell_units - hidden < cell_units
    assert drain.tile_cycles == tile_groups * cycles
    assert drain.last_cycles == drain.last_groups * cycles


@pytest.mark.parametrize(("serial", "front"), [(False, 6), (True, 1)])
def test_front(serial, front):
    drain = Drain(hidden=8, units=4, cell_units=2, gates=3, serial=serial)
    assert drain.front == front
