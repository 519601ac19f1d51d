"""Faults that no sum can show: how far the scaled sums of a gate go, of any x and any state.

A check of saturation looks at the upper bits of a scaled sum. With the weights of a machine that
has no other, some gates never come to the numbers of which a fault in theirs would be seen. What
proves netlists does not find that, since it is about sums of all weights of a row.
"""

from functools import cached_property

import numpy as np
import pytest

from mutants.machines import machine
from pascaline.golden.activation import ActivationFunction
from pascaline.golden.cells.cell import State
from pascaline.golden.cells.lstm import Lstm
from pascaline.golden.rounding import narrow
from pascaline.spec.formats import Format

GATES = "ifgo"

BOXES = 400_000
"""After which branch and bound gives up."""

WIDE = Format(width=32, frac=0)
"""Where nothing saturates."""

DESCENT = 1000
"""Steps to find good slopes."""


def reach(matrix, low, high):
    """The largest product of each row with any vector of a box."""
    return np.where(matrix > 0, matrix * high, matrix * low).sum(axis=1)


class Rows:
    """The rows of an LSTM layer's forward direction, scaled: of x and h side by side."""

    def __init__(self, name):
        design = machine(name).design
        self.layer = design.network.layers[0]
        tensors = design.model.directions[0][0]
        scaled = [tensors[f"scale_{k}"][:, None] * tensors[f"weight_{k}"] for k in "xh"]
        self.matrix, self.bias = np.concatenate(scaled, axis=1), tensors["bias"]
        ends = [(design.network.layer_x(0).interval, scaled[0]), (self.layer.h.interval, scaled[1])]
        self.low = np.concatenate([np.full(m.shape[1], end.lo) for end, m in ends])
        self.high = np.concatenate([np.full(m.shape[1], end.hi) for end, m in ends])

    def of(self, gate):
        first = GATES.index(gate) * self.layer.hidden
        return slice(first, first + self.layer.hidden)

    def farthest(self, gate, end):
        """How far the sums of a gate go, up or down."""
        rows = self.of(gate)
        return max(end * self.bias[rows] + reach(end * self.matrix[rows], self.low, self.high))

    @cached_property
    def largest_h(self):
        """The magnitude of each h that a step can make of any x and h, whatever it carries."""
        rows = self.of("o")
        total = self.bias[rows] + reach(self.matrix[rows], self.low, self.high)
        return self.made(narrow(total, self.layer.normaliser.shift, self.layer.pre))

    def with_made(self, row, end):
        """How far a row goes, up or down, if one step makes all of h.

        What o makes of an h goes up to ``made`` at its sum s. That is below a line, of any slope
        that is not negative, which is put where it touches; and the sums of all o, each with its
        slope, are one product with x and the h before. So any slopes bound what all o make
        together, and good ones are found by descent.
        """
        layer, inputs = self.layer, len(self.low) - self.layer.hidden
        low, high = self.box
        unit, rows = 1 << layer.normaliser.shift, self.of("o")
        matrix, bias = self.matrix[rows] / unit, self.bias[rows] / unit
        lowest, highest = bias - reach(-matrix, low, high), bias + reach(matrix, low, high)
        sums = np.arange(int(lowest.min()) - 1, int(highest.max()) + 2)
        limits = layer.pre.interval.lo, layer.pre.interval.hi
        weight = np.abs(self.matrix[row, inputs:])[:, None]
        made = weight * self.made(np.clip(sums, *limits))
        made = np.where((sums >= lowest[:, None] - 1) & (sums <= highest[:, None] + 1), made, -1e9)
        rounded = sums - 0.5  # A scaled sum is at least this, where it is rounded to the other.
        slope, bound = 0.01 * weight[:, 0], np.inf
        for k in range(DESCENT):
            above = made - slope[:, None] * rounded
            touches = above.argmax(axis=1)
            farthest = np.where(slope @ matrix > 0, high, low)
            value = above.max(axis=1).sum() + slope @ (bias + matrix @ farthest)
            bound = min(bound, value)
            way = bias + matrix @ farthest - rounded[touches]
            step = value - bound + 0.05 * bound / (1 + k / 50)
            slope = np.maximum(slope - step * way / (way @ way), 0)
        x = reach(end * self.matrix[row, None, :inputs], self.low[:inputs], self.high[:inputs])
        return end * self.bias[row] + x[0] + bound

    def made(self, total):
        """The largest magnitude of an h of which o has that pre-activation."""
        layer = self.layer
        sigmoid = ActivationFunction(layer.activation, "sigmoid", layer.pre, layer.sigmoid)
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        return narrow(sigmoid(total).astype(np.int64) * self.largest_tanh, shift, layer.h)

    @cached_property
    def largest_tanh(self):
        """Of what is carried."""
        layer = self.layer
        tanh = ActivationFunction(layer.activation, "tanh", layer.pre, layer.tanh)
        carried = np.array([layer.cell.interval.lo, layer.cell.interval.hi])
        return int(np.abs(tanh(narrow(carried, layer.cell.frac - layer.pre.frac, layer.pre))).max())

    @cached_property
    def box(self):
        """Of any x, and any h that a step has made."""
        inputs = len(self.low) - self.layer.hidden
        low = np.concatenate([self.low[:inputs], -self.largest_h])
        return low, np.concatenate([self.high[:inputs], self.largest_h])

    def gates(self, low, high):
        """The least and the largest value of each gate in boxes of x and h."""
        layer = self.layer
        ends = []
        for one, other in ((low, high), (high, low)):
            totals = self.bias + one @ np.maximum(self.matrix, 0).T
            totals += other @ np.minimum(self.matrix, 0).T
            pre = narrow(totals, layer.normaliser.shift, layer.pre)
            ends.append({name: self.gate(name, pre[:, self.of(name)]) for name in GATES})
        return ends

    def gate(self, name, pre):
        """Its values."""
        layer = self.layer
        kind, width = ("tanh", layer.tanh) if name == "g" else ("sigmoid", layer.sigmoid)
        function = ActivationFunction(layer.activation, kind, layer.pre, width)
        return function(pre).astype(np.int64)

    def largest(self, low, high, signs):
        """The most of each h, times its sign, that a step makes of x and h of boxes."""
        layer = self.layer
        least, most = self.gates(low, high)
        g = np.where(signs > 0, most["g"], -least["g"])
        new = np.where(g >= 0, most["i"], least["i"]) * g << layer.cell.frac - layer.tanh.frac
        carried = np.where(signs > 0, layer.cell.interval.hi, -layer.cell.interval.lo)
        c = signs * narrow(most["f"] * carried + new, layer.sigmoid.frac, WIDE)
        c = np.clip(c + signs, layer.cell.interval.lo, layer.cell.interval.hi)
        u = self.gate("g", narrow(c, layer.cell.frac - layer.pre.frac, layer.pre)) * signs
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        return narrow(np.where(u >= 0, most["o"], least["o"]) * u, shift, WIDE)

    def never_above(self, row, end, most):
        """Whether a row, up or down, stays there, h being what a step makes: branch and bound."""
        inputs = len(self.low) - self.layer.hidden
        x, h = np.split(end * self.matrix[row], [inputs])
        rest = most - end * self.bias[row] - reach(x[None], self.low[:inputs], self.high[:inputs])
        weight = np.abs(h) @ np.abs(self.matrix.reshape(4, len(h), -1)).sum(axis=0)
        boxes, tried = [(self.box[0][None], self.box[1][None])], 0
        while boxes and tried < BOXES:
            low, high = boxes.pop()
            each, place = np.arange(len(low)), ((high - low) * weight).argmax(axis=1)
            middle = (low[each, place] + high[each, place]) // 2
            upper, lower = low.copy(), high.copy()
            upper[each, place], lower[each, place] = middle + 1, middle
            low, high = np.concatenate([low, upper]), np.concatenate([lower, high])
            tried += len(low)
            over = self.largest(low, high, np.sign(h)) @ np.abs(h) > rest
            if over.any():
                low, high = low[over], high[over]
                boxes += [(low[k : k + 5000], high[k : k + 5000]) for k in range(0, len(low), 5000)]
        return not boxes


