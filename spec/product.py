"""Geometry of a matrix-vector product on lanes."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.lanes import LaneDesign

__all__ = ["Product"]


@dataclass(frozen=True, kw_only=True)
class Product:
    """Geometry of a matrix-vector product on lanes.

    The rows are cut into tiles of ``lanes`` rows, the columns into chunks of ``simd`` columns. A
    lane works on one row of the current tile and takes one chunk a cycle.

    Attributes
    ----------
    rows, columns : int
        Of the matrix.
    lanes, simd : int
        Rows side by side, and columns a cycle.
    lane : {"tree", "pairs", "subsets", "booth"}
        Lane design, see `spec.lanes`.
    operand_registers, tree_registers : int
        Registers between memories and lanes, and in the tree of a lane.
    bits : int
        Bits of a sum that come one after the other; 0: they come at once.
    """

    rows: int
    columns: int
    lanes: int
    simd: int
    lane: LaneDesign = "tree"
    operand_registers: int = 0
    tree_registers: int = 0
    bits: int = 0

    @property
    def registers(self) -> int:
        """Registers between operands as they are read and the accumulator, and cycles of bits."""
        return self.operand_registers + self.tree_registers + self.bits

    @property
    def tiles(self) -> int:
        """Tiles of rows."""
        return -(-self.rows // self.lanes)

    @property
    def chunks(self) -> int:
        """Chunks of columns; also the cycles of a tile."""
        return -(-self.columns // self.simd)

    @property
    def tail(self) -> int:
        """Columns in the last chunk."""
        return self.columns - (self.chunks - 1) * self.simd

    @property
    def last_rows(self) -> int:
        """Rows in the last tile."""
        return self.rows - (self.tiles - 1) * self.lanes
