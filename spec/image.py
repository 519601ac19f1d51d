"""Memory images: which word of which memory holds which integers of the model.

Words are Python integers; within a word everything is packed without gaps, element 0 at the least
significant end.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.core import Core
from pascaline.spec.formats import half
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.layout import Field, Layout
from pascaline.spec.operands import met
from pascaline.spec.passes import Source
from pascaline.spec.scales import Number, Scale
from pascaline.spec.tensors import Integers, LayerTensors
from pascaline.spec.trits import GROUP, pack_trits

__all__ = [
    "gate_matrix",
    "gate_weight_words",
    "head_layout",
    "head_row_words",
    "head_weight_words",
    "initial_c_words",
    "initial_h_words",
    "row_words",
    "unit_words",
    "vector_words",
]

Whole = TypeVar("Whole", bound=np.integer[Any])


def gate_weight_words(core: Core) -> list[int]:
    """Weights of the gates, in the order in which the lanes read them.

    One word a chunk: pass by pass, tile by tile, source by source, in a bidirectional core with the
    directions in turn. A word has a code for each of the ``simd`` inputs of each lane, lane
    ``gates * unit + gate``. In the packed form, each five weights in this order are a byte.
    """
    turns: list[list[int]] = []
    for direction in range(core.directions):
        words: list[int] = []
        for index, step in enumerate(core.passes):
            tensors = core.tensors[step.layer][direction]
            tiles = [
                _gate_tiles(core, index, source, tensors[f"weight_{source.name}"])
                for source in step.sources
            ]
            codes = np.concatenate(tiles, axis=1)
            words += _packed(core, codes) if core.packed else _words(codes, core.arithmetic.bits)
        turns.append(words)
    return _in_turn(turns)


def gate_matrix(core: Core) -> Integers:
    """What the gates' sums are of the operands that lanes read: a row for each sum.

    Columns are those of the input, each part from the start of a chunk, then those of h. Rows are,
    pass by pass, in a bidirectional core with the directions in turn, those of all lanes, lane
    ``gates * unit + gate``; of a lane the sums in the order of `Core.lane_sums`. A row is 0 beyond
    the last unit and where a phase has no such gate.
    """
    sums, found = len(core.lane_sums), []
    for index, step in enumerate(core.passes):
        for tensors in core.tensors[step.layer]:
            parts = []
            for source in step.sources:
                matrix = met(tensors, source.name)
                if source.vector is None:
                    matrix = _columns(matrix, core.inputs, core.machine.simd, 0)
                rows = _by_unit(core, index, matrix, 0)
                parts.append(np.pad(rows, [(0, core.x_product.lanes - len(rows)), (0, 0)]))
            blocks = np.zeros((len(parts[0]), sums, sum(part.shape[1] for part in parts)), np.int64)
            place = 0
            for number, part in enumerate(parts):
                # What is read last is the first sum.
                of = 0 if sums == 1 else len(parts) - 1 - number
                blocks[:, of, place : place + part.shape[1]] = part
                place += part.shape[1]
            found.append(blocks.reshape(-1, place))
    return np.concatenate(found)


def _gate_tiles(core: Core, index: int, source: Source, matrix: Integers) -> NDArray[np.uint16]:
    """Codes of a source of a pass, (tiles, chunks, lanes, simd)."""
    product, arithmetic = source.product, core.arithmetic
    codes = arithmetic.encode(matrix)
    if source.vector is None:
        codes = _columns(codes, core.inputs, core.machine.simd, arithmetic.padding)
    rows = _by_unit(core, index, codes, arithmetic.padding)
    return _tiles(rows, product.tiles, product.lanes, product.simd, arithmetic)


def _packed(core: Core, codes: NDArray[np.uint16]) -> list[int]:
    weights = core.arithmetic.decode(codes).reshape(codes.shape[0], codes.shape[1], 1, -1)
    fill = [(0, 0)] * 3 + [(0, -weights.shape[-1] % GROUP)]
    groups = np.pad(weights, fill).reshape(*codes.shape[:2], -1, GROUP)
    return _words(pack_trits(groups).astype(np.uint16), 8)


def head_weight_words(head_unit: HeadUnit) -> list[int]:
    """Weights of the head: one word a chunk, tile by tile; a part for each row of the tile."""
    product, arithmetic = head_unit.product, head_unit.head.weights
    codes = arithmetic.encode(head_unit.tensors.weight)
    codes = _columns(codes, head_unit.inputs, head_unit.machine.simd, arithmetic.padding)
    tiles = _tiles(codes, product.tiles, product.lanes, product.simd, arithmetic)
    return _words(tiles, arithmetic.bits)


def row_words(core: Core) -> list[int]:
    """Scales and biases of the gate rows: a word for the rows whose sums leave the lanes together.

    These are all gates of each unit of a group, or with a serial cell unit one gate; pass after
    pass, in a bidirectional core with the directions in turn. A row is `UnitSpec.row_layout`; the
    rows of places beyond the last unit, or beyond the last gate of a phase, are never used.
    """
    layout, scales = core.unit.row_layout, core.unit.row_scales
    words = []
    for step in core.passes:
        phase = core.layer.phases[step.phase]
        turns = []
        for tensors in core.tensors[step.layer]:
            records = _records(layout, _columns_of(core, tensors), scales)
            by_unit = []
            for unit in range(core.layer.hidden):
                rows = [core.layer.gates.index(gate) * core.layer.hidden + unit for gate in phase]
                by_unit += [records[row] for row in rows] + [0] * (core.gates - len(phase))
            turns.append(_join(by_unit, layout.bits, core.drain.front))
        words += _in_turn(turns)
    return words


def unit_words(core: Core) -> list[int]:
    """The tensors of units, in the order of `row_words`: a word for the units of a group.

    A unit is `UnitSpec.unit_layout`.
    """
    layout = core.unit.unit_layout
    words = []
    for step in core.passes:
        turns = [
            _join(
                _records(layout, _columns_of(core, tensors), core.unit.unit_scales),
                layout.bits,
                core.cell_units,
            )
            for tensors in core.tensors[step.layer]
        ]
        words += _in_turn(turns)
    return words


def initial_h_words(core: Core) -> list[int]:
    """The h that sequences start from, a chunk a word: all vectors of h, in all directions.

    The address of a word is, from its low bit: vector, direction, chunk; vectors that only an
    earlier phase of a step makes are 0.
    """
    simd, width, vectors = core.machine.simd, core.layer.h.width, 1 << core.program.vector_bits
    shape = (core.directions, vectors, core.h_product.chunks * simd)
    values = np.zeros(shape, dtype=np.int64)
    for vector, directions in enumerate(core.tensors):
        for direction, tensors in enumerate(directions):
            values[direction, vector, : core.layer.hidden] = tensors["initial_h"]
    chunks = values.reshape(core.directions * vectors, -1, simd).swapaxes(0, 1)
    return _join(_codes(chunks, width), width, simd)


def initial_c_words(core: Core) -> list[int]:
    """The c that sequences start from, in the order of `unit_words`."""
    assert core.layer.carried is not None
    width, words = core.layer.carried.width, []
    for step in core.passes:
        turns = [
            _join(_codes(tensors["initial_c"], width), width, core.cell_units)
            for tensors in core.tensors[step.layer]
        ]
        words += _in_turn(turns)
    return words


def head_row_words(head_unit: HeadUnit) -> list[int]:
    """Scale and bias of the head's rows, `head_layout`: one word a row."""
    return _records(head_layout(head_unit), vars(head_unit.tensors), {"scale": head_unit.scale})


