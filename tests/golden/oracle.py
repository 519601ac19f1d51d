"""The network once more, of one sequence, in Python integers alone: slow, and plain to read.

Written from the formulas of `spec.cells` and `spec.network`; shares nothing with ``golden`` but the
entries of tables and lines.
"""

import math
from fractions import Fraction
from functools import cache

from pascaline.spec.activation import AdaptivePieces, Table, lines, table
from pascaline.spec.pieces import find_pieces


def rounded(value, shift):
    """The nearest integer to ``value / 2**shift``, of two the upper."""
    return math.floor(Fraction(value, 2**shift) + Fraction(1, 2))


def down(value, shift, to):
    """``saturate(round_shift(value, shift), to)``."""
    value = rounded(value, shift)
    return max(to.interval.lo, min(to.interval.hi, value))


@cache
def entries(name, pre, out):
    return table(name, pre, out).tolist()


def function(layer, name, z, out):
    if isinstance(layer.activation, Table):
        return entries(name, layer.pre, out)[z % (1 << layer.pre.width)]
    if isinstance(layer.activation, AdaptivePieces):
        return piece(layer, name, z, out)
    line = lines(name, layer.pre, out, layer.activation.segments)
    segment, low = divmod(z % (1 << layer.pre.width), 1 << line.low_bits)
    return down(int(line.slope[segment]) * low + int(line.offset[segment]), line.shift, out)


def piece(layer, name, z, out):
    form = layer.activation
    pieces = find_pieces(name, layer.pre, out, form.pieces, form.slope_bits)
    numbers = zip(pieces.first, pieces.slope, pieces.offset, strict=True)
    _, slope, offset = [one for one in numbers if one[0] <= z][-1]
    product = math.floor(Fraction(int(slope) * z, 2**pieces.drop))
    return math.floor(Fraction(product + int(offset), 2**pieces.guard))


def dot(weights, vector):
    return sum(int(w) * v for w, v in zip(weights, vector, strict=True))


def slow_step(layer, tensors, x, h, c):
    """New h and c, lists of ints, of any cell; c is empty where the cell carries nothing."""
    return CELLS[layer.kind](layer, tensors, x, h, c)


def weights(layer, t, name, row):
    """The weights of a row, each less the zero point of the matrix if there is one."""
    zero = int(t[f"zero_{name}"][0]) if layer.zero_points else 0
    return [int(weight) - zero for weight in t[f"weight_{name}"][row]]


def recurrent(layer, t, row, h):
    """The sum of h that a row has: of its weights, or of a row of Sylvester's matrix."""
    if layer.recurrent == "matrix":
        return dot(weights(layer, t, "h", row), h)
    block = layer.block or layer.hidden & -layer.hidden
    first, place = divmod(row % layer.hidden, block)
    signs = ((-1) ** (place & column).bit_count() for column in range(block))
    return sum(sign * h[first * block + column] for column, sign in enumerate(signs))


def scaled(layer, t, row, operand, vector):
    """What an operand adds to the sum of a row; with layer norm, of all rows of its gate first."""

    def summed(row):
        if operand == "h":
            return recurrent(layer, t, row, vector)
        return dot(weights(layer, t, "x", row), vector)

    if layer.normaliser.kind == "affine":
        return int(t[f"scale_{operand}"][row]) * summed(row)
    gate, unit = divmod(row, layer.hidden)
    rows = range(gate * layer.hidden, (gate + 1) * layer.hidden)
    normal = standardised(layer.normaliser, [summed(one) for one in rows])
    return int(t[f"scale_{operand}"][row]) * normal[unit]


