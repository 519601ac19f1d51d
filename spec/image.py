"""Memory images: which word of which memory holds which integers of the model.

Words are Python integers; within a word everything is packed without gaps, element 0 at the least
significant end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spec.arithmetic import Arithmetic
from spec.design import Design
from spec.formats import Interval, half
from spec.layout import Field, Layout
from spec.network import GATES
from spec.scales import Number, Scale
from spec.trits import GROUP, pack_trits

__all__ = [
    "cell_layout",
    "cell_words",
    "gate_weight_words",
    "head_layout",
    "head_row_words",
    "head_weight_words",
    "row_layout",
    "row_words",
]


def gate_weight_words(design: Design) -> list[int]:
    """Weights of the gates, in the order in which the lanes read them.

    One word a chunk: tile by tile, first the chunks of x, then those of h. A word has a part for
    each lane, lane ``4 * unit + gate``; a part has a code for each of the ``simd`` inputs. In the
    dense form, each five weights of a word in this order are a byte.
    """
    tensors, arithmetic = design.model.layers[0], design.layer.weights
    parts = []
    for matrix, product in (
        (tensors.weight_x, design.x_product),
        (tensors.weight_h, design.h_product),
    ):
        by_unit = _by_unit(design, arithmetic.encode(matrix))
        parts.append(_tiles(by_unit, design.tiles, product.lanes, product.simd, arithmetic))
    codes = np.concatenate(parts, axis=1)
    if not design.dense:
        return _words(codes, arithmetic.bits)
    weights = arithmetic.decode(codes).reshape(codes.shape[0], codes.shape[1], 1, -1)
    fill = [(0, 0)] * 3 + [(0, -weights.shape[-1] % GROUP)]
    groups = np.pad(weights, fill).reshape(*codes.shape[:2], -1, GROUP)
    return _words(pack_trits(groups).astype(np.uint16), 8)


def head_weight_words(design: Design) -> list[int]:
    """Weights of the head: one word a chunk, tile by tile; a part for each row of the tile."""
    product, head, tensors = design.head_product, design.head, design.model.head
    assert product is not None
    assert head is not None
    assert tensors is not None
    codes = head.weights.encode(tensors.weight)
    tiles = _tiles(codes, product.tiles, product.lanes, product.simd, head.weights)
    return _words(tiles, head.weights.bits)


def row_words(design: Design) -> list[int]:
    """Scales and biases of the gate rows: a word for the rows whose sums leave the lanes together.

    These are the four gates of each unit of a group, or with a serial cell unit one gate. Each row
    has `row_layout`. What is made of places beyond the last unit is used nowhere.
    """
    columns = _row_columns(design)
    records = _records(row_layout(design), columns, design.row_scales)
    by_unit = [
        records[gate * design.layer.hidden + unit]
        for unit in range(design.layer.hidden)
        for gate in range(len(GATES))
    ]
    return _join(by_unit, row_layout(design).bits, design.front)


def cell_words(design: Design) -> list[int]:
    """The affines on the cell: one word a group, with `cell_layout` for each unit."""
    layout = cell_layout(design)
    scales = {"scale_c": design.cell_scale}
    records = _records(layout, _cell_columns(design), scales)
    return _join(records, layout.bits, design.cell_units)


def head_row_words(design: Design) -> list[int]:
    """Scale and bias of the head's rows, `head_layout`: one word a row."""
    head = design.model.head
    assert head is not None
    return _records(head_layout(design), vars(head), {"scale": design.head_scale})


def row_layout(design: Design) -> Layout:
    """What the normaliser needs of a gate row; one scale where the scales of x and h agree.

    The half that rounds is in the bias.
    """
    return _affine_layout(design.row_scales, "bias", _width(_row_columns(design)["bias"]))


def cell_layout(design: Design) -> Layout:
    """What the affine on the cell needs of a unit; the half that rounds is in the bias."""
    width = _width(_cell_columns(design)["bias_c"])
    return _affine_layout({"scale_c": design.cell_scale}, "bias_c", width)


def head_layout(design: Design) -> Layout:
    """What the head needs of a row."""
    head = design.head
    assert head is not None
    return _affine_layout({"scale": design.head_scale}, "bias", head.bias_width)


def _row_columns(design: Design) -> dict[str, NDArray[np.int64]]:
    tensors = design.model.layers[0]
    return vars(tensors) | {"bias": tensors.bias + half(design.layer.normaliser.shift)}


def _cell_columns(design: Design) -> dict[str, NDArray[np.int64]]:
    tensors, affine = design.model.layers[0], design.layer.cell_affine
    assert affine is not None
    assert tensors.bias_c is not None
    return vars(tensors) | {"bias_c": tensors.bias_c + half(affine.shift)}


def _width(values: NDArray[np.int64]) -> int:
    """Bits of signed numbers."""
    return (Interval.signed_bits(1) | Interval.of(values)).width


def _affine_layout(scales: dict[str, Scale], bias: str, width: int) -> Layout:
    """Scales that are stored, and a bias."""
    fields = [
        Field(name, scale.bits, signed=isinstance(scale, Number))
        for name, scale in scales.items()
        if scale.bits
    ]
    return Layout((*fields, Field(bias, width, signed=True)))


def _records(
    layout: Layout, tensors: dict[str, NDArray[np.int64]], scales: dict[str, Scale]
) -> list[int]:
    """One integer a row from the tensors that the layout names."""

    def column(name: str) -> list[int]:
        values = tensors[name]
        codes: list[int] = (scales[name].encode(values) if name in scales else values).tolist()
        return codes

    columns = {field.name: column(field.name) for field in layout.fields}
    rows = zip(*columns.values(), strict=True)
    return [layout.pack(dict(zip(columns, row, strict=True))) for row in rows]


def _join(records: list[int], bits: int, per_word: int) -> list[int]:
    """Records of ``bits`` bits side by side, ``per_word`` a word."""
    return [
        sum(record << (bits * place) for place, record in enumerate(records[start:][:per_word]))
        for start in range(0, len(records), per_word)
    ]


def _by_unit(design: Design, stacked: NDArray) -> NDArray:  # type: ignore[type-arg]
    """Rows from gate-major (as in PyTorch) to unit-major (as the lanes stand)."""
    hidden = design.layer.hidden
    gates = stacked.reshape(len(GATES), hidden, -1)
    return gates.swapaxes(0, 1).reshape(len(GATES) * hidden, -1)


def _tiles(
    codes: NDArray[np.uint16], tiles: int, lanes: int, simd: int, arithmetic: Arithmetic
) -> NDArray[np.uint16]:
    """Codes of a matrix, padded and cut: shape (tiles, chunks, lanes, simd)."""
    rows, columns = codes.shape
    chunks = -(-columns // simd)
    padded = np.full((tiles * lanes, chunks * simd), arithmetic.padding, dtype=np.uint16)
    padded[:rows, :columns] = codes
    return padded.reshape(tiles, lanes, chunks, simd).swapaxes(1, 2)


def _words(codes: NDArray[np.uint16], bits: int) -> list[int]:
    """One word for each of the first two axes."""
    words = codes.reshape(codes.shape[0] * codes.shape[1], -1)
    split = (words[:, :, None] >> np.arange(bits, dtype=np.uint16)) & 1
    packed = np.packbits(split.reshape(len(words), -1).astype(np.uint8), axis=1, bitorder="little")
    return [int.from_bytes(word.tobytes(), "little") for word in packed]
