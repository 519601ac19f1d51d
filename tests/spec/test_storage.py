"""Bits of a model: counted by hand, and against what the memories of a machine hold."""

from dataclasses import replace

import numpy as np
import pytest

from pascaline.spec.errors import InputError
from pascaline.spec.folded import find_fold
from pascaline.spec.formats import Format
from pascaline.spec.image import head_layout
from pascaline.spec.storage import Storage, baseline, storage
from tests.golden.networks import model as make_stack
from tests.models import make_design, make_model

TANH = 399 * 9  # Folded: for 798 arguments of either sign, two rises beside 7 bits.
TABLES = 709 * 8 + TANH


def width(model):
    """Bits of the largest bias, with the half that rounds."""
    return int(abs(model.layers[0]["bias"] + (1 << 15)).max()).bit_length() + 1


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
    assert storage(model, packed=True).weights == 8 * 32
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


@pytest.mark.parametrize("activation", [{"form": "table"}, {"form": "pwl"}, {"form": "pieces"}])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(
    "layers",
    [
        [{"cell_affine": {}}],
        [{"kind": "gru"}],
        [{"kind": "gru", "reset": "before"}, {"kind": "rnn", "weights": "exp4"}],
        [{"bidirectional": True, "weights": "binary"}, {"kind": "gru", "hidden": 3}],
    ],
)
@pytest.mark.parametrize("shared_scale", [False, True])
def test_is_what_the_memories_of_a_machine_hold(activation, scaled, layers, shared_scale):
    layers = [layer | {"activation": activation} for layer in layers]
    head = {"classes": 3, "weights": "ternary", "scaled": scaled}
    design = make_design(make_stack(layers, head=head, shared_scale=shared_scale))
    found = storage(design.model)
    rows = 0
    for core in design.cores:
        units = core.directions * core.layer.hidden
        rows += (
            core.unit.row_layout.bits * len(core.layer.gates) + core.unit.unit_layout.bits
        ) * units
    assert found.scales + found.biases == rows
    inputs = design.network.layer.outputs
    assert found.head == 3 * (2 * inputs + head_layout(design.head_unit).bits)
    assert found.tables < TABLES or activation["form"] == "table"


def test_weights_by_hand():
    mixed = {"weights_x": "binary", "weights_h": "exp4"}
    one = {"kind": "gru", "hidden": 5, "bidirectional": True, "weights": "fixed3"}
    model = make_stack([one, mixed | {"hidden": 4}], inputs=7)
    first, second = 2 * 15 * (7 + 5), 16 * (10 + 4)
    # The lanes compute both products of a layer with the same code.
    assert storage(model).weights == 3 * first + 4 * second
    assert baseline(model).weights == 12 * (first + second)
    ternary = make_stack([one | {"weights": "ternary"}, {"hidden": 4}], inputs=7)
    assert storage(ternary, packed=True).weights == 8 * (first // 5 + -(-second // 5))
    with pytest.raises(InputError, match=r"^packed: must have ternary weights, not 'exp4'$"):
        storage(make_stack([{}, mixed]), packed=True)


def test_equal_tables_are_counted_once():
    assert storage(make_stack([{}, {"kind": "gru"}])).tables == TABLES
    assert storage(make_stack([{"kind": "rnn"}])).tables == TANH
    assert storage(make_stack([{"kind": "rnn", "function": "relu"}])).tables == 0
    wide = {"kind": "rnn", "h": {"width": 12, "frac": 11}}
    finer = find_fold("tanh", Format(width=12, frac=8), Format(width=12, frac=11))
    assert storage(make_stack([{}, wide])).tables == TABLES + finer.bits


def test_packed_is_for_ternary_weights():
    with pytest.raises(InputError, match=r"^packed: must have ternary weights, not 'binary'$"):
        storage(make_model(weights="binary"), packed=True)


@pytest.mark.parametrize(
    ("weights", "packed", "ratio"),
    [("binary", False, 11), ("ternary", False, 5.5), ("ternary", True, 7)],
)
def test_at_512_units(weights, packed, ratio):
    """With formats as training makes them: 8-bit scales, a row's two alike, and narrow biases."""
    layer = {
        "hidden": 512,
        "weights": weights,
        "normaliser": {"scale_width": 8, "bias_width": 20, "shift": 8},
    }
    model = make_model(inputs=100, hidden=512, weights=weights, layer=layer, shared_scale=True)
    assert baseline(model).layer / storage(model, packed=packed).layer > ratio
