"""What is chosen by one thing in several packages is chosen from tables with the same keys."""

from typing import get_args

import pytest

from pascaline.hdl.bus.fields import LOGIC
from pascaline.hdl.bus.machine import CONTROLLERS
from pascaline.sim.fields import MODELS
from pascaline.spec.fields import FIELDS, RegisterField
from pascaline.spec.portstyles import STYLES, StyleName
from prove.fields import RULES


def test_every_kind_of_field_is_in_every_table():
    assert set(FIELDS) == set(RegisterField.__subclasses__())
    for table in (LOGIC, MODELS, RULES):
        assert list(table) == list(FIELDS)


def test_every_style_of_ports_is_in_every_table():
    assert list(STYLES) == list(get_args(StyleName))
    on_bus = [name for name, style in STYLES.items() if style.control is not None]
    assert list(CONTROLLERS) == on_bus
    pytest.importorskip("cocotbext.axi", reason="masters need cocotbext-axi")
    from pascaline.sim.control import CONTROLS

    assert list(CONTROLS) == on_bus
