"""Wired weights: the sums of a constant matrix, whatever the vector, in both forms of adders."""

import numpy as np
from amaranth.hdl import C, Mux, Signal, Value, signed

from pascaline.adders.optimise import optimise
from pascaline.hdl.wired.product import WiredProduct
from pascaline.spec.formats import Interval
from pascaline.spec.product import Product
from prove.claim import Claim
from prove.harness import Harness

__all__ = ["claims"]

ELEMENTS = {"x": Interval(0, 3), "h": Interval(-4, 3)}
MATRIX = np.array(
    [[1, -1, 0, 1, 1], [1, -1, 1, 0, -1], [-1, 1, 1, 1, 0], [0, 2, -1, 3, 1]], dtype=np.int64
)
"""Rows by columns: two of x, three of h."""

SIZES = {"x": 2, "h": 3}
SIMD = 2
WIDE = 8
"""Bits in which no sum overflows."""


def sums(*, serial: bool, registers: tuple[int, int]):
    """The sums of two chunks of each vector come when they should, and are those of the matrix."""

    def build(harness: Harness):
        columns = [ELEMENTS[name] for name, size in SIZES.items() for _ in range(size)]
        graph = optimise(MATRIX, columns, effort=0)
        reach = Interval(-20, 20)
        operands, tree = registers
        bits = reach.width if serial else 0
        shape = {"lanes": len(MATRIX), "simd": SIMD, "bits": bits}
        shape |= {"operand_registers": operands, "tree_registers": tree}
        vectors = {
            name: (ELEMENTS[name], Product(rows=len(MATRIX), columns=size, **shape))
            for name, size in SIZES.items()
        }
        dut = harness.place(
            WiredProduct(graph=graph, vectors=vectors, sums=(reach,), front=len(MATRIX)), "product"
        )
        m = harness.m
        read, chunk = harness.free(1, "read"), harness.free(1, "chunk")
        ends = Signal()
        m.d.comb += [ends.eq(read & chunk), dut.ends_tile.eq(ends)]
        m.d.comb += [dut.read.eq(read), dut.chunk.eq(chunk)]
        # Chunks come in their order, and not while the bits of those before go out.
        begun = Signal()
        m.d.sync += begun.eq(Mux(read, ~chunk, begun))
        harness.suppose(~read | (chunk == begun))
        harness.suppose(harness.past(1) | ~read)
        for back in range(1, max(bits, 1)):
            harness.suppose(~(read & harness.past(ends, back)))
        values = []
        for name, size in SIZES.items():
            for index in range(size):
                number, place = divmod(index, SIMD)
                value = getattr(dut, name)[place]
                if number == 0:
                    m.d.comb += value.eq(harness.free(len(Value.cast(value)), f"{name}_{place}"))
                    kept = Signal.like(value, name=f"kept_{name}_{place}")
                    with m.If(read & ~chunk):
                        m.d.sync += kept.eq(value)
                    value = kept
                values.append(value)
        late = operands + tree + bits
        arrives = harness.past(ends, late)
        harness.always(dut.arrives == arrives)
        for row, weights in enumerate(MATRIX.tolist()):
            total = Signal(signed(WIDE), name=f"total_{row}")
            terms = zip(weights, values, strict=True)
            m.d.comb += total.eq(sum((C(c, signed(4)) * v for c, v in terms), C(0, signed(WIDE))))
            front = Signal(signed(WIDE), name=f"front_{row}")
            m.d.comb += front.eq(Value.cast(dut.sums[row].s0))
            wanted = harness.past(total, late + 1)
            harness.always(~harness.past(arrives) | (front == wanted))

    return build


def claims():
    """All claims about wired weights."""
    return [
        Claim("wires: sums, parallel", sums(serial=False, registers=(0, 0)), 7),
        Claim("wires: sums, parallel, registers", sums(serial=False, registers=(1, 2)), 8),
        Claim("wires: sums, serial", sums(serial=True, registers=(0, 0)), 18),
        Claim("wires: sums, serial, registers", sums(serial=True, registers=(1, 1)), 20),
    ]
