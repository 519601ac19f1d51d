"""Pipeline stages of the parts behind the lanes' memories, in cycles.

A machine has one of two pipelines. The short one has a register where a rule of `spec.network`
ends: after a product, and after a sum with its rounding and saturation. The long one
(``pipelined``) also has registers after every memory, between a sum and its saturation, and in
front of the element-wise part, so that no path has more than one memory, one multiplier or one
carry chain in it.

A serial cell unit has one multiplier, whose products are these, in the order of cycles: ``sums``
for each of the four gates; ``f * c`` and ``i * g`` once their factors are there; for the affine on
the cell; ``o * tanh``. Each is registered.
"""

from __future__ import annotations

from dataclasses import dataclass

from spec.activation import Activation, PiecewiseLinear

__all__ = ["BLOCK", "Pipeline"]

BLOCK = 1024
"""Words of a block of a memory: as many as block RAMs have, for which words are wide enough."""


@dataclass(frozen=True)
class Pipeline:
    """Latencies in cycles.

    Parameters
    ----------
    long : bool
        Which pipeline.
    activation : Table or PiecewiseLinear
        How activation functions are made.
    affine : bool
        Whether there is an affine on the cell.
    words : int
        Words of the lanes' weight memory.
    dense : bool
        Whether these are decoded.
    serial : bool
        Whether the cell unit is serial.
    sums : int
        Sums of a gate row.
    """

    long: bool
    activation: Activation
    affine: bool
    words: int = 1
    dense: bool = False
    serial: bool = False
    sums: int = 1

    @property
    def issue(self) -> int:
        """From the control to the addresses of what lanes read."""
        return 1 if self.long else 0

    @property
    def memory(self) -> int:
        """From an address to a memory's word."""
        return 2 if self.long else 1

    @property
    def cell_memory(self) -> int:
        """The same for the old c, which may be replaced by 0, and has far to go to a multiplier."""
        return self.memory + 2 * self.long

    @property
    def weights(self) -> int:
        """The same for the lanes' weights: a deep memory is blocks, and a choice of one."""
        return self.word + (self.long and self.dense)

    @property
    def word(self) -> int:
        """The same for a word that is not decoded yet."""
        return self.memory + (self.long and self.words > BLOCK)

    @property
    def read(self) -> int:
        """From the control to operands and weights at the lanes."""
        return self.issue + self.weights

    @property
    def front(self) -> int:
        """From the front of the drain to the first products.

        A register for the sums, and one more for them and their scales: words of a memory with a
        register inside come from far away, and a multiplier leaves them little time.
        """
        return 2 if self.long else 0

    @property
    def rows(self) -> int:
        """From the front of the drain to scales and biases."""
        return self.memory - 1

    @property
    def sum(self) -> int:
        """A sum that is to be narrowed, by itself."""
        return 1 if self.long else 0

    @property
    def narrow(self) -> int:
        """Addition of the half that rounds, shift and saturation."""
        return 2 if self.long else 1

    @property
    def normalise(self) -> int:
        """Products with the scales; their sum with the bias, narrowed."""
        return 1 + self.sum + self.narrow

    @property
    def activate(self) -> int:
        """Table read and a register; or line read, product with the slope, and narrowing."""
        if not self.long:
            return 2
        return 5 if isinstance(self.activation, PiecewiseLinear) else 3

    @property
    def update(self) -> int:
        """Products f * c and i * g; their sum, narrowed."""
        return 1 + self.sum + self.narrow

    @property
    def scale(self) -> int:
        """Cell to pre-activation format: narrowed; with an affine, product and sum before."""
        return (1 + self.sum if self.affine else 0) + self.narrow

    @property
    def output(self) -> int:
        """Product o * tanh, narrowed and written to memory."""
        return 4 if self.long else 2

    @property
    def old_cell(self) -> int:
        """From a group at the front of the drain to the products with its old c."""
        return self.front + self.normalise + self.activate

    @property
    def gate(self) -> int:
        """Serial: from the first product of a gate to its activation's value."""
        return self.sums + 1 + self.activate

    @property
    def new_cell(self) -> int:
        """Serial: from a unit at the front of the drain to its new c."""
        return self.gate + 3 * self.sums + 1

    @property
    def new_tanh(self) -> int:
        """Serial: the same for tanh of the new c."""
        return self.new_cell + self.affine + 1 + self.activate

    @property
    def whole(self) -> int:
        """From a group at the front of the drain to the first read of its new h."""
        if self.serial:
            return self.new_tanh + 2
        return self.old_cell + self.update + self.scale + self.activate + self.output
