"""Sums: every lane design gives the plain sum of weights times operands, and none overflows."""

import contextlib

import numpy as np
from amaranth.hdl import Array, C, Cat, Mux, Signal, Value, signed

from pascaline.hdl.lanes import Lanes
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.lanes import lane_designs, tree_levels
from pascaline.spec.product import Product
from prove.claim import Claim
from prove.harness import Harness

__all__ = ["claims"]

ARITHMETICS = ("binary", "ternary", "pow2", "exp3", "fixed2", "fixed4")
CASES = {
    "1 input": {"simd": 1, "depth": 5},
    "3 inputs": {"simd": 3, "depth": 5},
    "4 inputs": {"simd": 4, "depth": 5, "element": Interval(-2, 1)},
    "two parts": {"simd": 2, "depth": 7, "element": Interval(-2, 1), "parts": 2},
    "registers": {"simd": 3, "depth": 9, "element": Interval(0, 3), "registers": (2, 2)},
}

FEWER = {
    "1 input": {"simd": 1, "depth": 5},
    "2 inputs": {"simd": 2, "depth": 5},
    "registers": {"simd": 2, "depth": 9, "element": Interval(0, 3), "registers": (2, 2)},
}
"""Products of two numbers of several bits are hard for a solver."""

WIDE = 24
"""Bits in which no sum of these sizes overflows."""


def lanes(name, lane, *, simd, registers=(0, 0), element=None, chunks=2, parts=1):
    """Sums of two lanes, chunk after chunk, whenever they end; a row has one or two parts."""
    element = element or Interval(-4, 3)

    def build(harness: Harness):
        kind = arithmetic(name)
        operands, tree = registers
        product = Product(
            rows=2,
            columns=simd * chunks,
            lanes=2,
            simd=simd,
            lane=lane,
            operand_registers=operands,
            tree_registers=min(tree, tree_levels(lane, simd)),
        )
        reach = (kind.weights * element).times(simd * chunks)
        what = {"product": product, "arithmetic": kind, "element": element}
        dut = harness.place(Lanes(**what, sums=(reach,) * parts, front=1), "lanes")
        m = harness.m
        x, codes = harness.free(len(dut.x), "x"), harness.free(len(dut.codes), "codes")
        ends_tile, read = harness.free(1, "ends_tile"), harness.free(1, "read")
        width = element.width
        values = [x[k * width : (k + 1) * width] for k in range(simd)]
        values = [value.as_signed() if element.signed else value for value in values]
        for value in values:
            harness.suppose((value >= element.lo) & (value <= element.hi))
            # Where there is no chunk, operands are 0.
            harness.suppose(read | (value == 0))
        harness.suppose(~ends_tile | read)
        # There is none in the cycle after a reset.
        harness.suppose(harness.past(1) | ~read)
        # The part that ends first is the second one: there is one before each row's end.
        ends_source = harness.free(1, "ends_source") if parts > 1 else C(0, 1)
        ends = ends_tile | ends_source
        if parts > 1:
            parted = Signal()
            m.d.sync += parted.eq(~ends_tile & (parted | ends_source))
            harness.suppose(~ends_source | (read & ~parted & ~ends_tile))
            harness.suppose(~ends_tile | parted)
            m.d.comb += dut.ends_source.eq(ends_source)
        # A sum has so many chunks at most, and leaves the drain before the next one comes.
        count = Signal(range(chunks + 1))
        m.d.sync += count.eq(Mux(ends, 0, count + read))
        harness.suppose(~read | ends | (count != chunks - 1))
        harness.suppose(~(ends_tile & harness.past(ends_tile)))
        m.d.comb += [dut.x.eq(x), dut.codes.eq(codes), dut.ends_tile.eq(ends_tile)]

        totals, seconds = [], []
        for number in range(2):
            total = Signal(signed(WIDE), name=f"total_{number}")
            part = C(0, signed(WIDE))
            for k, value in enumerate(values):
                code = codes.word_select(number * simd + k, kind.bits)
                part = part + _weight(harness, kind, code) * value
            whole = Signal(signed(WIDE), name=f"whole_{number}")
            m.d.comb += whole.eq(total + Mux(read, part, 0))
            m.d.sync += total.eq(Mux(ends, 0, whole))
            second = Signal(signed(WIDE), name=f"second_{number}")
            m.d.sync += second.eq(Mux(ends_source, whole, second))
            totals.append(whole)
            seconds.append(second)
        late = product.registers
        arrives = harness.past(ends_tile, late)
        harness.always(dut.arrives == arrives)
        # The first lane's is at the front in the next cycle, the second's after a shift.
        m.d.comb += dut.shift.eq(harness.past(arrives))
        for place, wanted in zip(("s0", "s1")[:parts], (totals, seconds), strict=False):
            front = Signal(signed(WIDE), name=f"front_{place}")
            m.d.comb += front.eq(Value.cast(dut.sums[0][place]))
            harness.always(~harness.past(arrives) | (front == harness.past(wanted[0], late + 1)))
            harness.always(~harness.past(arrives, 2) | (front == harness.past(wanted[1], late + 2)))

    return build


def _weight(harness, kind, code):
    """The weight of a code, which must be one of the arithmetic's."""
    known = {}
    for one in range(1 << kind.bits):
        with contextlib.suppress(InputError):
            known[one] = int(kind.decode(np.array([one], dtype=np.uint16), thing="code")[0])
    harness.suppose(Cat(*(code == one for one in known)).any())
    return Array([C(known.get(one, 0), signed(8)) for one in range(1 << kind.bits)])[code]


def claims():
    """All claims about sums."""
    found = []
    for name in ARITHMETICS:
        for lane in lane_designs(arithmetic(name)):
            for case, options in (FEWER if name == "fixed4" else CASES).items():
                options = dict(options)
                depth = options.pop("depth")
                if lane == "subsets":
                    # A total and twice a sum are harder to compare than a sum.
                    options["element"] = Interval(-2, 1)
                build = lanes(name, lane, **options)
                found.append(Claim(f"sums: {name}, {lane}, {case}", build, depth))
    return found
