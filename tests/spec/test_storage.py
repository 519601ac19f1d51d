"""Bits of a model: counted by hand, and against what the memories of a machine hold."""

from dataclasses import replace

import numpy as np
import pytest

from spec.errors import InputError
from spec.image import cell_layout, head_layout, row_layout
from spec.storage import Storage, baseline, storage
from tests.models import make_design, make_model

TABLES = 2 * 8 * 4096


def width(model):
    """Bits of the largest bias, with the half that rounds."""
    return int(abs(model.layers[0].bias + (1 << 15)).max()).bit_length() + 1


def test_by_hand():
    model = make_model(hidden=5, inputs=3, head={"classes": 2, "weights": "fixed8"})
    assert storage(model) == Storage(
        weights=2 * 20 * (3 + 5),
        scales=2 * 16 * 20,
        biases=width(model) * 20,
        tables=TABLES,
        head=2 * (8 * 5 + 32),
    )
    assert storage(model).layer == storage(model).total - 2 * (8 * 5 + 32)
    assert storage(model, dense=True).weights == 8 * 32
    assert baseline(model) == Storage(
        weights=12 * 160, scales=0, biases=width(model) * 20, tables=TABLES, head=2 * (12 * 5 + 32)
    )
    assert list(storage(model).as_dict()) == [
        "weights", "scales", "biases", "tables", "layer", "head", "total",
    ]  # fmt: skip


def test_scales_cost_what_they_cost_a_machine():
    model = make_model(hidden=4, shared_scale=True)
    assert storage(model).scales == 16 * 16
    powers = np.array([1, 2, 4, 8] * 4)
    for scales, bits in ((powers, 2), (np.full(16, 5), 0)):
        tensors = model.tensors | {"layers.0.scale_x": scales, "layers.0.scale_h": scales}
        assert storage(replace(model, tensors=tensors)).scales == bits * 16


@pytest.mark.parametrize("activation", [{"form": "table"}, {"form": "pwl"}])
@pytest.mark.parametrize("scaled", [False, True])
def test_is_what_the_memories_of_a_machine_hold(activation, scaled):
    layer = {"activation": activation, "cell_affine": {}}
    head = {"classes": 3, "weights": "ternary", "scaled": scaled}
    design = make_design(make_model(hidden=4, layer=layer, head=head))
    found = storage(design.model)
    rows = row_layout(design).bits * 16 + cell_layout(design).bits * 4
    assert found.scales + found.biases == rows
    assert found.head == 3 * (2 * 4 + head_layout(design).bits)
    assert found.tables < TABLES or activation["form"] == "table"


def test_dense_is_for_ternary_weights():
    with pytest.raises(InputError, match=r"^dense: must have ternary weights, not 'binary'$"):
        storage(make_model(weights="binary"), dense=True)


@pytest.mark.parametrize(
    ("weights", "dense", "ratio"),
    [("binary", False, 11), ("ternary", False, 5.5), ("ternary", True, 7)],
)
def test_at_512_units(weights, dense, ratio):
    """With formats as training makes them: 8-bit scales, a row's two alike, and narrow biases."""
    layer = {
        "hidden": 512,
        "weights": weights,
        "normaliser": {"scale_width": 8, "bias_width": 20, "shift": 8},
    }
    model = make_model(inputs=100, hidden=512, weights=weights, layer=layer, shared_scale=True)
    assert baseline(model).layer / storage(model, dense=dense).layer > ratio
