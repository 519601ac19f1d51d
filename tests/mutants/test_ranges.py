"""Faults that no sum can show: how far the scaled sums of a gate go, of any x and any state.

A check of saturation looks at the upper bits of a scaled sum. With the weights of a machine that
has no other, some gates never come to the numbers of which a fault in theirs would be seen. What
proves netlists does not find that, since it is about sums of all weights of a row.
"""

import heapq

import numpy as np
import pytest

from mutants.machines import machine
from pascaline.golden.activation import ActivationFunction
from pascaline.golden.rounding import narrow

GATES = "ifgo"


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

    def largest_h(self, low, high):
        """The magnitude of each h that a step can make of x and h of a box, whatever it carries."""
        layer, rows = self.layer, self.of("o")
        total = self.bias[rows] + reach(self.matrix[rows], low, high)
        sigmoid = ActivationFunction(layer.activation, "sigmoid", layer.pre, layer.sigmoid)
        tanh = ActivationFunction(layer.activation, "tanh", layer.pre, layer.tanh)
        carried = np.array([layer.cell.interval.lo, layer.cell.interval.hi])
        u = narrow(carried, layer.cell.frac - layer.pre.frac, layer.pre)
        gate = sigmoid(narrow(total, layer.normaliser.shift, layer.pre)).astype(np.int64)
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        return narrow(gate * int(np.abs(tanh(u)).max()), shift, layer.h)

    def never_above(self, row, most):
        """Whether the sum of a row stays there, h being what a step has made: branch and bound."""
        inputs = len(self.low) - self.layer.hidden
        x, h = np.split(self.matrix[row], [inputs])
        of_x = self.bias[row] + reach(x[None], self.low[:inputs], self.high[:inputs])[0]

        def bound(low, high):
            return int(of_x + np.abs(h) @ self.largest_h(low, high))

        weight = np.abs(h) @ np.abs(self.matrix[self.of("o")])
        boxes = [(-bound(self.low, self.high), 0, self.low, self.high)]
        for number in range(1, 2000, 2):
            bounded, _, low, high = heapq.heappop(boxes)
            if -bounded <= most:
                return True
            place = np.argmax((high - low) * weight)
            middle = (low[place] + high[place]) // 2
            for k, ends in enumerate(((low[place], middle), (middle + 1, high[place]))):
                half = low.copy(), high.copy()
                half[0][place], half[1][place] = ends
                heapq.heappush(boxes, (-bound(*half), number + k, *half))
        return False


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


def test_nor_does_one_with_an_h_that_a_step_can_make():
    """Mutant 39 of ``tiny-bilstm``: f would only saturate of an h that there is not."""
    rows, needed = Rows("tiny-bilstm"), 1 << 16
    assert rows.farthest("f", 1) >= needed
    gate = rows.of("f")
    assert all(rows.never_above(row, needed - 1) for row in range(gate.start, gate.stop))
    assert not rows.never_above(gate.start, needed - 1000)


def test_sums_that_saturate_are_found():
    """Mutant 773 of ``tiny-binary`` needs such a sum, and is killed by it."""
    assert Rows("tiny-binary").farthest("o", -1) > 1 << 17
