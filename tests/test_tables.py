"""What is chosen by one thing in several packages is chosen from tables with the same keys."""

from pascaline.hdl.bus.fields import LOGIC
from pascaline.sim.fields import MODELS
from pascaline.spec.fields import FIELDS, RegisterField
from prove.fields import RULES


def test_every_kind_of_field_is_in_every_table():
    assert set(FIELDS) == set(RegisterField.__subclasses__())
    for table in (LOGIC, MODELS, RULES):
        assert list(table) == list(FIELDS)