def head_layout(head_unit: HeadUnit) -> Layout:
    """Fields of a row of the head in memory: its scale, if that is stored, and its bias."""
    scale, bias = head_unit.scale, Field("bias", head_unit.head.bias_width, signed=True)
    stored = (Field("scale", scale.bits, signed=isinstance(scale, Number)),) * (scale.bits > 0)
    return Layout((*stored, bias))


def _columns_of(core: Core, tensors: LayerTensors) -> dict[str, Integers]:
    """Tensors of rows and units as memories have them: with the half that rounds in a bias."""
    layer = core.layer
    names = [*layer.row_tensors, *layer.unit_tensors]
    return {name: tensors[name] + half(layer.shifts.get(name, 0)) for name in names}


def _in_turn(turns: list[list[int]]) -> list[int]:
    """The first words of all, then the second ones."""
    return [word for words in zip(*turns, strict=True) for word in words]


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


def vector_words(values: Integers, parts: tuple[int, ...], simd: int, width: int) -> list[int]:
    """A vector of numbers of ``width`` bits, a chunk a word; each part starts with a chunk."""
    split = np.split(values, np.cumsum(parts)[:-1])
    padded = np.concatenate([np.pad(part, (0, -len(part) % simd)) for part in split])
    return _join(_codes(padded, width), width, simd)


def _codes(numbers: Integers, width: int) -> list[int]:
    """Numbers in two's complement of so many bits, in their order."""
    codes: list[int] = (numbers & ((1 << width) - 1)).ravel().tolist()
    return codes


def _join(records: list[int], bits: int, per_word: int) -> list[int]:
    """Records of ``bits`` bits side by side, ``per_word`` a word."""
    return [
        sum(record << (bits * place) for place, record in enumerate(records[start:][:per_word]))
        for start in range(0, len(records), per_word)
    ]


def _by_unit(core: Core, index: int, stacked: NDArray[Whole], padding: int) -> NDArray[Whole]:
    """Rows of a pass from gate-major (as in PyTorch) to unit-major (as the lanes stand)."""
    layer, phase = core.layer, core.layer.phases[core.passes[index].phase]
    gates = stacked.reshape(len(layer.gates), layer.hidden, -1)
    chosen = gates[[layer.gates.index(gate) for gate in phase]]
    missing = [(0, core.gates - len(phase)), (0, 0), (0, 0)]
    filled = np.pad(chosen, missing, constant_values=padding)
    return filled.swapaxes(0, 1).reshape(core.gates * layer.hidden, -1)


def _columns(
    codes: NDArray[Whole], parts: tuple[int, ...], simd: int, padding: int
) -> NDArray[Whole]:
    """Columns by parts, each of which starts with a chunk; what is between meets zeros."""
    *whole, last = np.split(codes, np.cumsum(parts)[:-1], axis=1)
    filled = [
        np.pad(part, [(0, 0), (0, -part.shape[1] % simd)], constant_values=padding)
        for part in whole
    ]
    return np.concatenate([*filled, last], axis=1)


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
