"""What follows from the ranges of a unit: places, products, and layouts of memories."""

import pytest

from pascaline.spec.formats import Interval
from pascaline.spec.layout import Field
from pascaline.spec.scales import Constant, Number, Power
from pascaline.spec.unit import UnitSpec
from tests.models import make_network

SMALL = Interval(-5, 9)


def make_unit(row_scales, *, unit_scales=None, layer=None, rounded=SMALL):
    described = make_network(layer=layer).layer
    names = [name for name in described.row_tensors | described.unit_tensors if "bias" in name]
    sums = tuple(Interval(-10, 10 + place) for place in range(len(row_scales)))
    return UnitSpec(
        layer=described,
        pipeline=described.pipeline(
            normaliser=described.normaliser, pipelined=False, sums=len(sums)
        ),
        sums=sums,
        row_scales=row_scales,
        unit_scales=unit_scales or {},
        biases=dict.fromkeys(names, SMALL),
        rounded=dict.fromkeys(names, rounded),
    )


def test_sums_have_the_order_of_scales():
    unit = make_unit({"scale_h": Number(3), "scale_x": Constant(7)})
    assert (unit.place("scale_h"), unit.place("scale_x")) == (0, 1)
    assert unit.row_product == Interval(-40 - 70, 40 + 77)
    assert make_unit({"scale_h": Power(2, 3)}).row_product == Interval(-80, 80)


def test_memory_has_what_is_not_constant():
    bias = Field("bias", 5, signed=True)
    unit = make_unit({"scale_h": Number(3), "scale_x": Constant(7)})
    assert unit.row_layout.fields == (Field("scale_h", 3, signed=True), bias)
    unit = make_unit({"scale_h": Power(2, 3), "scale_x": Power(0, 6)})
    assert unit.row_layout.fields == (Field("scale_h", 1), Field("scale_x", 3), bias)
    assert unit.unit_layout.bits == 0


@pytest.mark.parametrize(
    ("rounded", "width"),
    [(Interval(0, 0), 1), (Interval(0, 1), 2), (Interval(0, 7), 4), (Interval(-8, 7), 4)],
)
def test_biases_are_signed_with_the_half_that_rounds(rounded, width):
    unit = make_unit({"scale_h": Constant(1)}, rounded=rounded)
    assert unit.row_layout.fields == (Field("bias", width, signed=True),)


@pytest.mark.parametrize(
    ("layer", "scales", "fields", "gates"),
    [
        ({"cell_affine": {}}, {"scale_c": Number(6)}, ["scale_c", "bias_c"], 4),
        ({"kind": "gru"}, {}, ["bias_h"], 3),
        ({"kind": "gru", "reset": "before"}, {}, [], 2),
        ({"kind": "rnn"}, {}, [], 1),
    ],
)
def test_tensors_of_units(layer, scales, fields, gates):
    unit = make_unit({"scale_h": Number(3), "scale_x": Number(3)}, unit_scales=scales, layer=layer)
    assert [field.name for field in unit.unit_layout.fields] == fields
    assert unit.gates == gates
