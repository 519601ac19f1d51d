"""Pipeline stages of the parts behind the lanes' memories, in cycles.

A machine has one of two pipelines. The plain one has a register where a rule of `spec.cells` ends:
after a product, and after a sum with its rounding and saturation. A pipelined machine also
has registers after every memory, between a sum and its saturation, and in front of the element-wise
part, so that no path has more than one memory, one multiplier or one carry chain in it.

What follows from them for a cell is beside its description in `spec.cells`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from pascaline.spec.activation import Activation
from pascaline.spec.normalisers.normaliser import Normaliser

__all__ = ["BLOCK", "Pipeline", "Timing"]

BLOCK = 1024
"""Words of a block of a memory: as many as block RAMs have, for which words are wide enough."""


@dataclass(frozen=True)
class Timing:
    """Latencies that all parts of a machine share.

    Parameters
    ----------
    pipelined : bool
        Whether the machine is pipelined.
    """

    pipelined: bool

    @property
    def issue(self) -> int:
        """From the control to the addresses of what lanes read."""
        return 1 if self.pipelined else 0

    @property
    def memory(self) -> int:
        """From an address to a memory's word."""
        return 2 if self.pipelined else 1

    @property
    def sum(self) -> int:
        """A sum that is to be narrowed, by itself."""
        return 1 if self.pipelined else 0

    @property
    def narrow(self) -> int:
        """Addition of the half that rounds, shift and saturation."""
        return 2 if self.pipelined else 1


@dataclass(frozen=True, kw_only=True)
class Pipeline(Timing, ABC):
    """Latencies of a core.

    Parameters
    ----------
    activation : Table, PiecewiseLinear or AdaptivePieces
        How activation functions are made.
    normaliser : Normaliser
        What makes pre-activations.
    words : int
        Words of the lanes' weight memory.
    packed : bool
        Whether these are decoded.
    serial : bool
        Whether the cell unit is serial.
    sums : int
        Sums of a gate row.
    factor : int
        Bits of a factor, which a serial unit adds up one a cycle; 0: it has a multiplier.
    """

    activation: Activation
    # Names of modules are made from this text, and from that of the layer, which has it.
    normaliser: Normaliser = field(repr=False)
    words: int = 1
    packed: bool = False
    serial: bool = False
    sums: int = 1
    factor: int = field(default=0, repr=False)

    @property
    def cell_memory(self) -> int:
        """From an address to the old c.

        If pipelined, one more register is where 0 replaces it in a first step, and one is for the
        long way to its product.
        """
        return self.memory + 2 * self.pipelined

    @property
    def weights(self) -> int:
        """From an address to the lanes' weights: `word`, and a register behind the decoder."""
        return self.word + (self.pipelined and self.packed)

    @property
    def word(self) -> int:
        """From an address to a word of weights as it is stored.

        A memory of more than `BLOCK` words is made of blocks; if pipelined, choosing between these
        takes a register.
        """
        return self.memory + (self.pipelined and self.words > BLOCK)

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
        return 2 if self.pipelined else 0

    @property
    def rows(self) -> int:
        """From the front of the drain to scales and biases."""
        return self.memory - 1

    @property
    def normalise(self) -> int:
        """From sums of gate rows to their pre-activations."""
        return self.normaliser.latency(self)

    @property
    def bias(self) -> int:
        """From sums of gate rows to their biases."""
        return self.normaliser.bias_latency(self)

    @property
    def activate(self) -> int:
        """To the value of a function.

        Table read and a register; or line read, product with the slope, and narrowing; or, of
        pieces, a register for the argument, the piece, the product and the sum.
        """
        if not self.pipelined:
            return 2
        return {"table": 3, "pwl": 5, "pieces": 4}[self.activation.form]

    @property
    def gate(self) -> int:
        """From a group at the front of the drain to the values of its gates."""
        return self.front + self.normalise + self.activate

    @property
    @abstractmethod
    def carried(self) -> int:
        """From a group at the front of the drain to when its old c must be there."""

    @property
    @abstractmethod
    def made(self) -> int:
        """From a group at the front of the drain to when its new c is there."""

    @property
    @abstractmethod
    def unit(self) -> int:
        """From a group at the front of the drain to when the tensors of its units must be there."""

    @property
    def meets(self) -> int:
        """From a standardised state to when what was held for it must be there."""
        raise NotImplementedError

    @property
    def finish(self) -> int:
        """From a standardised state to the first read of the new h made of it."""
        raise NotImplementedError

    @property
    @abstractmethod
    def whole(self) -> int:
        """From a group at the front of the drain to the first read of its new h.

        Where the state is standardised, without the cycles of that.
        """