# Machine, number of the mutant, gate, end, and the least that its sum would have to reach.
@pytest.mark.parametrize(
    ("name", "number", "gate", "end", "needed"),
    [
        ("tiny-ternary", 615, "i", 1, 1 << 17),
        ("tiny-bilstm", 80, "g", -1, (1 << 16) + 1),
        ("tiny-bilstm", 90, "g", -1, (1 << 16) + 1),
        ("tiny-bilstm", 224, "f", -1, (1 << 16) + 1),
    ],
)
def test_no_sum_goes_where_a_fault_would_be_seen(name, number, gate, end, needed):
    assert Rows(name).farthest(gate, end) < needed


@pytest.mark.parametrize(("number", "gate", "needed"), [(39, "f", 1 << 16), (55, "o", 1 << 16)])
def test_nor_does_one_with_an_h_that_a_step_can_make(number, gate, needed):
    """Mutants of ``tiny-bilstm`` that would only saturate of an h that there is not."""
    rows = Rows("tiny-bilstm")
    assert rows.farthest(gate, 1) >= needed
    places = rows.of(gate)
    assert all(rows.never_above(row, 1, needed - 1) for row in range(places.start, places.stop))


def test_what_is_above_is_found():
    """Of a number that searches have reached, which no box can exclude."""
    rows = Rows("tiny-bilstm")
    assert not rows.never_above(rows.of("o").start, 1, 57_000)


