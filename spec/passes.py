"""Passes of a step: what lanes do in one go, and what they read for it.

Vectors of h have numbers: ``l`` is that of layer ``l``; a cell with two phases has a second one,
in which h is after the reset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pascaline.spec.cells.layer import Layer
from pascaline.spec.operands import Operand
from pascaline.spec.product import Product

__all__ = ["Pass", "Source", "passes", "reading_order", "step_chunks", "step_words"]


@dataclass(frozen=True)
class Source:
    """An addend of the sums of a pass, as lanes read it: chunk by chunk, tile after tile.

    Attributes
    ----------
    name : str
        Of the layer's operand.
    vector : int or None
        Vector of h that is read; None: the core's input.
    made : bool
        Whether an earlier pass of the same step makes that vector; else it is from the step before.
    product : Product
        Geometry of the product on the lanes.
    picked : bool
        Whether one chunk of each tile is read, that of the symbol that has come, and not all.
    """

    name: str
    vector: int | None
    made: bool
    product: Product
    picked: bool = False

    @property
    def chunks(self) -> int:
        """Chunks of a tile that are read."""
        return 1 if self.picked else self.product.chunks

    @property
    def words(self) -> int:
        """Words of weights of a tile."""
        return self.product.chunks


@dataclass(frozen=True)
class Pass:
    """All rows of a phase of a layer.

    Attributes
    ----------
    layer, phase : int
        Of the core's layers, of the layer's phases.
    sources : tuple of Source
        In the order in which they are read: what was made last is read last.
    to : int
        Vector of h that is written.
    beside : bool
        Whether they are read side by side, each from its own memory, where weights are wires, of
        which nothing is read; else one after the other.
    """

    layer: int
    phase: int
    sources: tuple[Source, ...]
    to: int
    beside: bool = False

    @property
    def chunks(self) -> int:
        """Chunks of a tile that are read one after the other: of all sources, or of the longest."""
        found = [source.chunks for source in self.sources]
        return max(found) if self.beside else sum(found)

    @property
    def words(self) -> int:
        """Words of weights of a tile: of all sources."""
        return 0 if self.beside else sum(source.words for source in self.sources)

    @property
    def takes_input(self) -> bool:
        """Whether the core's input is read."""
        return any(source.vector is None for source in self.sources)

    @property
    def reads(self) -> tuple[int, ...]:
        """Vectors of h that are read."""
        return tuple(one.vector for one in self.sources if one.vector is not None)


def reading_order(operands: tuple[Operand, ...], layers: int) -> tuple[Operand, ...]:
    """Operands in the order in which they are read.

    The input of a single layer has been there for long, and its h was made last; the input of a
    further layer is what the pass before makes.
    """
    first = "state" if layers > 1 else "input"
    return tuple(sorted(operands, key=lambda operand: operand.vector != first))


def passes(
    layers: tuple[Layer, ...],
    product: Callable[[int | None], Product],
    *,
    symbols: bool = False,
    beside: bool = False,
) -> tuple[Pass, ...]:
    """The passes of a step, in order: of each phase of one layer, or of each of several layers.

    Parameters
    ----------
    layers : tuple of Layer
        Several only if each has one phase.
    product : callable
        Gives the geometry of a product with a vector of h of that number, or with the input.
    symbols : bool
        Whether the input comes as numbers of symbols.
    beside : bool
        Whether the sources of a pass are read side by side.
    """
    [layer, *_] = layers
    found = []
    for index in range(len(layers)):
        for phase in range(len(layer.phases)):
            # A second phase reads what the first one wrote, beside the state that it leaves.
            own, made = (1, True) if phase else (index, False)
            before = index - 1 if index else None
            sources = []
            read = tuple(operand for operand in layer.operands if operand.on_lanes)
            for operand in reading_order(read, len(layers)):
                state = operand.vector == "state"
                vector = own if state else before
                late = made if state else before is not None
                picked = symbols and vector is None
                sources.append(Source(operand.name, vector, late, product(vector), picked))
            to = index if phase == len(layer.phases) - 1 else 1
            found.append(Pass(index, phase, tuple(sources), to, beside))
    return tuple(found)


def step_words(passes: tuple[Pass, ...], tiles: int) -> int:
    """Words of weights of a step of so many tiles a pass."""
    return tiles * sum(one.words for one in passes)


def step_chunks(passes: tuple[Pass, ...], tiles: int) -> int:
    """Chunks that lanes read in a step of so many tiles a pass, one a cycle."""
    return tiles * sum(one.chunks for one in passes)
