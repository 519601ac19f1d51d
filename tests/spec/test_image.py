"""Memory images, read back the way that the hardware reads them."""

import numpy as np
import pytest

from pascaline.spec import image
from pascaline.spec.formats import half
from pascaline.spec.layout import Layout
from pascaline.spec.model import Model
from tests.golden.networks import model as make_stack
from tests.models import make_design, make_model


def codes_of(word, bits, count):
    return [(word >> (bits * k)) & ((1 << bits) - 1) for k in range(count)]


@pytest.mark.parametrize("weights", ["binary", "ternary", "fixed5"])
@pytest.mark.parametrize(("units", "simd"), [(1, 1), (2, 3), (4, 2), (8, 16)])
def test_gate_weights(weights, units, simd):
    model = make_model(weights=weights, hidden=5, inputs=4)
    (core,) = make_design(model, units=units, simd=simd).cores
    words = image.gate_weight_words(core)
    assert len(words) == core.program.words == core.program.tiles * core.passes[0].chunks
    kind, tensors = core.arithmetic, model.layers[0]
    x = np.zeros((20, 4), dtype=np.int64)
    h = np.zeros((20, 5), dtype=np.int64)
    for index, word in enumerate(words):
        tile, chunk = divmod(index, core.passes[0].chunks)
        codes = codes_of(word, kind.bits, 4 * units * simd)
        for lane in range(4 * units):
            unit, gate = tile * units + lane // 4, lane % 4
            for k in range(simd):
                code = codes[lane * simd + k]
                matrix, column = (x, chunk * simd + k)
                if chunk >= core.x_product.chunks:
                    matrix, column = h, (chunk - core.x_product.chunks) * simd + k
                if unit < 5 and column < matrix.shape[1]:
                    matrix[gate * 5 + unit, column] = kind.decode([code])[0]
                else:
                    assert code == kind.padding
    assert np.array_equal(x, tensors["weight_x"])
    assert np.array_equal(h, tensors["weight_h"])


@pytest.mark.parametrize("shared", [False, True])
def test_rows(shared):
    model = make_model(hidden=5, shared_scale=shared)
    (core,) = make_design(model, units=2, simd=2, cell_units=2).cores
    layout = core.unit.row_layout
    assert [field.name for field in layout.fields] == (
        ["scale_h", "bias"] if shared else ["scale_h", "scale_x", "bias"]
    )
    words = image.row_words(core)
    rounds = half(core.layer.normaliser.shift)
    assert rounds > 0
    assert len(words) == core.drain.groups == 3
    for group, word in enumerate(words):
        for place in range(8):
            unit, gate = group * 2 + place // 4, place % 4
            values = layout.unpack(word >> (layout.bits * place) & ((1 << layout.bits) - 1))
            for name, value in values.items():
                wanted = model.layers[0][name][gate * 5 + unit] if unit < 5 else 0
                assert value == wanted + (rounds if name == "bias" and unit < 5 else 0)


def test_rows_of_a_serial_cell_unit():
    model = make_model(hidden=5)
    words = image.row_words(make_design(model, units=2, cell_unit="serial").cores[0])
    assert len(words) == 4 * 5
    together = image.row_words(make_design(model, units=2, simd=2, cell_units=1).cores[0])
    bits = make_design(model).cores[0].unit.row_layout.bits
    assert together == [
        sum(word << (bits * gate) for gate, word in enumerate(words[unit * 4 :][:4]))
        for unit in range(5)
    ]


def test_cells_and_head():
    head = {"classes": 3, "weights": "ternary", "scaled": True}
    model = make_model(hidden=5, layer={"cell_affine": {}}, head=head)
    design = make_design(model, units=2, simd=4, cell_units=2, head_units=2, head_simd=2)
    (core,), head_unit = design.cores, design.head_unit
    layout = core.unit.unit_layout
    first = layout.unpack(image.unit_words(core)[0] & ((1 << layout.bits) - 1))
    units, rounds = model.layers[0], half(core.layer.cell_affine.shift)
    assert first == {"scale_c": units["scale_c"][0], "bias_c": units["bias_c"][0] + rounds}
    rows = [image.head_layout(head_unit).unpack(word) for word in image.head_row_words(head_unit)]
    assert [row["bias"] for row in rows] == model.head.bias.tolist()
    assert [row["scale"] for row in rows] == model.head.scale.tolist()
    words = image.head_weight_words(head_unit)
    assert len(words) == 2 * 3
    row0 = [code for word in words[:3] for code in codes_of(word, 2, 2)]
    assert head_unit.head.weights.decode(row0).tolist() == [*model.head.weight[0].tolist(), 0]


