"""Memory images, read back the way that the hardware reads them."""

import numpy as np
import pytest

from spec import image
from spec.formats import half
from spec.layout import Layout
from tests.models import make_design, make_model


def codes_of(word, bits, count):
    return [(word >> (bits * k)) & ((1 << bits) - 1) for k in range(count)]


@pytest.mark.parametrize("weights", ["binary", "ternary", "fixed5"])
@pytest.mark.parametrize(("units", "simd"), [(1, 1), (2, 3), (4, 2), (8, 16)])
def test_gate_weights(weights, units, simd):
    model = make_model(weights=weights, hidden=5, inputs=4)
    design = make_design(model, units=units, simd=simd)
    words = image.gate_weight_words(design)
    assert len(words) == design.tiles * design.tile_chunks
    kind, tensors = design.layer.weights, model.layers[0]
    x = np.zeros((20, 4), dtype=np.int64)
    h = np.zeros((20, 5), dtype=np.int64)
    for index, word in enumerate(words):
        tile, chunk = divmod(index, design.tile_chunks)
        codes = codes_of(word, kind.bits, 4 * units * simd)
        for lane in range(4 * units):
            unit, gate = tile * units + lane // 4, lane % 4
            for k in range(simd):
                code = codes[lane * simd + k]
                matrix, column = (x, chunk * simd + k)
                if chunk >= design.x_product.chunks:
                    matrix, column = h, (chunk - design.x_product.chunks) * simd + k
                if unit < 5 and column < matrix.shape[1]:
                    matrix[gate * 5 + unit, column] = kind.decode([code])[0]
                else:
                    assert code == kind.padding
    assert np.array_equal(x, tensors.weight_x)
    assert np.array_equal(h, tensors.weight_h)


@pytest.mark.parametrize("shared", [False, True])
def test_rows(shared):
    model = make_model(hidden=5, shared_scale=shared)
    design = make_design(model, units=2, simd=2, cell_units=2)
    layout = image.row_layout(design)
    assert [field.name for field in layout.fields] == (
        ["scale_h", "bias"] if shared else ["scale_h", "scale_x", "bias"]
    )
    words = image.row_words(design)
    rounds = half(design.layer.normaliser.shift)
    assert rounds > 0
    assert len(words) == design.groups == 3
    for group, word in enumerate(words):
        for place in range(8):
            unit, gate = group * 2 + place // 4, place % 4
            values = layout.unpack(word >> (layout.bits * place) & ((1 << layout.bits) - 1))
            for name, value in values.items():
                wanted = getattr(model.layers[0], name)[gate * 5 + unit] if unit < 5 else 0
                assert value == wanted + (rounds if name == "bias" and unit < 5 else 0)


def test_rows_of_a_serial_cell_unit():
    model = make_model(hidden=5)
    words = image.row_words(make_design(model, units=2, cell_unit="serial"))
    assert len(words) == 4 * 5
    together = image.row_words(make_design(model, units=2, simd=2, cell_units=1))
    bits = image.row_layout(make_design(model)).bits
    assert together == [
        sum(word << (bits * gate) for gate, word in enumerate(words[unit * 4 :][:4]))
        for unit in range(5)
    ]


def test_cells_and_head():
    head = {"classes": 3, "weights": "ternary", "scaled": True}
    model = make_model(hidden=5, layer={"cell_affine": {}}, head=head)
    design = make_design(model, units=2, simd=4, cell_units=2, head_units=2, head_simd=2)
    layout = image.cell_layout(design)
    first = layout.unpack(image.cell_words(design)[0] & ((1 << layout.bits) - 1))
    tensors, rounds = model.layers[0], half(design.layer.cell_affine.shift)
    assert first == {"scale_c": tensors.scale_c[0], "bias_c": tensors.bias_c[0] + rounds}
    rows = [image.head_layout(design).unpack(word) for word in image.head_row_words(design)]
    assert [row["bias"] for row in rows] == model.head.bias.tolist()
    assert [row["scale"] for row in rows] == model.head.scale.tolist()
    words = image.head_weight_words(design)
    assert len(words) == 2 * 3
    row0 = [code for word in words[:3] for code in codes_of(word, 2, 2)]
    assert design.head.weights.decode(row0).tolist() == [*model.head.weight[0].tolist(), 0]


def test_layout_cuts_and_restores_signs():
    layout = Layout(image.row_layout(make_design()).fields)
    widths = {field.name: field.width for field in layout.fields}
    values = {"scale_h": -1, "scale_x": 32767, "bias": -(1 << (widths["bias"] - 1))}
    assert layout.unpack(layout.pack(values)) == values