@pytest.mark.parametrize("name", ["tiny-bilstm", "tiny-binary:axi"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_no_step_makes_more_than_its_bound(name, sign):
    """A golden step, of random points and of what is carried at its end."""
    rows, rng, design = Rows(name), np.random.default_rng(0), machine(name).design
    low, high = rows.box
    points = rng.integers(low, high, (5000, len(low)), endpoint=True)
    x, h = np.split(points, [len(low) - rows.layer.hidden], axis=1)
    end = rows.layer.cell.interval.hi if sign > 0 else rows.layer.cell.interval.lo
    tensors = design.model.directions[0][0]
    step = Lstm(rows.layer, tensors, design.network.layer_x(0)).step(x, State(h, 0 * h + end))
    signs = np.full(rows.layer.hidden, sign)
    bound = rows.largest(points, points, signs)
    assert (sign * step.h <= bound).all()
    assert (sign * step.h >= bound - 2).all()
    wider = rows.largest(points - (points > low), points + (points < high), signs)
    assert (bound <= wider).all()
    assert (wider <= rows.largest(low[None], high[None], signs)).all()


def test_nor_do_sums_whose_h_one_step_makes():
    """Mutant 42 of ``tiny-binary:axi``: where every h is made of the same x, g saturates only as it
    should."""
    rows, needed = Rows("tiny-binary:axi"), (1 << 17) + 1
    assert rows.farthest("g", -1) >= needed
    gate = rows.of("g")
    assert max(rows.with_made(row, -1) for row in range(gate.start, gate.stop)) < needed


@pytest.mark.parametrize("end", [-1, 1])
def test_what_steps_make_is_never_beyond_the_bounds(end):
    """Of random x and h, and a carried state that is as large as it can be."""
    rows, rng = Rows("tiny-binary:axi"), np.random.default_rng(0)
    inputs, layer = len(rows.low) - rows.layer.hidden, rows.layer
    before = rng.integers(rows.low, rows.high + 1, (20000, len(rows.low)))
    total = before @ rows.matrix[rows.of("o")].T + rows.bias[rows.of("o")]
    made = rows.made(narrow(total, layer.normaliser.shift, layer.pre))
    for row in range(rows.of("g").start, rows.of("g").stop):
        x = reach(end * rows.matrix[row, None, :inputs], rows.low[:inputs], rows.high[:inputs])
        found = end * rows.bias[row] + x[0] + (made @ np.abs(rows.matrix[row, inputs:])).max()
        bound = rows.with_made(row, end)
        assert found <= bound < found * 1.6


def test_sums_that_saturate_are_found():
    """Mutant 773 of ``tiny-binary`` needs such a sum, and is killed by it."""
    assert Rows("tiny-binary").farthest("o", -1) > 1 << 17