GRU = {"kind": "gru", "hidden": 4}


def test_passes_one_after_the_other():
    """Layers that share lanes: words of each alone, its recurrent part first in each tile."""
    model = make_stack([GRU, GRU], inputs=4)
    (shared,) = make_design(model, units=2, simd=4, stack="shared").cores
    apart = [image.gate_weight_words(core) for core in make_design(model, units=2, simd=4).cores]
    # A tile of each has a chunk of x and one of h.
    swapped = [[words[k ^ 1] for k in range(4)] for words in apart]
    assert image.gate_weight_words(shared) == swapped[0] + swapped[1]


def test_phases_one_after_the_other():
    model = make_stack([GRU | {"reset": "before"}], inputs=2)
    (core,) = make_design(model, units=4, simd=4).cores
    words, arithmetic = image.gate_weight_words(core), core.arithmetic
    assert (core.gates, len(words)) == (2, 4)
    tensors = model.layers[0]
    for word, matrix in zip(
        words[::2], (tensors["weight_x"][:8], tensors["weight_x"][8:]), strict=True
    ):
        codes = np.array(codes_of(word, 2, 8 * 4)).reshape(4, 2, 4)
        found = arithmetic.decode(codes[:, : len(matrix) // 4].swapaxes(0, 1))
        assert np.array_equal(found[..., :2].reshape(-1, 2), matrix)
    # The second phase has one gate: the other lane of each unit has nothing to do.
    assert (np.array(codes_of(words[2], 2, 32)).reshape(4, 2, 4)[:, 1] == arithmetic.padding).all()


def test_directions_in_turn():
    model = make_stack([{"hidden": 4, "bidirectional": True}], inputs=4)
    (core,) = make_design(model, units=2, simd=4).cores
    found = []
    for direction in range(2):
        tensors = {
            name.replace("reverse.", ""): tensor
            for name, tensor in model.tensors.items()
            if ("reverse." in name) == bool(direction)
        }
        network = make_stack([{"hidden": 4}], inputs=4).network
        alone = Model(name="one", network=network, tensors=tensors)
        found.append(image.gate_weight_words(make_design(alone, units=2, simd=4).cores[0]))
    words = image.gate_weight_words(core)
    assert [words[::2], words[1::2]] == found


def test_layout_cuts_and_restores_signs():
    layout = Layout(make_design().cores[0].unit.row_layout.fields)
    widths = {field.name: field.width for field in layout.fields}
    values = {"scale_h": -1, "scale_x": 32767, "bias": -(1 << (widths["bias"] - 1))}
    assert layout.unpack(layout.pack(values)) == values


def test_initial_states():
    """h by vector, direction and chunk; c as the tensors of units."""
    model = make_stack([{"initial": True, "bidirectional": True, "hidden": 5}])
    (core,) = make_design(model, units=2, simd=2, cell_units=2).cores
    words, width = image.initial_h_words(core), core.layer.h.width
    assert len(words) == 2 * core.h_product.chunks == 6
    for direction, tensors in enumerate(model.directions[0]):
        found = [code for word in words[direction::2] for code in codes_of(word, width, 2)]
        assert found == [*(tensors["initial_h"] % (1 << width)), 0]
    words, width = image.initial_c_words(core), core.layer.carried.width
    assert len(words) == 2 * core.drain.groups == 6
    for direction, tensors in enumerate(model.directions[0]):
        found = [code for word in words[direction::2] for code in codes_of(word, width, 2)]
        assert found == [*(tensors["initial_c"] % (1 << width)), 0]
