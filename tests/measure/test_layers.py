"""What all lanes do together; those of a decoder are told apart."""

from pascaline.measure.layers import totals
from tests.models import make_chains


def test_lanes_of_a_decoder():
    design = make_chains()["decoder"]
    found = totals(design)
    # A GRU of 4 units with 3 elements of an embedding and 4 of the context, on one unit.
    machine = design.machine
    assert found["decoder"] == {
        "lanes": 3 * machine.units,
        "operations_per_cycle": 3 * machine.units * machine.simd,
        "operations_per_symbol": 3 * 4 * (3 + 4 + 4),
    }
    assert found["operations_per_step"] == design.operations
    assert totals(make_chains()["stacked"])["decoder"] is None