def standardised(norm, sums):
    """Sums of the rows of a gate standardised, see `spec.normalisers.layernorm`."""
    count, frac, kept = len(sums), norm.normal.frac, norm.mantissa
    levels = (count - 1).bit_length()
    inverse = rounded(Fraction(2 ** (levels + 16), count), 0)
    mean = rounded(sum(sums) * inverse, levels + 16 - norm.mean_frac)
    apart = [one * 2**norm.mean_frac - mean for one in sums]
    if norm.spread == "mad":
        size, spread = levels, Fraction(sum(abs(one) for one in apart))
        bits = int(spread).bit_length()
    else:
        size, spread = -(-levels // 2), Fraction(sum(one * one for one in apart))
        bits = (int(spread).bit_length() + 1) // 2
    least = size + frac - 3
    if bits < least:
        bits, leading = least, 2 ** (kept + 1)
    elif norm.spread == "mad":
        leading = math.floor(spread * Fraction(2) ** (kept + 2 - bits))
    else:
        leading = math.isqrt(math.floor(spread * Fraction(4) ** (kept + 2 - bits)))
    reciprocal = (2 ** (2 * kept + 2) - 1) // leading
    near = (rounded(one * 16, bits - least) for one in apart)
    most = 2**norm.normal.width
    near = (max(-most, min(most - 1, one)) for one in near)
    return [down(one * reciprocal, kept + 1, norm.normal) for one in near]


def preactivation(layer, t, row, x, h, seen=0):
    total = scaled(layer, t, row, "h", h) + scaled(layer, t, row, "x", x) + int(t["bias"][row])
    return down(total + seen, layer.normaliser.shift, layer.pre)


def lstm(layer, t, x, h, c):
    def gate(number, name, unit, seen):
        peephole = int(t[f"scale_c{name}"][unit]) * seen if layer.peephole else 0
        z = preactivation(layer, t, number * layer.hidden + unit, x, h, peephole)
        return function(layer, "sigmoid", z, layer.sigmoid)

    new_h, new_c, norm = [], [], layer.cell_affine
    for unit in range(layer.hidden):
        i, f = gate(0, "i", unit, c[unit]), gate(1, "f", unit, c[unit])
        zg = preactivation(layer, t, 2 * layer.hidden + unit, x, h)
        g = function(layer, "tanh", zg, layer.tanh)
        total = f * c[unit] + i * g * 2 ** (layer.cell.frac - layer.tanh.frac)
        new_c.append(down(total, layer.sigmoid.frac, layer.cell))
    seen = new_c if norm is None or norm.kind == "affine" else standardised(norm, new_c)
    for unit, cell in enumerate(seen):
        if norm is None:
            u = down(cell, layer.cell.frac - layer.pre.frac, layer.pre)
        else:
            scaled = int(t["scale_c"][unit]) * cell + int(t["bias_c"][unit])
            u = down(scaled, norm.shift, layer.pre)
        tanh = function(layer, "tanh", u, layer.tanh)
        product = gate(3, "o", unit, new_c[unit]) * tanh
        new_h.append(down(product, layer.sigmoid.frac + layer.tanh.frac - layer.h.frac, layer.h))
    return new_h, new_c


def rnn(layer, t, x, h, c):
    z = [preactivation(layer, t, unit, x, h) for unit in range(layer.hidden)]
    if layer.function == "relu":
        return [down(max(v, 0), layer.pre.frac - layer.h.frac, layer.h) for v in z], []
    if layer.function == "linear":
        return z, []
    return [function(layer, "tanh", v, layer.h) for v in z], []


def gru(layer, t, x, h, c):
    return (gru_after if layer.reset == "after" else gru_before)(layer, t, x, h, c)


def gru_after(layer, t, x, h, c):
    new = []
    for unit in range(layer.hidden):
        r, z = gru_gates(layer, t, unit, x, h)
        row, shift = 2 * layer.hidden + unit, layer.normaliser.shift
        q = scaled(layer, t, row, "h", h) + int(t["bias_h"][unit])
        p = scaled(layer, t, row, "x", x) + int(t["bias"][row])
        q, p = down(q, shift, layer.pre), down(p, shift, layer.pre)
        passed = rounded(r * q, layer.sigmoid.frac)
        new.append(gru_update(layer, down(p + passed, 0, layer.pre), z, c[unit]))
    return [h for h, _ in new], [c for _, c in new]


def gru_before(layer, t, x, h, c):
    gates = [gru_gates(layer, t, unit, x, h) for unit in range(layer.hidden)]
    k = []
    for (r, _), state in zip(gates, c, strict=True):
        passed = down(r * state, layer.sigmoid.frac, layer.state)
        k.append(down(passed, layer.state.frac - layer.h.frac, layer.h))
    new = []
    for unit in range(layer.hidden):
        u = preactivation(layer, t, 2 * layer.hidden + unit, x, k)
        new.append(gru_update(layer, u, gates[unit][1], c[unit]))
    return [h for h, _ in new], [c for _, c in new]


def gru_gates(layer, t, unit, x, h):
    z = (preactivation(layer, t, gate * layer.hidden + unit, x, h) for gate in range(2))
    return tuple(function(layer, "sigmoid", v, layer.sigmoid) for v in z)


def gru_update(layer, u, z, c):
    w = function(layer, "tanh", u, layer.tanh) * 2 ** (layer.state.frac - layer.tanh.frac)
    total = w * 2**layer.sigmoid.frac + z * (c - w)
    c = down(total, layer.sigmoid.frac, layer.state)
    return down(c, layer.state.frac - layer.h.frac, layer.h), c


CELLS = {"lstm": lstm, "gru": gru, "rnn": rnn}


def slow_outputs(layer, directions, sequence):
    """Outputs of each step, and h of each direction after its own last step, joined."""
    outputs, last = [[] for _ in sequence], []
    for backward, tensors in enumerate(directions):
        h = [0] * layer.hidden
        c = [] if layer.carried is None else [0] * layer.hidden
        if layer.initial:
            h = tensors["initial_h"].tolist()
            c = [] if layer.carried is None else tensors["initial_c"].tolist()
        steps = range(len(sequence))
        for index in reversed(steps) if backward else steps:
            h, c = slow_step(layer, tensors, sequence[index], h, c)
            outputs[index] += h
        last += h
    return outputs, last


def slow_run(model, sequence):
    """Results of a sequence: a list of them, each a class or a list."""
    network, vectors, last = model.network, [x.tolist() for x in sequence], []
    for layer, directions in zip(network.layers, model.directions, strict=True):
        vectors, last = slow_outputs(layer, directions, vectors)
    if network.decoder is not None:
        return slow_decode(model, vectors)
    if network.pooling == "max":
        last = [max(column) for column in zip(*vectors, strict=True)]
    if network.pooling == "mean":
        means = (Fraction(sum(column), len(vectors)) for column in zip(*vectors, strict=True))
        last = [math.floor(mean + Fraction(1, 2)) for mean in means]
    if network.pooling == "attention":
        last = slow_attention(network.attention, network.layer.h, model.query.tolist(), vectors)
    if network.results == "first-of-backward":
        last = vectors[-1]
    found = vectors if network.results == "every" else [last]
    if network.head is None:
        return found
    if network.head.rectified:
        found = [[max(value, 0) for value in h] for h in found]
    logits = [slow_head(model.head, h) for h in found]
    if network.head.output == "logits":
        return logits
    return [max(range(len(one)), key=one.__getitem__) for one in logits]


def slow_attention(attention, h, query, vectors):
    """The formulas of `spec.attention`, a step and an element at a time."""
    frac, least, shift = attention.score.frac, h.interval.lo, attention.shift(h)
    table = [math.floor(2 ** (attention.bits - 1 + f / 2**frac) + 0.5) for f in range(2**frac)]
    most, total, sums = None, 0, [0] * len(query)
    for vector in vectors:
        s = (dot(query, vector) + ((1 << shift) >> 1)) >> shift
        s = min(max(s, attention.score.interval.lo), attention.score.interval.hi)
        whole, fraction = s >> frac, s & ((1 << frac) - 1)
        if most is None or whole > most:
            grown, most = 0 if most is None else whole - most, whole
            total = math.ceil(Fraction(total, 2**grown))
            sums = [a >> grown for a in sums]
        weight = math.floor(Fraction(table[fraction], 2 ** (most - whole)) + Fraction(1, 2))
        total += weight
        sums = [a + weight * (v - least) for a, v in zip(sums, vector, strict=True)]
    return [least + (2 * a + total) // (2 * total) for a in sums]


def slow_decode(model, vectors):
    """The classes that a decoder makes of the outputs of all steps."""
    decoder, t = model.network.decoder, model.decoder
    hidden, form = decoder.layer.hidden, decoder.layer.h
    h, c = [0] * hidden, [] if decoder.layer.carried is None else [0] * hidden
    context, found = [0] * len(vectors[0]), []
    while len(found) < decoder.most and (not found or found[-1] != decoder.end):
        last = found[-1] if found else decoder.end
        x = [int(value) for value in t.embedding[last]] + context
        h, c = slow_step(decoder.layer, t.layer, x, h, c)
        context = slow_attention(decoder.attention, form, h, vectors)
        seen = h + context
        if model.network.head.rectified:
            seen = [max(value, 0) for value in seen]
        logits = slow_head(model.head, seen)
        found.append(logits.index(max(logits)))
    return found


def slow_head(head, h):
    scale = [1] * len(head.bias) if head.scale is None else head.scale.tolist()
    zero = 0 if head.zero is None else int(head.zero[0])
    rows = [[int(weight) - zero for weight in row] for row in head.weight]
    return [s * dot(row, h) + int(b) for s, row, b in zip(scale, rows, head.bias, strict=True)]
